//! Digests kept under names, in `.daybreak/slow` beside the plan file.

use std::fs;
use std::path::{Path, PathBuf};

use daybreak_work::DigestReport;

use crate::exit::Trouble;

/// Where they are kept, beside a plan file in this folder.
pub(crate) fn folder(plan_folder: &Path) -> PathBuf {
    plan_folder.join(".daybreak").join("slow")
}

/// Keeps one; it replaces one of the same name.
pub(crate) fn write(folder: &Path, name: &str, report: &DigestReport) -> Result<PathBuf, Trouble> {
    let path = path(folder, name)?;
    fs::create_dir_all(folder)?;
    let text = serde_json::to_vec(report)?;
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text)?;
    fs::File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, &path)?;
    Ok(path)
}

/// Reads one back.
pub(crate) fn read(folder: &Path, name: &str) -> Result<DigestReport, Trouble> {
    let path = path(folder, name)?;
    let text = fs::read(&path).map_err(|error| {
        let error = anyhow::Error::from(error).context(format!("failed to read {}", path.display()));
        Trouble::usage(
            error,
            Some(format!(
                "`daybreak slow capture {name} FILE…` keeps one under this name"
            )),
        )
    })?;
    serde_json::from_slice(&text).map_err(|error| {
        let error = anyhow::Error::from(error)
            .context(format!("{} is not what `slow capture` writes", path.display()));
        Trouble::usage(
            error,
            Some(format!("make it again: `daybreak slow capture {name} FILE…`")),
        )
    })
}

/// A name is one part of a path and nothing else.
fn path(folder: &Path, name: &str) -> Result<PathBuf, Trouble> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(is_plain) {
        let error = anyhow::anyhow!("`{}` cannot be the name of a capture", name.escape_debug());
        return Err(Trouble::usage(
            error,
            Some("use letters, digits, `-` and `_`".to_owned()),
        ));
    }
    Ok(folder.join(format!("{name}.json")))
}

#[cfg(test)]
mod tests {
    use daybreak_work::{Digest, Ranking};

    use super::{read, write};

    #[test]
    fn a_name_never_leaves_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let report = Digest::default().report(Ranking::Time, 0);
        for name in ["", "..", "../x", "a/b", "a b", "\u{1b}"] {
            assert!(write(folder.path(), name, &report).is_err(), "{name}");
        }
        write(folder.path(), "before-1", &report).expect("kept");
        assert_eq!(read(folder.path(), "before-1").expect("read"), report);
        assert!(read(folder.path(), "other").is_err());
    }
}
