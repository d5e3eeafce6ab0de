//! What the account that asks may see, by its own grants.
//!
//! Servers of this family leave out of `information_schema`, without a word, whatever the account has no privilege for
//! (manual, "INFORMATION_SCHEMA Introduction"): only the grants tell an empty list from a hidden one.

use std::collections::BTreeSet;

use daybreak_engine::{Database, EngineError};
use daybreak_model::{Flavor, Product, Version};

use super::asking::Answer;
use crate::Unknown;
use crate::mysql::quote;

/// What an account holds on everything.
pub(crate) struct Rights {
    /// The account as statements want it.
    pub(super) account: String,
    everywhere: BTreeSet<String>,
    /// What was taken back of that, and from which database.
    revoked: Vec<(BTreeSet<String>, String)>,
    /// Why the grants could not be read.
    unread: Option<String>,
    skipped: bool,
}

impl Rights {
    /// Reads the grants of the session's account, roles included.
    pub(super) async fn gather(server: &dyn Database, flavor: &Flavor) -> Result<Self, EngineError> {
        let account = server
            .ask("failed to read the account's name", "SELECT CURRENT_USER()")
            .await?;
        let account = account
            .into_iter()
            .next()
            .map(|row| Answer::new(row).text())
            .unwrap_or_default();
        let mut lines = BTreeSet::new();
        let (mut unread, mut skipped) = (None, false);
        for statement in statements(server, flavor).await? {
            match server
                .ask("failed to read the account's privileges", &statement)
                .await
            {
                Ok(rows) => lines.extend(rows.into_iter().map(|row| Answer::new(row).text())),
                // 1290: the server is running with the --skip-grant-tables option.
                Err(error) if error.code.as_deref() == Some("1290") => skipped = true,
                Err(error) if error.code.is_some() => {
                    unread = Some(
                        std::error::Error::source(&error)
                            .map_or_else(|| error.to_string(), ToString::to_string),
                    );
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            unread,
            skipped,
            ..Self::read(&account, lines.iter().map(String::as_str))
        })
    }

    /// From the name of an account and the lines of its `SHOW GRANTS`.
    pub(super) fn read<'a>(account: &str, lines: impl Iterator<Item = &'a str>) -> Self {
        let (mut everywhere, mut revoked) = (BTreeSet::new(), Vec::new());
        for line in lines {
            if let Some((list, _)) = line
                .strip_prefix("GRANT ")
                .and_then(|rest| rest.split_once(" ON *.* TO "))
            {
                everywhere.extend(listed(list));
            } else if let Some((list, rest)) = line
                .strip_prefix("REVOKE ")
                .and_then(|rest| rest.split_once(" ON "))
            {
                let database = rest.split(".*").next().unwrap_or_default();
                revoked.push((listed(list), database.to_owned()));
            }
        }
        let account = account.rsplit_once('@').map_or_else(
            || quote::text(account),
            |(user, host)| format!("{}@{}", quote::text(user), quote::text(host)),
        );
        Self {
            account,
            everywhere,
            revoked,
            unread: None,
            skipped: false,
        }
    }

    /// What stands in the way of seeing all that these privileges show: each may be a choice, `A|B`.
    pub(super) fn lacking(&self, needs: &[&str]) -> Option<Unknown> {
        if self.skipped {
            return None;
        }
        if let Some(why) = &self.unread {
            return Some(Unknown {
                why: format!("the privileges of {} could not be read: {why}", self.account),
                grant: None,
            });
        }
        let missing: Vec<&str> = needs.iter().copied().filter(|need| !self.holds(need)).collect();
        if !missing.is_empty() {
            let names: Vec<&str> = missing.iter().map(|need| first(need)).collect();
            return Some(Unknown {
                why: format!("{} lacks {} on *.*", self.account, names.join(", ")),
                grant: Some(self.grant(&missing)),
            });
        }
        let taken =
            |(list, _): &&(BTreeSet<String>, String)| needs.iter().any(|need| list.contains(first(need)));
        self.revoked.iter().find(taken).map(|(list, database)| {
            let names: Vec<&str> = needs
                .iter()
                .map(|need| first(need))
                .filter(|name| list.contains(*name))
                .collect();
            Unknown {
                why: format!(
                    "{} of {} is revoked on {database}",
                    names.join(", "),
                    self.account
                ),
                grant: Some(format!(
                    "GRANT {} ON {database}.* TO {}",
                    names.join(", "),
                    self.account
                )),
            }
        })
    }

