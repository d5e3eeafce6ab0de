//! What of the scope the account may not see. A server lists to each account only what it has privileges for, so that
//! what it lacks one for would be left out without a word.
//!
//! Facts from the MySQL manual: "INFORMATION_SCHEMA Tables" (each row only for accounts with a privilege on its object) and
//! "The INFORMATION_SCHEMA ROUTINES Table".

use daybreak_model::{Refusal, Scope, TableName};

use super::super::connection::Server;
use super::super::grants::Grants;
use super::super::quote;
use crate::{EngineError, Untold};

/// What shows all objects of a database but its routines.
const NEEDED: [&str; 4] = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"];
/// Any of these shows that a routine is there, and one that is there without its body is refused by name.
const SHOW_ROUTINES: [&str; 3] = ["EXECUTE", "ALTER ROUTINE", "CREATE ROUTINE"];

/// Databases of the scope that the account does not see all of.
pub(super) async fn unseen(server: &Server, scope: &Scope) -> Result<Vec<Refusal>, EngineError> {
    let lines = server.grants().await?;
    Ok(judge(&lines, scope, &server.endpoint.user))
}

impl Server {
    /// What of the scope's schema the account is not shown. Stricter than what a load asks for: a routine whose body is hidden
    /// is named there when it is met, here it would look like one that is missing.
    pub(crate) async fn unseen(&self, scope: &Scope) -> Result<Vec<Untold>, EngineError> {
        let lines = self.grants().await?;
        let account = self.account().await;
        let grants = Grants::read(&lines);
        let everywhere = self.flavor().await?.shows_routines();
        let mut untold = Vec::new();
        for schema in &scope.schemas {
            let lacking: Vec<&str> = NEEDED
                .into_iter()
                .filter(|privilege| !grants.on_all_of(schema, privilege))
                .collect();
            if !lacking.is_empty() {
                let lacking = lacking.join(", ");
                untold.push(Untold {
                    what: format!("all that is in database {schema}"),
                    why: format!("the account lacks {lacking} on it, and is not shown what it may not use"),
                    grant: Some(format!(
                        "GRANT {lacking} ON {}.* TO {account}",
                        quote::name(schema)
                    )),
                });
            }
        }
        let bodies = grants.everywhere("SHOW_ROUTINE")
            || grants.everywhere("SELECT")
            || !everywhere && grants.on_table("mysql", "proc", "SELECT");
        if !bodies && !scope.schemas.is_empty() {
            untold.push(Untold {
                what: "procedures and functions".to_owned(),
                why: "the account may not see their bodies".to_owned(),
                grant: Some(match everywhere {
                    true => format!("GRANT SHOW_ROUTINE ON *.* TO {account}"),
                    false => format!("GRANT SELECT ON mysql.* TO {account}"),
                }),
            });
        }
        Ok(untold)
    }
}

impl Server {
    /// Tables whose rows or columns the account may not be shown.
    pub(crate) async fn hidden_rows(
        &self,
        scope: &Scope,
        named: &[TableName],
    ) -> Result<Vec<(TableName, String)>, EngineError> {
        let lines = self.grants().await?;
        let grants = Grants::read(&lines);
        let mut lacking = Vec::new();
        for schema in &scope.schemas {
            if grants.on_all_of(schema, "SELECT") {
                continue;
            }
            if named.is_empty() {
                lacking.push((TableName::new(schema, "*"), format!("{}.*", quote::name(schema))));
            }
            let own = named.iter().filter(|table| table.schema == *schema);
            let unreadable = own.filter(|table| !grants.on_table(schema, &table.name, "SELECT"));
            lacking.extend(unreadable.map(|table| (table.clone(), quote::table(table))));
        }
        if lacking.is_empty() {
            return Ok(Vec::new());
        }
        let account = self.account().await;
        let place = &self.endpoint;
        Ok(lacking
            .into_iter()
            .map(|(table, on)| {
                let why = format!(
                    "{account} on {place} may not read all of it, and is not shown what it may not read: GRANT SELECT ON {on} TO {account}"
                );
                (table, why)
            })
            .collect())
    }
}

