//! A user's name has 32 characters at most in MySQL and 128 in MariaDB (MySQL manual, "Account Names"; MariaDB
//! documentation, "CREATE USER").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.long_name",
        engines: Engine::MARIADB,
        rows: &["P1", "D3"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "accounts with names that are too long",
        remedy: "give the account a shorter name",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let long = facts
        .carried_accounts()?
        .filter(|account| account.user.chars().count() > 32);
    Ok(long
        .map(|account| {
            Hit::new(
                account.quoted(),
                format!("its name has {} characters", account.user.chars().count()),
            )
        })
        .collect())
}