    /// Whether the server runs without its grant tables: then everybody may see everything.
    pub(super) fn are_skipped(&self) -> bool {
        self.skipped
    }

    /// The statement that grants these.
    pub(super) fn grant(&self, needs: &[&str]) -> String {
        let names: Vec<&str> = needs.iter().map(|need| first(need)).collect();
        format!("GRANT {} ON *.* TO {}", names.join(", "), self.account)
    }

    fn holds(&self, need: &str) -> bool {
        let held = |name: &str| self.everywhere.contains(name);
        held("ALL PRIVILEGES") || need.split('|').any(held)
    }
}

fn first(need: &str) -> &str {
    need.split('|').next().unwrap_or(need)
}

fn listed(list: &str) -> BTreeSet<String> {
    list.split(',').map(|name| name.trim().to_uppercase()).collect()
}

/// The statements that show the account's grants and those of the roles its session has.
async fn statements(server: &dyn Database, flavor: &Flavor) -> Result<Vec<String>, EngineError> {
    let mut statements = vec!["SHOW GRANTS".to_owned()];
    let maria_db = flavor.product == Product::MariaDb;
    if !maria_db && flavor.version < Version::new(8, 0, 0) {
        return Ok(statements);
    }
    let rows = match server
        .ask("failed to read the account's roles", "SELECT CURRENT_ROLE()")
        .await
    {
        Ok(rows) => rows,
        // MariaDB before 10.0.5 has no roles.
        Err(error) if error.code.is_some() => return Ok(statements),
        Err(error) => return Err(error),
    };
    let roles = rows.into_iter().next().and_then(|row| Answer::new(row).maybe());
    match roles {
        Some(role) if maria_db => statements.push(format!("SHOW GRANTS FOR {}", quote::name(&role))),
        // MySQL prints them quoted.
        Some(roles) if roles != "NONE" => {
            statements.push(format!("SHOW GRANTS FOR CURRENT_USER() USING {roles}"))
        }
        _ => {}
    }
    Ok(statements)
}

#[cfg(test)]
mod tests {
    use super::Rights;

    fn grant(lines: &[&str], needs: &[&str]) -> Option<String> {
        let rights = Rights::read("it's@%", lines.iter().copied());
        rights.lacking(needs).map(|unknown| unknown.grant.unwrap())
    }

    #[test]
    fn what_is_lacking_comes_with_its_grant() {
        let some = ["GRANT SELECT, PROCESS ON *.* TO `it's`@`%`"];
        assert_eq!(grant(&some, &["SELECT"]), None);
        assert_eq!(
            grant(&some, &["SELECT", "TRIGGER", "SLAVE MONITOR|SUPER"]).as_deref(),
            Some("GRANT TRIGGER, SLAVE MONITOR ON *.* TO 'it''s'@'%'")
        );
        let one_database = [
            "GRANT USAGE ON *.* TO `a`@`%`",
            "GRANT ALL PRIVILEGES ON `shop`.* TO `a`@`%`",
        ];
        assert!(grant(&one_database, &["SELECT"]).is_some());
        assert_eq!(
            grant(&["GRANT ALL PRIVILEGES ON *.* TO 'a'@'%'"], &["SELECT", "EVENT"]),
            None
        );
    }

    #[test]
    fn super_does_not_read() {
        let lines = ["GRANT SUPER ON *.* TO `a`@`%`"];
        assert!(grant(&lines, &["SELECT"]).is_some());
        assert_eq!(grant(&lines, &["SLAVE MONITOR|SUPER"]), None);
    }

    #[test]
    fn a_partial_revoke_hides() {
        let lines = [
            "GRANT SELECT ON *.* TO `a`@`%`",
            "REVOKE SELECT ON `mysql`.* FROM `a`@`%`",
        ];
        assert_eq!(
            grant(&lines, &["SELECT"]).as_deref(),
            Some("GRANT SELECT ON `mysql`.* TO 'it''s'@'%'")
        );
        assert_eq!(grant(&lines, &[]), None);
    }
}