fn judge(lines: &[String], scope: &Scope, user: &str) -> Vec<Refusal> {
    let grants = Grants::read(lines);
    let mut refusals = Vec::new();
    for schema in &scope.schemas {
        let mut lacking: Vec<&str> = NEEDED
            .into_iter()
            .filter(|privilege| !grants.on_all_of(schema, privilege))
            .collect();
        if !sees_routines(&grants, schema) {
            lacking.push("EXECUTE");
        }
        if !lacking.is_empty() {
            let lacking = lacking.join(", ");
            refusals.push(Refusal {
                object: format!("schema {schema}"),
                reason: format!(
                    "account `{user}` lacks {lacking} on it: what it cannot see would not be carried"
                ),
                hint: format!("GRANT {lacking} ON {}.* TO the account", quote::name(schema)),
            });
        }
    }
    refusals
}

fn sees_routines(grants: &Grants, schema: &str) -> bool {
    grants.everywhere("SHOW_ROUTINE")
        || grants.everywhere("SELECT")
        || grants.on_table("mysql", "proc", "SELECT")
        || SHOW_ROUTINES
            .iter()
            .any(|privilege| grants.on_all_of(schema, privilege))
}

#[cfg(test)]
mod tests {
    use daybreak_model::Scope;

    /// What is said of the schema `a_b` by these lines.
    fn said(lines: &[&str]) -> Vec<String> {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let scope = Scope::of(vec!["a_b".to_owned()]);
        let refusals = super::judge(&lines, &scope, "u");
        refusals.into_iter().map(|refusal| refusal.reason).collect()
    }

    #[test]
    fn all_of_a_database_is_seen_with_the_privileges_on_it() {
        for lines in [
            &["GRANT ALL PRIVILEGES ON *.* TO 'u'@'%' WITH GRANT OPTION"][..],
            &[
                "GRANT USAGE ON *.* TO `u`@`%`",
                "GRANT ALL PRIVILEGES ON `a\\_b`.* TO `u`@`%`",
            ],
            &[
                "GRANT SELECT, SHOW VIEW, EVENT ON *.* TO `u`@`%`",
                "GRANT TRIGGER ON `a%`.* TO `u`@`%`",
            ],
            &[
                "GRANT SELECT, SHOW VIEW, EVENT, TRIGGER ON `a_b`.* TO `u`@`%`",
                "GRANT SHOW_ROUTINE ON *.* TO `u`@`%`",
            ],
            &[
                "GRANT ALL PRIVILEGES ON *.* TO `u`@`%`",
                "REVOKE SELECT ON `other`.* FROM `u`@`%`",
            ],
        ] {
            assert_eq!(said(lines), Vec::<String>::new(), "{lines:?}");
        }
    }

    #[test]
    fn what_is_lacking_is_named() {
        for (lines, lacking) in [
            (
                &["GRANT SELECT ON `a_b`.`t` TO `u`@`%`"][..],
                "SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE",
            ),
            (
                &["GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `a\\_b`.* TO `u`@`%`"],
                "EXECUTE",
            ),
            (
                &[
                    "GRANT ALL PRIVILEGES ON `axb`.* TO `u`@`%`",
                    "GRANT SELECT, SHOW VIEW ON *.* TO `u`@`%`",
                ],
                "TRIGGER, EVENT",
            ),
            (
                &[
                    "GRANT ALL PRIVILEGES ON *.* TO `u`@`%`",
                    "REVOKE SELECT ON `a_b`.* FROM `u`@`%`",
                ],
                "SELECT",
            ),
        ] {
            let reason =
                format!("account `u` lacks {lacking} on it: what it cannot see would not be carried");
            assert_eq!(said(lines), [reason], "{lines:?}");
        }
    }
}
