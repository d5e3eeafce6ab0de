//! Programs that are not us: what they say last, and a folder for what they log in with.

use std::path::{Path, PathBuf};

use tokio::io::AsyncReadExt as _;
use tokio::process::ChildStderr;
use tokio::task::JoinHandle;

/// What is kept of a program's words: its last.
const LAST_WORDS: usize = 4096;

/// Reads on, so that the program never waits for us, and keeps the end.
pub(crate) fn listen(stderr: Option<ChildStderr>) -> Option<JoinHandle<String>> {
    stderr.map(|stderr| tokio::spawn(last_words(stderr)))
}

async fn last_words(mut stderr: ChildStderr) -> String {
    let mut kept = Vec::new();
    let mut buffer = vec![0; LAST_WORDS];
    while let Ok(read) = stderr.read(&mut buffer).await
        && read > 0
    {
        kept.extend_from_slice(&buffer[..read]);
        let beyond = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..beyond);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// What it said last, once it has ended.
pub(crate) async fn heard(words: Option<JoinHandle<String>>) -> String {
    match words {
        Some(words) => words.await.unwrap_or_default(),
        None => String::new(),
    }
}

/// A folder that nobody else may look into; it goes with this value.
#[derive(Debug)]
pub(crate) struct PrivateFolder(PathBuf);

impl PrivateFolder {
    /// An empty one: what a killed run left goes first.
    pub(crate) fn lay(folder: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        Ok(Self(folder.to_owned()))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
