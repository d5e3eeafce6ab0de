use std::collections::BTreeSet;

use daybreak_model::{Flavor, Secret};
use serde::Serialize;

/// What stands in a statement that is shown where a new password stands when it is run.
pub const NEW_PASSWORD: &str = "<new password>";

/// What a server has to give the accounts that are carried to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// What it runs.
    pub flavor: Flavor,
    /// The account that carries, as statements have it.
    pub administrator: String,
    /// What that account may hand on. MySQL family: the global privileges, `ALL PRIVILEGES` among them where it holds just that.
    /// PostgreSQL: attributes (`CREATEDB`), and roles of the server's own as identifiers.
    pub gives: BTreeSet<String>,
    /// Ways to log in: MySQL family: its active authentication plugins. PostgreSQL: none is listed, it takes every hash of its own.
    pub ways: BTreeSet<String>,
    /// The accounts and roles that are there, as statements have them.
    pub present: BTreeSet<String>,
    /// MySQL 8.0.16: whether a privilege on everything can be taken back on a database. Names of databases in grants are then
    /// taken as they are.
    pub partial_revokes: bool,
    /// PostgreSQL: the database whose objects the accounts use there.
    pub database: Option<String>,
}

/// By what one logs in to a carried account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CarriedLogin {
    /// The password it has: its hash, as it stands in a statement in the place of [`HASH`](crate::HASH).
    Kept(Secret),
    /// A new password, in the place of [`NEW_PASSWORD`], and why.
    New(String),
    /// Nothing: a role.
    None,
}

/// Something of an account that the other server does not give it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LeftBehind {
    /// A privilege, an attribute, a condition.
    pub what: String,
    /// Why, and what it was used for.
    pub why: String,
    /// What does the same there, where something does.
    pub instead: Option<String>,
}

/// What an account becomes on another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedAccount {
    /// As statements of the server it is from have it.
    pub name: String,
    /// As statements of the other have it.
    pub carried_as: String,
    /// Whether nobody logs in as it.
    pub is_role: bool,
    /// Why nothing of it is carried, if so.
    pub not_carried: Option<String>,
    /// How it logs in there.
    pub login: CarriedLogin,
    /// Makes it. Run for all accounts first, and only where it is not there.
    pub make: Vec<String>,
    /// What it may do; each stands for itself, and can be run again.
    pub rights: Vec<String>,
    /// Roles, which have to be there: run after all rights; can be run again.
    pub after: Vec<String>,
    /// What it has here and will not have there.
    pub left: Vec<LeftBehind>,
    /// What else one should know.
    pub remarks: Vec<String>,
}

impl CarriedAccount {
    /// Whether it stands for everybody (PostgreSQL), and needs no making.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.name == "PUBLIC"
    }

    /// Its name without quotes and host.
    #[must_use]
    pub fn user(&self) -> String {
        let quote = self.name.chars().next().unwrap_or_default();
        let doubled = format!("{quote}{quote}");
        let mut rest = self.name.get(1..).unwrap_or_default();
        let mut user = String::new();
        while let Some(at) = rest.find(quote) {
            user.push_str(&rest[..at]);
            match rest[at..].strip_prefix(&doubled) {
                Some(after) => {
                    user.push(quote);
                    rest = after;
                }
                None => return user,
            }
        }
        self.name.clone()
    }

    /// An account of which nothing is carried.
    pub(crate) fn not(name: &str, why: impl Into<String>) -> Self {
        Self {
            not_carried: Some(why.into()),
            ..Self::begun(name, name)
        }
    }

    /// An account with nothing yet.
    pub(crate) fn begun(name: &str, carried_as: &str) -> Self {
        Self {
            name: name.to_owned(),
            carried_as: carried_as.to_owned(),
            is_role: false,
            not_carried: None,
            login: CarriedLogin::None,
            make: Vec::new(),
            rights: Vec::new(),
            after: Vec::new(),
            left: Vec::new(),
            remarks: Vec::new(),
        }
    }

    pub(crate) fn leave(&mut self, what: impl Into<String>, why: &str, instead: Option<&str>) {
        let left = LeftBehind {
            what: what.into(),
            why: why.to_owned(),
            instead: instead.map(str::to_owned),
        };
        if !self.left.contains(&left) {
            self.left.push(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CarriedAccount;

    #[test]
    fn an_account_is_found_by_its_user() {
        for (name, user) in [
            ("'o''k'@'%'", "o'k"),
            ("`staff`", "staff"),
            ("\"a\"\"b\"", "a\"b"),
            ("PUBLIC", "PUBLIC"),
        ] {
            assert_eq!(CarriedAccount::begun(name, name).user(), user);
        }
    }
}
