//! What an account may do, against what a job needs.

use std::collections::BTreeSet;

use daybreak_model::{Flavor, Product};

use super::connection::Server;
use super::grants::{Grants, listed};
use super::quote;
use crate::{EngineError, ErrorKind};

/// A job's needs: each entry lists alternatives. `X ON d` is X on all of database d; `GRANT OPTION` stands for handing on what
/// our own accounts get.
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
        // Events are enabled in the name of their definer.
        "wake" => vec![&["EVENT"]],
        _ => return None,
    };
    match (job, managed) {
        ("write" | "wake", false) if dynamic => needs.push(&["SET_USER_ID", "SET_ANY_DEFINER", "SUPER"]),
        ("follow" | "fence", true) => needs.push(&["EXECUTE"]),
        ("follow", false) if dynamic => {
            needs.push(&["REPLICATION_SLAVE_ADMIN", "SUPER"]);
            needs.push(&["SYSTEM_VARIABLES_ADMIN", "SUPER"]);
            needs.push(&["SELECT ON performance_schema"]);
        }
        ("follow", false) => needs.push(&["SUPER", "REPLICATION SLAVE ADMIN", "REPLICATION REPLICA ADMIN"]),
        ("fence", false) if dynamic => {
            needs.push(&["SYSTEM_VARIABLES_ADMIN", "SUPER"]);
            needs.push(&["CONNECTION_ADMIN", "SUPER"]);
            needs.push(&["PERSIST_RO_VARIABLES_ADMIN", "SUPER"]);
        }
        ("lead", false) if dynamic => needs.push(&["SELECT ON performance_schema"]),
        ("fence", false) => needs.push(&["SUPER", "READ_ONLY ADMIN", "READ ONLY ADMIN"]),
        _ => {}
    }
    // Of a managed server's administrator, roles say less than it may do.
    if job == "fence" && !managed {
        needs.extend([&["CREATE ON daybreak"][..], &["INSERT ON daybreak"]]);
    }
    if matches!(job, "fence" | "lead") && !managed {
        needs.push(&["GRANT OPTION"]);
    }
    Some(needs)
}

/// What `ALL PRIVILEGES` on one database are (manual, "Privileges Provided by MySQL"): none that is global.
const ALL_ON_A_DATABASE: [&str; 18] = [
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
        Ok(missing(&needs, held))
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

fn missing(needs: &[&[&str]], held: impl Fn(&str) -> bool) -> Vec<String> {
    let lacking = needs
        .iter()
        .filter(|alternatives| !alternatives.iter().any(|privilege| held(privilege)));
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
        assert_eq!(missing(&needs, |privilege| has.contains(&privilege)), ["A or B"]);
    }
}
