//! The statements that give an account what a job needs, and nothing else.

use std::collections::BTreeMap;

use daybreak_model::Flavor;

use super::super::quote;
use super::ALL_ON_A_DATABASE;
use super::jobs::{known, needs};

/// An account as a statement names it.
pub(crate) fn account(user: &str, host: &str) -> String {
    format!("{}@{}", quote::text(user), quote::text(host))
}

/// The grants for a job, on these databases where a privilege can be held on one (on all, if none is named); none for a job
/// that is not known.
pub(crate) fn grants(job: &str, flavor: &Flavor, account: &str, schemas: &[String]) -> Option<Vec<String>> {
    let mut on: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut hand_on = "";
    let mut add = |place: String, privilege| {
        let held = on.entry(place).or_default();
        if !held.contains(&privilege) {
            held.push(privilege);
        }
    };
    for need in needs(job, flavor)? {
        let Some(privilege) = need.iter().find(|privilege| known(privilege, flavor)) else {
            continue;
        };
        match privilege.split_once(" ON ") {
            Some((privilege, schema)) => add(quote::name(schema), privilege),
            None if *privilege == "GRANT OPTION" => hand_on = " WITH GRANT OPTION",
            None if ALL_ON_A_DATABASE.contains(privilege) && !schemas.is_empty() => {
                for schema in schemas {
                    add(pattern(schema), privilege);
                }
            }
            None => add("*".to_owned(), privilege),
        }
    }
    let everywhere = on.get("*").cloned().unwrap_or_default();
    let statements = on.into_iter().filter_map(|(place, mut privileges)| {
        let global = place == "*";
        privileges.retain(|privilege| global || !everywhere.contains(privilege));
        let hand_on = if global { hand_on } else { "" };
        (!privileges.is_empty()).then(|| {
            format!(
                "GRANT {} ON {place}.* TO {account}{hand_on}",
                privileges.join(", ")
            )
        })
    });
    Some(statements.collect())
}

/// A database's name where `GRANT` takes a pattern.
fn pattern(schema: &str) -> String {
    quote::name(
        &schema
            .replace('\\', "\\\\")
            .replace('_', "\\_")
            .replace('%', "\\%"),
    )
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Product, Version};

    use super::{account, grants};

    #[test]
    fn statements_follow_the_flavor_and_the_databases() {
        let who = account("it's", "10.%");
        let schemas = ["my_shop".to_owned()];
        let new = Flavor::self_managed(Product::Mysql, Version::new(9, 7, 4));
        assert_eq!(
            grants("schema-check", &new, &who, &schemas).expect("a job"),
            [
                "GRANT REPLICATION CLIENT, REPLICATION SLAVE, PROCESS, SHOW_ROUTINE ON *.* TO 'it''s'@'10.%'",
                "GRANT SHOW VIEW, SELECT, TRIGGER, EVENT ON `my\\_shop`.* TO 'it''s'@'10.%'",
                "GRANT SELECT ON `mysql`.* TO 'it''s'@'10.%'",
            ]
        );
        let mariadb = Flavor::self_managed(Product::MariaDb, Version::new(10, 11, 6));
        assert_eq!(
            grants("topology", &mariadb, &who, &[]).expect("a job"),
            [
                "GRANT BINLOG MONITOR, SLAVE MONITOR, REPLICATION MASTER ADMIN, PROCESS, SHOW VIEW ON *.* TO 'it''s'@'10.%'"
            ]
        );
        // What is held everywhere is not granted on one database again.
        assert_eq!(grants("schema-check", &new, &who, &[]).expect("a job").len(), 1);
        assert_eq!(grants("nonsense", &new, &who, &[]), None);
    }
}
