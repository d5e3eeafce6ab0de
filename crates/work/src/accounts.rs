//! The accounts of one server, carried to another that takes its place: made with the passwords they have wherever those can be
//! kept, with the rights the other server gives, and with a word on whatever stays behind.

mod own;
mod passwords;
mod report;

use std::path::PathBuf;
use std::sync::Arc;

use daybreak_engine::{
    CarriedAccount, CarriedLogin, Database, EngineError, HASH, NEW_PASSWORD, Statement, database,
    new_password,
};
use daybreak_model::{Endpoint, Family, Scope, Secret};
use thiserror::Error;

pub use own::{OwnFiles, OwnReport, OwnWork, own_account_work};
use passwords::Passwords;
pub use passwords::{PasswordFile, PasswordStore, PasswordsUnkept};
pub use report::{AccountOutcome, AccountPassword, AccountRefusal, AccountReport, CarryReport};

/// What is carried, and to where.
#[derive(Debug, Clone)]
pub struct CarrySettings {
    /// The server whose accounts they are.
    pub source: Endpoint,
    /// The server that is to have them.
    pub target: Endpoint,
    /// Databases or schemas on whose objects rights are carried (PostgreSQL); all where none is named.
    pub schemas: Vec<String>,
    /// Accounts to carry, by user name or as statements have them; all where none is named.
    pub only: Vec<String>,
    /// Accounts to leave, in the same words.
    pub without: Vec<String>,
    /// Whether to do it. Without, nothing is changed.
    pub execute: bool,
    /// Where new passwords are kept.
    pub passwords: Arc<dyn PasswordStore>,
}

/// Why accounts could not be carried at all.
#[derive(Debug, Error)]
pub enum CarryError {
    /// A server could not be asked, or our account there may not.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An account was named that is not there.
    #[error("{0} is no account of the source")]
    NoSuchAccount(String),
    /// MySQL accounts are none of PostgreSQL, nor the other way round.
    #[error("the source and the target are of two families")]
    TwoFamilies,
    /// An account that we did not make is to be changed or taken away.
    #[error("account {0} is none that was made here")]
    NotOurs(String),
    /// An account that is to be made is there.
    #[error("account {account} is there already{}", if *ours { ", and was made here" } else { "" })]
    Present {
        /// As statements have it.
        account: String,
        /// Whether we made it.
        ours: bool,
    },
    /// Its password lies elsewhere than where it was looked for.
    #[error("the password of account {account} is kept in {place}")]
    KeptElsewhere {
        /// As statements have it.
        account: String,
        /// Where it is kept.
        place: String,
    },
    /// IAM is Amazon's.
    #[error("{0} is no server of Amazon's, and knows no accounts of IAM")]
    NoIam(String),
    /// It has none that could be changed.
    #[error("account {0} logs in by IAM, and has no password")]
    NoPassword(String),
    /// It would take something with it.
    #[error("account {0} owns something, which would go with it")]
    Owns(String),
    /// A server refused a statement; what was done before it stands.
    #[error("the server refused `{statement}`: {why}")]
    Refused {
        /// As it is shown.
        statement: String,
        /// In the server's words.
        why: String,
    },
    /// New passwords could not be kept, so none was set.
    #[error(transparent)]
    Passwords(#[from] PasswordsUnkept),
    /// What we made could not be written down.
    #[error("failed to write to {}: {error}", path.display())]
    Unnoted {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

impl CarryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Engine(error) => error.hint().map(str::to_owned),
            Self::NoSuchAccount(_) => Some("run it without `--only` to see all accounts".to_owned()),
            Self::TwoFamilies => Some("name two servers of one family".to_owned()),
            Self::NotOurs(_) => Some(
                "only accounts of `accounts make` are changed or taken away: others are somebody's"
                    .to_owned(),
            ),
            Self::Present { ours: true, .. } => Some(
                "nothing was changed: `accounts rotate` gives it a new password, `accounts drop` takes it away".to_owned(),
            ),
            Self::Present { ours: false, .. } => {
                Some("nothing was changed, it is somebody's: choose another name (`--user`)".to_owned())
            }
            Self::KeptElsewhere { place, .. } => Some(format!(
                "nothing was changed: name that place, so that the old password is replaced, or goes with the account: `--passwords {place}`"
            )),
            Self::NoIam(_) => Some("leave `--iam` out: it gets a password".to_owned()),
            Self::NoPassword(_) => {
                Some("whoever may use it is told in IAM: `rds-db:connect` on its name".to_owned())
            }
            Self::Owns(_) => Some("give what it owns to another: REASSIGN OWNED BY … TO …".to_owned()),
            Self::Refused { .. } => None,
            Self::Passwords(error) => Some(error.hint.clone()),
            Self::Unnoted { .. } => Some("name a file that can be written with `--made FILE`".to_owned()),
        }
    }
}

