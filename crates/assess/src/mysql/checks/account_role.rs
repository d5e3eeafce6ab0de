//! Roles of MariaDB have no host, one of them is active at a time, and dumps write them otherwise (MariaDB
//! documentation, "Roles Overview").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.role",
        engines: Engine::MARIADB,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::FromMariaDb,
        title: "roles",
        remedy: "make the roles on Aurora and let accounts have them by SET DEFAULT ROLE",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let roles = facts
        .accounts
        .known()?
        .iter()
        .filter(|account| account.role && account.user != "PUBLIC");
    Ok(roles.map(|role| Hit::new(role.quoted(), "a role")).collect())
}
