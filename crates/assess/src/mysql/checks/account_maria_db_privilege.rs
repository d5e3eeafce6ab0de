//! MariaDB 10.5 parted SUPER into privileges of its own names (MariaDB documentation, "GRANT").

use std::collections::BTreeMap;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.maria_db_privilege",
        engines: Engine::MARIADB,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::FromMariaDb,
        title: "accounts with privileges that MySQL has not",
        remedy: "leave it out on Aurora; rds_superuser_role has what an administrator needs",
    },
    look,
};

const ONLY_THERE: [&str; 15] = [
    "BINLOG ADMIN",
    "BINLOG MONITOR",
    "BINLOG REPLAY",
    "CONNECTION ADMIN",
    "DELETE HISTORY",
    "DELETE VERSIONING ROWS",
    "FEDERATED ADMIN",
    "READ_ONLY ADMIN",
    "READ ONLY ADMIN",
    "REPLICATION MASTER ADMIN",
    "REPLICATION SLAVE ADMIN",
    "SET USER",
    "SLAVE MONITOR",
    "REPLICA MONITOR",
    "SHOW CREATE ROUTINE",
];

fn look(facts: &Facts) -> Looked {
    // What our own account holds it was given for this.
    let mut by_account: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for held in facts.privileges.known()?.iter().filter(|held| {
        !held.stays() && held.grantee() != facts.account && ONLY_THERE.contains(&held.privilege.as_str())
    }) {
        by_account
            .entry(held.grantee())
            .or_default()
            .push(&held.privilege);
    }
    Ok(by_account
        .into_iter()
        .map(|(grantee, privileges)| Hit::new(grantee, format!("it holds {}", privileges.join(", "))))
        .collect())
}
