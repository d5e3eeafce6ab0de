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
    /// Of an account that was taken away: what is left of its password.
    pub old_password: Option<String>,
}

/// A line of the file of what we made.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Made {
    server: String,
    account: String,
    dropped: bool,
    /// Whether it is about to be made, or has not all of its rights yet: whoever makes it goes on.
    #[serde(default)]
    making: bool,
    /// Where its password is kept.
    #[serde(default)]
    passwords: Option<String>,
    /// Whether it has no password.
    #[serde(default)]
    by_iam: bool,
}

/// Does it, or says what would be done.
///
/// What is about to be made is written down before the server is told, so that a kill leaves no account that nobody knows: the same work
/// goes on, with a new password.
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
    let unkept = |path: &Path| {
        let path = path.to_owned();
        move |error| CarryError::Unnoted { path, error }
    };
    let ours = made(&files.made, &address, &words.name).map_err(unkept(&files.made))?;
    // Whoever only looks needs no right to ask.
    let there =
        (execute || ours.is_some()) && counted(server, "whether an account is there", &words.exists).await?;
    // Begun by us and not ended.
    let begun = ours
        .as_ref()
        .is_some_and(|made| made.making && made.by_iam == by_iam);
    if matches!(work, OwnWork::Make { .. }) && there && !begun {
        return Err(CarryError::Present {
            account: words.name,
            ours: ours.is_some(),
        });
    }
    let statements = match work {
        OwnWork::Make {
            rights,
            by_iam: false,
        } => {
            let first = if there { &words.rotate } else { &words.make };
            [std::slice::from_ref(first), rights].concat()
        }
        OwnWork::Make { rights, by_iam: true } => [&words.make_by_iam[usize::from(there)..], rights].concat(),
        OwnWork::Rotate => vec![words.rotate.clone()],
        // A kill came after it was taken away, or before it was made.
        OwnWork::Drop if !there => Vec::new(),
        OwnWork::Drop => words.drop.clone(),
    };
    let mut report = OwnReport {
        server: address.clone(),
        account: words.name.clone(),
        statements,
        executed: execute,
        passwords: None,
        old_password: None,
    };
    match (work, &ours) {
        (OwnWork::Make { .. }, _) => {}
        (_, None) => return Err(CarryError::NotOurs(words.name)),
        (OwnWork::Rotate, Some(made)) if made.by_iam => return Err(CarryError::NoPassword(words.name)),
        _ => {}
    }
    // A rotation that is kept elsewhere would leave the old password behind, which nobody would delete then.
    let kept = ours.as_ref().and_then(|made| made.passwords.clone());
    if matches!(work, OwnWork::Rotate | OwnWork::Drop)
        && let Some(place) = kept.filter(|place| *place != files.passwords.place())
    {
        return Err(CarryError::KeptElsewhere {
            account: words.name,
            place,
        });
    }
    if *work == OwnWork::Drop
        && let Some(question) = &words.owns
        && there
        && counted(server, "what an account owns", question).await?
    {
        return Err(CarryError::Owns(words.name));
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
    let line = Made {
        server: address.clone(),
        account: words.name.clone(),
        dropped: false,
        making: true,
        passwords: report.passwords.clone(),
        by_iam,
    };
    if matches!(work, OwnWork::Make { .. }) {
        note(&files.made, &line).map_err(unkept(&files.made))?;
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
        if let Err(error) = server.run(&[statement]).await {
            let refused = CarryError::Refused {
                statement: shown.clone(),
                why: silent(&error, secret.as_ref()),
            };
            // What the server did not make for us is not ours, whoever makes it later. Where it does not answer, it may have.
            let made = place > 0
                || !matches!(work, OwnWork::Make { .. })
                || counted(server, "whether an account is there", &words.exists)
                    .await
                    .unwrap_or(true);
            if !made {
                let gone = Made {
                    dropped: true,
                    ..line
                };
                note(&files.made, &gone).map_err(unkept(&files.made))?;
                if secret.is_some() {
                    // What opens nothing may stay where it cannot be deleted: the refusal is what is to be told.
                    let _ = files.passwords.forget(&address, &words.name).await;
                }
            }
            return Err(refused);
        }
    }
    match (work, ours) {
        (OwnWork::Make { .. }, _) => {
            let done = Made {
                making: false,
                ..line
            };
            note(&files.made, &done).map_err(unkept(&files.made))?;
        }
        (OwnWork::Rotate, Some(ours)) => {
            let passwords = line.passwords;
            note(&files.made, &Made { passwords, ..ours }).map_err(unkept(&files.made))?;
        }
        (OwnWork::Drop, Some(ours)) => {
            if !ours.by_iam {
                report.old_password = files.passwords.forget(&address, &words.name).await?;
            }
            let gone = Made {
                dropped: true,
                ..ours
            };
            note(&files.made, &gone).map_err(unkept(&files.made))?;
        }
        (_, None) => {}
    }
    Ok(report)
}

/// Whether a question counts anything.
async fn counted(server: &dyn Database, what: &str, question: &str) -> Result<bool, CarryError> {
    let rows = server.ask(&format!("failed to ask {what}"), question).await?;
    let count = rows.into_iter().flatten().flatten().next();
    Ok(count.as_deref() != Some("0"))
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

fn note(path: &Path, made: &Made) -> Result<(), std::io::Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{}", serde_json::to_string(made)?)?;
    file.sync_all()
}
