use daybreak_engine::{AbsentDefiner, CarriedAccount, CarriedLogin, LeftBehind};
use serde::Serialize;

/// What became of the accounts. The names of these fields are public; no secret is among them.
#[derive(Debug, Serialize)]
pub struct CarryReport {
    /// `host:port` of the server they are from.
    pub source: String,
    /// And of the one they are carried to.
    pub target: String,
    /// Whether anything was done.
    pub executed: bool,
    /// Where new passwords were kept, where there are any.
    pub passwords: Option<String>,
    /// One by one.
    pub accounts: Vec<AccountReport>,
    /// Accounts in whose names objects run on the target and that are not there.
    pub definers: Vec<AbsentDefiner>,
    /// Why that could not be told.
    pub definers_untold: Option<String>,
}

/// An account.
#[derive(Debug, Serialize)]
pub struct AccountReport {
    /// As statements of the source have it.
    pub account: String,
    /// As statements of the target have it.
    pub carried_as: String,
    /// Whether nobody logs in as it.
    pub role: bool,
    /// What becomes of it.
    pub outcome: AccountOutcome,
    /// Why nothing of it is carried.
    pub not_carried: Option<String>,
    /// Which password it has there.
    pub password: AccountPassword,
    /// Why its password is another.
    pub new_password_because: Option<String>,
    /// In order, with words in the places of secrets.
    pub statements: Vec<String>,
    /// Statements that the target refused.
    pub refused: Vec<AccountRefusal>,
    /// What it has at the source and not on the target.
    pub left: Vec<LeftBehind>,
    /// What else one should know.
    pub remarks: Vec<String>,
}

/// What becomes of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountOutcome {
    /// It is to be made.
    ToMake,
    /// It was made.
    Made,
    /// It was there before: its password is left, its rights are given.
    Present,
    /// It is not carried.
    NotCarried,
    /// It could not be made.
    Failed,
}

/// Which password a carried account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountPassword {
    /// The one it has at the source.
    Kept,
    /// A new one.
    New,
    /// None: nobody logs in.
    None,
    /// That which it has on the target already.
    Present,
}

/// A statement that was refused.
#[derive(Debug, Serialize)]
pub struct AccountRefusal {
    /// As it is shown.
    pub statement: String,
    /// In the server's words.
    pub why: String,
}

impl AccountReport {
    /// What is to be done.
    pub(super) fn planned(account: &CarriedAccount, present: bool) -> Self {
        let outcome = match (&account.not_carried, present) {
            (Some(_), _) => AccountOutcome::NotCarried,
            (None, true) => AccountOutcome::Present,
            (None, false) => AccountOutcome::ToMake,
        };
        let (password, because) = match &account.login {
            _ if outcome == AccountOutcome::NotCarried => (AccountPassword::None, None),
            CarriedLogin::None => (AccountPassword::None, None),
            _ if present => (AccountPassword::Present, None),
            CarriedLogin::Kept(_) => (AccountPassword::Kept, None),
            CarriedLogin::New(why) => (AccountPassword::New, Some(why.clone())),
        };
        let make: &[String] = if outcome == AccountOutcome::ToMake {
            &account.make
        } else {
            &[]
        };
        let (rights, after): (&[String], &[String]) = if outcome == AccountOutcome::NotCarried {
            (&[], &[])
        } else {
            (&account.rights, &account.after)
        };
        Self {
            account: account.name.clone(),
            carried_as: account.carried_as.clone(),
            role: account.is_role,
            outcome,
            not_carried: account.not_carried.clone(),
            password,
            new_password_because: because,
            statements: [make, rights, after].concat(),
            refused: Vec::new(),
            left: account.left.clone(),
            remarks: account.remarks.clone(),
        }
    }
}
