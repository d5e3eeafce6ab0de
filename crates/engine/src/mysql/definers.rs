//! Definers that are there and may not do what their triggers need: every write to such a table would be refused (1142).
//!
//! Fact from the MySQL manual, "Trigger Syntax and Examples" and "CREATE TRIGGER Statement": a trigger runs only while its
//! definer holds TRIGGER on its table.

use daybreak_model::{Refusal, Requirement, some_of};

use super::connection::Server;
use super::grants::Grants;
use super::quote;
use crate::EngineError;

impl Server {
    /// Definers of triggers that lack TRIGGER here. Those that are not here at all are named elsewhere.
    pub(super) async fn unfit_definers(
        &self,
        requirements: &[Requirement],
    ) -> Result<Vec<Refusal>, EngineError> {
        let mut refusals = Vec::new();
        for requirement in requirements {
            let Requirement::Definer { user, host, objects } = requirement else {
                continue;
            };
            let triggers: Vec<&str> = objects
                .iter()
                .filter_map(|object| object.strip_prefix("trigger "))
                .collect();
            if triggers.is_empty() {
                continue;
            }
            let account = format!("{}@{}", quote::text(user), quote::text(host));
            let sql = format!("SHOW GRANTS FOR {account}");
            let lines: Vec<(String,)> = match self.rows("failed to read a definer's privileges", &sql).await {
                Ok(lines) => lines,
                Err(error) if error.code.is_some() => continue,
                Err(error) => return Err(error),
            };
            let lines: Vec<String> = lines.into_iter().map(|(line,)| line).collect();
            let refused = refused(&lines, &triggers);
            if !refused.is_empty() {
                refusals.push(Refusal {
                    object: format!("account {account}"),
                    reason: format!(
                        "it is the definer of trigger {}, and lacks TRIGGER here: writes to the table would be refused (1142)",
                        some_of(&refused)
                    ),
                    hint: format!("give it what `{sql}` shows at the source"),
                });
            }
        }
        Ok(refusals)
    }
}

/// The triggers that an account with these grants may not run. What it holds by a role is not known, and taken for enough.
fn refused(lines: &[String], triggers: &[&str]) -> Vec<String> {
    if lines.iter().any(|line| !line.contains(" ON ")) {
        return Vec::new();
    }
    let grants = Grants::read(lines);
    // A dot may be part of either name.
    let may_run = |trigger: &str| {
        trigger
            .match_indices('.')
            .any(|(dot, _)| grants.on_some_of(&trigger[..dot], "TRIGGER"))
    };
    let triggers = triggers.iter().filter(|trigger| !may_run(trigger));
    triggers.map(|trigger| (*trigger).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_definer_needs_the_privilege_where_its_trigger_is() {
        for (line, refused) in [
            ("GRANT USAGE ON *.* TO `d`@`%`", true),
            ("GRANT TRIGGER ON *.* TO `d`@`%`", false),
            ("GRANT ALL PRIVILEGES ON `s`.* TO `d`@`%`", false),
            ("GRANT TRIGGER ON `s`.`t` TO `d`@`%`", false),
            ("GRANT TRIGGER ON `other`.* TO `d`@`%`", true),
            ("GRANT `role`@`%` TO `d`@`%`", false),
        ] {
            let found = super::refused(&[line.to_owned()], &["s.by.dots"]);
            assert_eq!(!found.is_empty(), refused, "{line}");
        }
    }
}
