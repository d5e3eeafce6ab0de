//! Locked accounts cannot log in, but views and routines still run as them (MySQL manual, "Account Locking").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.locked",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "locked accounts",
        remedy: "leave the account behind unless something runs as it: definers may be locked",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let locked = facts
        .carried_accounts()?
        .filter(|account| account.locked && !account.expired);
    Ok(locked
        .map(|account| Hit::new(account.quoted(), "it is locked"))
        .collect())
}