/// Carries the accounts, or says what would be done.
///
/// # Errors
/// When either server cannot be asked, when our account on the target may hand on nothing, and when new passwords cannot be kept.
/// What one account is refused stands in the report.
pub async fn carry_accounts(settings: &CarrySettings) -> Result<CarryReport, CarryError> {
    let family = settings.source.family;
    if settings.target.family != family {
        return Err(CarryError::TwoFamilies);
    }
    let (source, target) = (
        database(settings.source.clone()),
        database(settings.target.clone()),
    );
    let receiver = target.receiver().await?;
    let schemas = match settings.schemas.as_slice() {
        [] => source.schemas().await?,
        named => named.to_vec(),
    };
    let scope = Scope::of(schemas);
    let mut accounts = source.carried_accounts(&scope, &receiver).await?;
    choose(&mut accounts, settings)?;
    for account in &mut accounts {
        if account.carried_as == receiver.administrator {
            account.not_carried = Some("it is the account that carries the others".to_owned());
        }
    }
    let present =
        |account: &CarriedAccount| account.is_public() || receiver.present.contains(&account.carried_as);
    let mut report = CarryReport {
        source: settings.source.address(),
        target: settings.target.address(),
        executed: settings.execute,
        passwords: None,
        accounts: accounts
            .iter()
            .map(|account| AccountReport::planned(account, present(account)))
            .collect(),
        definers: Vec::new(),
        definers_untold: None,
    };
    if settings.execute {
        let new = accounts.iter().filter(|account| {
            account.not_carried.is_none()
                && !present(account)
                && matches!(account.login, CarriedLogin::New(_))
        });
        let new: Vec<&str> = new.map(|account| account.carried_as.as_str()).collect();
        let passwords = Passwords::keep(settings.passwords.as_ref(), &report.target, &new).await?;
        report.passwords = (!new.is_empty()).then(|| settings.passwords.place());
        execute(&*target, family, &accounts, &passwords, &mut report).await;
    }
    // What was done is told whatever becomes of this question.
    match target.absent_definers(&scope).await {
        Ok(definers) => report.definers = definers,
        Err(error) => report.definers_untold = Some(error.in_words()),
    }
    Ok(report)
}

/// Keeps those that were asked for.
fn choose(accounts: &mut Vec<CarriedAccount>, settings: &CarrySettings) -> Result<(), CarryError> {
    let is = |account: &CarriedAccount, word: &String| account.name == *word || account.user() == *word;
    for word in settings.only.iter().chain(&settings.without) {
        if !accounts.iter().any(|account| is(account, word)) {
            return Err(CarryError::NoSuchAccount(word.clone()));
        }
    }
    accounts.retain(|account| {
        let named = |words: &[String]| words.iter().any(|word| is(account, word));
        (settings.only.is_empty() || named(&settings.only)) && !named(&settings.without)
    });
    Ok(())
}

