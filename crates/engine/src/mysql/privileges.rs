//! What an account may do, against what a job needs.

use std::collections::BTreeSet;

use daybreak_model::{Flavor, Product};

use super::connection::Server;
use super::quote;
use crate::{EngineError, ErrorKind};

/// A job's needs: each entry lists alternatives.
fn needs(job: &str, flavor: &Flavor) -> Option<Vec<&'static [&'static str]>> {
    let dynamic = flavor.appends_gtid_purged();
    let managed = flavor.is_managed();
    let mut needs: Vec<&[&str]> = match job {
        "read" => vec![
            &["SELECT"],
            &["SHOW VIEW"],
            &["TRIGGER"],
            &["EVENT"],
            &["PROCESS"],
            &["RELOAD", "FLUSH_TABLES", "LOCK TABLES"],
            &["REPLICATION CLIENT", "BINLOG MONITOR", "SUPER"],
        ],
        "write" => vec![
            &["SELECT"],
            &["INSERT"],
            &["UPDATE"],
            &["DELETE"],
            &["CREATE"],
            &["DROP"],
            &["ALTER"],
            &["INDEX"],
            &["REFERENCES"],
            &["CREATE VIEW"],
            &["CREATE ROUTINE"],
            &["ALTER ROUTINE"],
            &["TRIGGER"],
            &["EVENT"],
        ],
        "follow" => {
            vec![&[
                "REPLICATION CLIENT",
                "BINLOG MONITOR",
                "REPLICA MONITOR",
                "SLAVE MONITOR",
                "SUPER",
            ]]
        }
        "lead" => {
            vec![
                &["CREATE USER"],
                &["REPLICATION CLIENT", "BINLOG MONITOR", "SUPER"],
                &["REPLICATION SLAVE"],
            ]
        }
        "fence" => vec![&["PROCESS"], &["CREATE USER"]],
        _ => return None,
    };
    match (job, managed) {
        ("write", false) if dynamic => needs.push(&["SET_USER_ID", "SET_ANY_DEFINER", "SUPER"]),
        ("follow" | "fence", true) => needs.push(&["EXECUTE"]),
        ("follow", false) if dynamic => {
            needs.push(&["REPLICATION_SLAVE_ADMIN", "SUPER"]);
            needs.push(&["SYSTEM_VARIABLES_ADMIN", "SUPER"]);
        }
        ("follow", false) => needs.push(&["SUPER", "REPLICATION SLAVE ADMIN", "REPLICATION REPLICA ADMIN"]),
        ("fence", false) if dynamic => {
            needs.push(&["SYSTEM_VARIABLES_ADMIN", "SUPER"]);
            needs.push(&["CONNECTION_ADMIN", "SUPER"]);
            needs.push(&["PERSIST_RO_VARIABLES_ADMIN", "SUPER"]);
        }
        ("fence", false) => needs.push(&["SUPER", "READ_ONLY ADMIN", "READ ONLY ADMIN"]),
        _ => {}
    }
    Some(needs)
}

/// The privileges a line of `SHOW GRANTS` gives, in capitals. Those on one database count: which databases matter is
/// the caller's scope, and a table that cannot be read is named when it is read.
fn granted(line: &str) -> Vec<String> {
    let Some(rest) = line.strip_prefix("GRANT ") else {
        return Vec::new();
    };
    let Some((list, _)) = rest.split_once(" ON ") else {
        return Vec::new();
    };
    list.split(',')
        .map(|privilege| {
            privilege
                .split('(')
                .next()
                .unwrap_or_default()
                .trim()
                .to_uppercase()
        })
        .collect()
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
        Ok(missing(&needs, &has))
    }

    /// Privileges that the account holds on every database, roles included, in capitals.
    pub(crate) async fn global_privileges(&self) -> Result<BTreeSet<String>, EngineError> {
        let lines = self.grants().await?;
        let global = lines.iter().filter(|line| line.contains(" ON *.* TO "));
        Ok(global.flat_map(|line| granted(line)).collect())
    }

    /// The lines of `SHOW GRANTS`, with those of the roles the session has.
    async fn grants(&self) -> Result<Vec<String>, EngineError> {
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

fn missing(needs: &[&[&str]], has: &BTreeSet<String>) -> Vec<String> {
    let all = has.contains("ALL PRIVILEGES") || has.contains("ALL");
    let lacking = needs
        .iter()
        .filter(|alternatives| !all && !alternatives.iter().any(|privilege| has.contains(*privilege)));
    lacking.map(|alternatives| alternatives.join(" or ")).collect()
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
    }

    #[test]
    fn any_alternative_will_do() {
        let has = ["SELECT".to_owned(), "LOCK TABLES".to_owned()].into();
        assert_eq!(
            missing(&[&["SELECT"], &["RELOAD", "LOCK TABLES"], &["A", "B"]], &has),
            ["A or B"]
        );
        assert!(missing(&[&["SELECT"]], &["ALL PRIVILEGES".to_owned()].into()).is_empty());
    }
}
