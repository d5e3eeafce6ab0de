//! Accounts of ours: made for a job, given a new password, taken away at the end. Which ones a server made for us is written
//! down, and no other is ever touched.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybreak_engine::{Database, Grantee, NEW_PASSWORD, Statement, new_password, own_account};
use daybreak_model::Hosting;
use serde::{Deserialize, Serialize};

use super::passwords::{PasswordStore, Passwords};
use super::{CarryError, silent, spoken};

/// What is done with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnWork {
    /// It is made.
    Make {
        /// What gives it its rights.
        rights: Vec<String>,
        /// Whether it logs in by IAM, and has no password: on Amazon's servers alone.
        by_iam: bool,
    },
    /// It gets a new password.
    Rotate,
    /// It is taken away.
    Drop,
}

/// Where new passwords and the names of what we made are kept.
#[derive(Debug, Clone)]
pub struct OwnFiles {
    /// New passwords.
    pub passwords: Arc<dyn PasswordStore>,
    /// The accounts that we made.
    pub made: PathBuf,
}

/// What was done, or would be. The names of these fields are public.
#[derive(Debug, Serialize)]
pub struct OwnReport {
    /// `host:port`.
    pub server: String,
    /// As statements have it.
    pub account: String,
    /// In order, with words in the place of the password.
    pub statements: Vec<String>,
    /// Whether they were run.
    pub executed: bool,
    /// Where the new password is.
    pub passwords: Option<String>,
}

/// A line of the file of what we made.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    server: String,
    account: String,
    dropped: bool,
    /// Whether it has no password.
    #[serde(default)]
    by_iam: bool,
}

/// Does it, or says what would be done.
///
/// # Errors
/// When a file cannot be written, when an account is not one that we made or owns something, and when the server refuses a statement.
pub async fn own_account_work(
    server: &dyn Database,
    grantee: &Grantee,
    work: &OwnWork,
    files: &OwnFiles,
    execute: bool,
) -> Result<OwnReport, CarryError> {
    let family = server.endpoint().family;
    let address = server.endpoint().address();
    let flavor = server.flavor().await?;
    let words = own_account(&flavor, grantee);
    let by_iam = matches!(work, OwnWork::Make { by_iam: true, .. });
    if by_iam && flavor.hosting == Hosting::SelfManaged {
        return Err(CarryError::NoIam(server.endpoint().to_string()));
    }
    let statements = match work {
        OwnWork::Make {
            rights,
            by_iam: false,
        } => [std::slice::from_ref(&words.make), rights].concat(),
        OwnWork::Make { rights, by_iam: true } => [words.make_by_iam.as_slice(), rights].concat(),
        OwnWork::Rotate => vec![words.rotate.clone()],
        OwnWork::Drop => words.drop.clone(),
    };
    let mut report = OwnReport {
        server: address.clone(),
        account: words.name.clone(),
        statements,
        executed: execute,
        passwords: None,
    };
    let unkept = |path: &Path| {
        let path = path.to_owned();
        move |error| CarryError::Unnoted { path, error }
    };
    let ours = made(&files.made, &address, &words.name).map_err(unkept(&files.made))?;
    match (work, &ours) {
        (OwnWork::Make { .. }, _) => {}
        (_, None) => return Err(CarryError::NotOurs(words.name)),
        (OwnWork::Rotate, Some(made)) if made.by_iam => return Err(CarryError::NoPassword(words.name)),
        _ => {}
    }
    if *work == OwnWork::Drop
        && let Some(question) = &words.owns
    {
        let rows = server.ask("failed to ask what an account owns", question).await?;
        let count = rows.into_iter().flatten().flatten().next();
        if count.as_deref() != Some("0") {
            return Err(CarryError::Owns(words.name));
        }
    }
    if !execute {
        return Ok(report);
    }
    let mut secret = None;
    if *work != OwnWork::Drop && !by_iam {
        let passwords = Passwords::keep(files.passwords.as_ref(), &address, &[&words.name]).await?;
        secret = passwords
            .of(&words.name)
            .map(|password| new_password(family, password));
        report.passwords = Some(files.passwords.place());
    }
    for (place, shown) in report.statements.iter().enumerate() {
        let text = match &secret {
            Some(secret) if shown.contains(NEW_PASSWORD) => spoken(shown, NEW_PASSWORD, secret),
            _ => shown.clone(),
        };
        let statement = Statement {
            what: format!("work on account {}", words.name),
            text,
        };
        server
            .run(&[statement])
            .await
            .map_err(|error| CarryError::Refused {
                statement: shown.clone(),
                why: silent(&error, secret.as_ref()),
            })?;
        // Ours is what the server made for us: an account of that name that is there already is refused, and stays somebody's.
        if place == 0 && matches!(work, OwnWork::Make { .. }) {
            note(&files.made, &address, &words.name, false, by_iam).map_err(unkept(&files.made))?;
        }
    }
    if *work == OwnWork::Drop {
        note(&files.made, &address, &words.name, true, false).map_err(unkept(&files.made))?;
    }
    Ok(report)
}

/// What we wrote down of an account that we made and did not take away since.
fn made(path: &Path, server: &str, account: &str) -> Result<Option<Made>, std::io::Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Made>(line).ok());
    let last = lines.rfind(|made| made.server == server && made.account == account);
    Ok(last.filter(|made| !made.dropped))
}

fn note(path: &Path, server: &str, account: &str, dropped: bool, by_iam: bool) -> Result<(), std::io::Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    let made = Made {
        server: server.to_owned(),
        account: account.to_owned(),
        dropped,
        by_iam,
    };
    writeln!(file, "{}", serde_json::to_string(&made)?)?;
    file.sync_all()
}
