//! MySQL has neither plugin (MariaDB documentation, "Authentication Plugin - ed25519").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.ed25519",
        engines: Engine::MARIADB,
        rows: &["P1", "D3"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "accounts that log in by ed25519 or PARSEC",
        remedy: "set the password anew with caching_sha2_password or mysql_native_password",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let found = facts
        .carried_accounts()?
        .filter(|account| ["ed25519", "parsec"].contains(&account.plugin.as_str()));
    Ok(found
        .map(|account| Hit::new(account.quoted(), format!("it logs in by {}", account.plugin)))
        .collect())
}