/// Makes every account first, gives rights next, and roles last, which have to be there with what they may do.
async fn execute(
    target: &dyn Database,
    family: Family,
    accounts: &[CarriedAccount],
    passwords: &Passwords,
    report: &mut CarryReport,
) {
    for (account, told) in accounts.iter().zip(&mut report.accounts) {
        if told.outcome != AccountOutcome::ToMake {
            continue;
        }
        let secret = match &account.login {
            CarriedLogin::Kept(hash) => Some((HASH, hash.clone())),
            CarriedLogin::New(_) => passwords
                .of(&account.carried_as)
                .map(|password| (NEW_PASSWORD, new_password(family, password))),
            CarriedLogin::None => None,
        };
        told.outcome = AccountOutcome::Made;
        for statement in &account.make {
            let spoken = match &secret {
                Some((place, secret)) => spoken(statement, place, secret),
                None => statement.clone(),
            };
            if let Err(error) = run(target, &account.carried_as, &[spoken]).await {
                told.outcome = AccountOutcome::Failed;
                let secret = secret.as_ref().map(|(_, secret)| secret);
                told.refused.push(AccountRefusal {
                    statement: statement.clone(),
                    why: silent(&error, secret),
                });
                break;
            }
        }
    }
    type Stage = fn(&CarriedAccount) -> &[String];
    let stages: [Stage; 2] = [|account| &account.rights, |account| &account.after];
    for stage in stages {
        for (account, told) in accounts.iter().zip(&mut report.accounts) {
            if matches!(told.outcome, AccountOutcome::Made | AccountOutcome::Present) {
                let refused = give(target, &account.carried_as, stage(account)).await;
                told.refused.extend(refused);
            }
        }
    }
}

/// Runs statements of which each stands for itself: together, and where that fails one by one, so that one refusal keeps nothing
/// else back.
async fn give(target: &dyn Database, account: &str, statements: &[String]) -> Vec<AccountRefusal> {
    if statements.is_empty() || run(target, account, statements).await.is_ok() {
        return Vec::new();
    }
    let mut refused = Vec::new();
    for statement in statements {
        if let Err(error) = run(target, account, std::slice::from_ref(statement)).await {
            refused.push(AccountRefusal {
                statement: statement.clone(),
                why: silent(&error, None),
            });
        }
    }
    refused
}

async fn run(target: &dyn Database, account: &str, statements: &[String]) -> Result<(), EngineError> {
    let statements: Vec<Statement> = statements
        .iter()
        .map(|text| Statement {
            what: format!("carry account {account}"),
            text: text.clone(),
        })
        .collect();
    target.run(&statements).await
}

/// The statement as the server is told it. What stands before the placeholder is the account's name, which may look like one.
fn spoken(statement: &str, place: &str, secret: &Secret) -> String {
    match statement.rfind(place) {
        Some(at) => format!(
            "{}{}{}",
            &statement[..at],
            secret.expose(),
            &statement[at + place.len()..]
        ),
        None => statement.to_owned(),
    }
}

/// An error without the secret, whatever the server repeats of a statement.
fn silent(error: &EngineError, secret: Option<&Secret>) -> String {
    let words = error.in_words();
    let quotes: &[char] = &['\'', '"'];
    match secret.map(|secret| secret.expose().trim_matches(quotes)) {
        // A syntax error repeats part of the statement.
        Some(_) if error.code.as_deref() == Some("1064") => {
            "the server does not understand the statement".to_owned()
        }
        Some(secret) if words.contains(secret) => words.replace(secret, "…"),
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use daybreak_engine::HASH;
    use daybreak_model::Secret;

    #[test]
    fn a_name_like_a_placeholder_stays_a_name() {
        let statement = format!("CREATE USER '{HASH}'@'%' IDENTIFIED WITH 'p' AS {HASH} REQUIRE SSL");
        assert_eq!(
            super::spoken(&statement, HASH, &Secret::new("0x24")),
            format!("CREATE USER '{HASH}'@'%' IDENTIFIED WITH 'p' AS 0x24 REQUIRE SSL")
        );
    }
}
