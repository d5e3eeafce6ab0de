//! An account with an expired password can do nothing until it sets another (MySQL manual, "Server Handling of Expired
//! Passwords").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.expired",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts whose password has expired",
        remedy: "set a password, or leave the account behind",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let expired = facts.carried_accounts()?.filter(|account| account.expired);
    Ok(expired
        .map(|account| Hit::new(account.quoted(), "its password has expired"))
        .collect())
}
