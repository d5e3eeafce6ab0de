//! IDENTIFIED VIA … OR … is MariaDB's own (MariaDB documentation, "Authentication from MariaDB 10.4").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.several_plugins",
        engines: Engine::MARIADB,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::FromMariaDb,
        title: "accounts that may log in by one plugin or another",
        remedy: "decide for one of them on Aurora",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let several = facts
        .carried_accounts()?
        .filter(|account| account.several_plugins);
    Ok(several
        .map(|account| Hit::new(account.quoted(), "it may log in by more than one plugin"))
        .collect())
}
