//! New passwords: made here, and kept in a file before any server is told one.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use daybreak_model::Secret;
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use serde_json::json;

/// Characters of a password.
const LENGTH: usize = 24;

/// One of each at least, as rules of servers ask for. None that a shell, a URL or a quoted string changes.
const CLASSES: [&[u8]; 4] = [
    b"ABCDEFGHJKLMNPQRSTUVWXYZ",
    b"abcdefghijkmnopqrstuvwxyz",
    b"23456789",
    b"-_.~",
];

/// The new password of each account.
pub(super) struct Passwords(HashMap<String, Secret>);

impl Passwords {
    /// Makes one for each account and appends them to the file, one JSON object a line. When it returns they are on the disk.
    ///
    /// # Errors
    /// When the file cannot be written, or others may read it.
    pub(super) fn keep(path: &Path, server: &str, accounts: &[&str]) -> Result<Self, Error> {
        let made: HashMap<String, Secret> = accounts
            .iter()
            .map(|account| ((*account).to_owned(), password(&mut rand::rng())))
            .collect();
        if accounts.is_empty() {
            return Ok(Self(made));
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "others than its owner may read or write it",
            ));
        }
        for account in accounts {
            let line = json!({ "server": server, "account": account, "password": made[*account].expose() });
            writeln!(file, "{line}")?;
        }
        file.sync_all()?;
        Ok(Self(made))
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

    use super::{CLASSES, LENGTH, Passwords};

    #[test]
    fn a_password_has_every_class_and_a_file_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/passwords.jsonl");
        let kept = Passwords::keep(&path, "host:1", &["'a'@'%'", "'b'@'%'"]).expect("kept");
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
            Passwords::keep(&path, "host:1", &["'c'@'%'"]).is_err(),
            "others may read it"
        );
    }
}
