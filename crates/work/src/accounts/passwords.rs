//! New passwords: made here, and kept before any server is told one.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{Error as IoError, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;

use async_trait::async_trait;
use daybreak_model::Secret;
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use serde_json::json;
use thiserror::Error;

/// Characters of a password.
const LENGTH: usize = 24;

/// One of each at least, as rules of servers ask for. None that a shell, a URL or a quoted string changes.
const CLASSES: [&[u8]; 4] = [
    b"ABCDEFGHJKLMNPQRSTUVWXYZ",
    b"abcdefghijkmnopqrstuvwxyz",
    b"23456789",
    b"-_.~",
];

/// Where new passwords are kept.
#[async_trait]
pub trait PasswordStore: std::fmt::Debug + Send + Sync {
    /// Keeps the password of each account of a server. When it returns nothing can lose them any more.
    ///
    /// # Errors
    /// When they are not kept: no server is told one then.
    async fn keep(&self, server: &str, passwords: &[(String, Secret)]) -> Result<(), PasswordsUnkept>;

    /// Deletes the password of an account that is gone, and says in a few words what is left of it; none where there was none.
    ///
    /// # Errors
    /// When it stays.
    async fn forget(&self, server: &str, account: &str) -> Result<Option<String>, PasswordsUnkept>;

    /// Where that is, in words.
    fn place(&self) -> String;
}

/// Why passwords were not kept, or not deleted.
#[derive(Debug, Error)]
#[error("failed to {what} in {place}")]
pub struct PasswordsUnkept {
    /// What was to be done there.
    pub what: &'static str,
    /// Where.
    pub place: String,
    /// What to do.
    pub hint: String,
    /// What was said there.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A file, one JSON object a line, for its owner alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordFile(pub PathBuf);

#[async_trait]
impl PasswordStore for PasswordFile {
    async fn keep(&self, server: &str, passwords: &[(String, Secret)]) -> Result<(), PasswordsUnkept> {
        self.append(server, passwords).map_err(|error| PasswordsUnkept {
            what: "keep new passwords",
            place: self.place(),
            hint: "no account was told one: name a file that can be written with `--passwords FILE`"
                .to_owned(),
            source: Box::new(error),
        })
    }

    /// The file is only added to, so that no kill can take the passwords of other accounts with it.
    async fn forget(&self, _server: &str, _account: &str) -> Result<Option<String>, PasswordsUnkept> {
        Ok(self
            .0
            .exists()
            .then(|| format!("its lines stay in {}, and open nothing any more", self.place())))
    }

    fn place(&self) -> String {
        self.0.display().to_string()
    }
}

impl PasswordFile {
    fn append(&self, server: &str, passwords: &[(String, Secret)]) -> Result<(), IoError> {
        let path = &self.0;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            return Err(IoError::new(
                ErrorKind::PermissionDenied,
                "others than its owner may read or write it",
            ));
        }
        for (account, password) in passwords {
            let line = json!({ "server": server, "account": account, "password": password.expose() });
            writeln!(file, "{line}")?;
        }
        file.sync_all()
    }
}

/// The new password of each account.
pub(super) struct Passwords(HashMap<String, Secret>);

impl Passwords {
    /// Makes one for each account, and has them kept before it returns.
    ///
    /// # Errors
    /// When they are not kept.
    pub(super) async fn keep(
        store: &dyn PasswordStore,
        server: &str,
        accounts: &[&str],
    ) -> Result<Self, PasswordsUnkept> {
        let made: Vec<(String, Secret)> = accounts
            .iter()
            .map(|account| ((*account).to_owned(), password(&mut rand::rng())))
            .collect();
        if !made.is_empty() {
            store.keep(server, &made).await?;
        }
        Ok(Self(made.into_iter().collect()))
    }

    /// The account's.
    pub(super) fn of(&self, account: &str) -> Option<&Secret> {
        self.0.get(account)
    }
}

fn password(random: &mut impl Rng) -> Secret {
    let all = CLASSES.concat();
    let mut text: Vec<u8> = CLASSES
        .iter()
        .map(|class| *class.choose(random).expect("no class is empty"))
        .collect();
    while text.len() < LENGTH {
        text.push(*all.choose(random).expect("no class is empty"));
    }
    text.shuffle(random);
    Secret::new(String::from_utf8(text).expect("all are ASCII"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{CLASSES, LENGTH, PasswordFile, Passwords};

    #[tokio::test]
    async fn a_password_has_every_class_and_a_file_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/passwords.jsonl");
        let file = PasswordFile(path.clone());
        let kept = Passwords::keep(&file, "host:1", &["'a'@'%'", "'b'@'%'"]).await;
        let kept = kept.expect("kept");
        let password = kept.of("'a'@'%'").expect("made").expose().to_owned();
        assert_eq!(password.len(), LENGTH);
        assert!(
            CLASSES
                .iter()
                .all(|class| password.bytes().any(|byte| class.contains(&byte)))
        );
        let text = std::fs::read_to_string(&path).expect("readable");
        assert!(text.lines().count() == 2 && text.contains(&password));
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
        assert!(
            Passwords::keep(&file, "host:1", &["'c'@'%'"]).await.is_err(),
            "others may read it"
        );
    }
}
