//! What an account may do, against what a job needs.

use std::collections::BTreeSet;

mod jobs;
mod statements;

use daybreak_model::Product;

use super::connection::Server;
use super::grants::{Grants, listed};
use super::quote;
use crate::{EngineError, ErrorKind};
use jobs::{known, needs};
pub(crate) use statements::{account, grants};

/// What `ALL PRIVILEGES` on one database are (manual, "Privileges Provided by MySQL"): none that is global.
pub(super) const ALL_ON_A_DATABASE: [&str; 18] = [
    "ALTER",
    "ALTER ROUTINE",
    "CREATE",
    "CREATE ROUTINE",
    "CREATE TEMPORARY TABLES",
    "CREATE VIEW",
    "DELETE",
    "DROP",
    "EVENT",
    "EXECUTE",
    "INDEX",
    "INSERT",
    "LOCK TABLES",
    "REFERENCES",
    "SELECT",
    "SHOW VIEW",
    "TRIGGER",
    "UPDATE",
];

/// The privileges a line of `SHOW GRANTS` gives, in capitals. Those on one database count: which databases matter is
/// the caller's scope, and what of it cannot be seen is refused with the schema (see `schema::unseen`).
fn granted(line: &str) -> Vec<String> {
    if line.starts_with("REVOKE ") {
        return Vec::new();
    }
    let privileges = listed(line);
    let everywhere = line.contains(" ON *.* TO ");
    if !everywhere
        && privileges
            .iter()
            .any(|name| name == "ALL PRIVILEGES" || name == "ALL")
    {
        return ALL_ON_A_DATABASE.map(str::to_owned).to_vec();
    }
    privileges
}

/// Privileges any of which, held everywhere, lets an account see that a table is there ("INFORMATION_SCHEMA Tables").
const SHOWS_TABLES: [&str; 13] = [
    "ALL",
    "ALTER",
    "CREATE",
    "CREATE VIEW",
    "DELETE",
    "DROP",
    "INDEX",
    "INSERT",
    "REFERENCES",
    "SELECT",
    "SHOW VIEW",
    "TRIGGER",
    "UPDATE",
];

/// Whether an account with these grants is told of all tables.
pub(crate) fn lists_all_tables(lines: &[String]) -> bool {
    let grants = Grants::read(lines);
    SHOWS_TABLES.iter().any(|privilege| grants.everywhere(privilege))
}

impl Server {
    /// What a job needs and the account lacks.
    pub(crate) async fn missing_privileges(&self, job: &str) -> Result<Vec<String>, EngineError> {
        let flavor = self.flavor().await?;
        let needs = needs(job, flavor).ok_or_else(|| {
            self.error(
                ErrorKind::Unsupported,
                format!("there is no job `{job}` to check"),
            )
        })?;
        let lines = self.grants().await?;
        let has: BTreeSet<String> = lines.iter().flat_map(|line| granted(line)).collect();
        let grants = Grants::read(&lines);
        let held = |privilege: &str| match privilege.split_once(" ON ") {
            Some((privilege, schema)) => grants.on_all_of(schema, privilege),
            None if privilege == "GRANT OPTION" => grants.hand_on(),
            None => has.contains(privilege) || has.contains("ALL PRIVILEGES") || has.contains("ALL"),
        };
        Ok(missing(&needs, held, |privilege| known(privilege, flavor)))
    }

    /// Privileges that the account holds on every database, roles included, in capitals.
    pub(crate) async fn global_privileges(&self) -> Result<BTreeSet<String>, EngineError> {
        let lines = self.grants().await?;
        let global = lines.iter().filter(|line| line.contains(" ON *.* TO "));
        Ok(global.flat_map(|line| granted(line)).collect())
    }

    /// The lines of `SHOW GRANTS`, with those of the roles the session has.
    pub(super) async fn grants(&self) -> Result<Vec<String>, EngineError> {
        let flavor = self.flavor().await?;
        let mut statement = "SHOW GRANTS".to_owned();
        if flavor.appends_gtid_purged() {
            let (roles,) = self
                .row::<(String,)>("failed to read the account's roles", "SELECT CURRENT_ROLE()")
                .await?;
            if roles != "NONE" {
                statement = format!("SHOW GRANTS FOR CURRENT_USER() USING {roles}");
            }
        } else if flavor.product == Product::MariaDb {
            let (role,) = self
                .row::<(Option<String>,)>("failed to read the account's role", "SELECT CURRENT_ROLE()")
                .await?;
            if let Some(role) = role {
                statement = format!("SHOW GRANTS FOR {}", quote::name(&role));
            }
        }
        let lines: Vec<(String,)> = self
            .rows("failed to read the account's privileges", &statement)
            .await?;
        Ok(lines.into_iter().map(|(line,)| line).collect())
    }
}

/// Needs that nothing meets, each in the words that the server knows.
fn missing(needs: &[&[&str]], held: impl Fn(&str) -> bool, known: impl Fn(&str) -> bool) -> Vec<String> {
    let lacking = needs
        .iter()
        .filter(|alternatives| !alternatives.iter().any(|privilege| held(privilege)));
    lacking
        .map(|alternatives| {
            let known = alternatives.iter().copied().filter(|privilege| known(privilege));
            known.collect::<Vec<_>>().join(" or ")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{granted, missing};

    #[test]
    fn reads_what_servers_print() {
        assert_eq!(
            granted("GRANT SELECT, INSERT (`a`), SHOW VIEW ON *.* TO `u`@`%` WITH GRANT OPTION"),
            ["SELECT", "INSERT", "SHOW VIEW"]
        );
        assert_eq!(granted("GRANT `role`@`%` TO `u`@`%`"), Vec::<String>::new());
        assert_eq!(
            granted("GRANT ALL PRIVILEGES ON *.* TO 'u'@'%'"),
            ["ALL PRIVILEGES"]
        );
        let all = granted("GRANT ALL PRIVILEGES ON `s`.* TO 'u'@'%'");
        assert!(
            all.contains(&"SELECT".to_owned()) && !all.contains(&"PROCESS".to_owned()),
            "{all:?}"
        );
        assert_eq!(
            granted("REVOKE SELECT ON `s`.* FROM `u`@`%`"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn any_alternative_will_do() {
        let has = ["SELECT", "LOCK TABLES"];
        let needs: [&[&str]; 3] = [&["SELECT"], &["RELOAD", "LOCK TABLES"], &["A", "B"]];
        let held = |privilege: &str| has.contains(&privilege);
        assert_eq!(missing(&needs, held, |_| true), ["A or B"]);
        assert_eq!(missing(&needs, held, |privilege| privilege != "A"), ["B"]);
    }
}
