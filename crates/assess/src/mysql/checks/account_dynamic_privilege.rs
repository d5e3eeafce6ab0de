//! Of the dynamic privileges Aurora gives those of rds_superuser_role alone (Aurora User Guide, "Comparing Aurora MySQL
//! version 3 and MySQL 8.0 Community Edition", and the same of 8.4).

use std::collections::BTreeMap;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Facts, Held};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.dynamic_privilege",
        engines: Engine::MYSQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts with administrative privileges that Aurora does not give",
        remedy: "revoke it, and give the account rds_superuser_role on Aurora if it administers",
    },
    look,
};

/// What rds_superuser_role holds.
const GIVEN: [&str; 16] = [
    "APPLICATION_PASSWORD_ADMIN",
    "CONNECTION_ADMIN",
    "FLUSH_OPTIMIZER_COSTS",
    "FLUSH_STATUS",
    "FLUSH_TABLES",
    "FLUSH_USER_RESOURCES",
    "ROLE_ADMIN",
    "SHOW_ROUTINE",
    "XA_RECOVER_ADMIN",
    "SET_USER_ID",
    "SET_ANY_DEFINER",
    "ALLOW_NONEXISTENT_DEFINER",
    "FLUSH_PRIVILEGES",
    "OPTIMIZE_LOCAL_TABLE",
    "SESSION_VARIABLES_ADMIN",
    "USAGE",
];

fn look(facts: &Facts) -> Looked {
    // What our own account holds it was given for this.
    // Dynamic privileges are written with underscores, static ones with spaces or as one of a few words.
    let dynamic = |held: &&Held| held.privilege.contains('_') && !GIVEN.contains(&held.privilege.as_str());
    let mut by_account: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for held in facts
        .privileges
        .known()?
        .iter()
        .filter(|held| !held.stays() && held.grantee() != facts.account)
        .filter(dynamic)
    {
        by_account
            .entry(held.grantee())
            .or_default()
            .push(&held.privilege);
    }
    Ok(by_account
        .into_iter()
        .map(|(grantee, privileges)| {
            let statement = format!("REVOKE {} ON *.* FROM {grantee}", privileges.join(", "));
            Hit::new(grantee, format!("it holds {}", privileges.join(", "))).mended_by(statement)
        })
        .collect())
}
