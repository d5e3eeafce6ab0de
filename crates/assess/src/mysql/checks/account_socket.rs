//! auth_socket and unix_socket ask the operating system of the server's machine who the client is (MySQL manual,
//! "Socket Peer-Credential Pluggable Authentication"; MariaDB documentation, "Authentication Plugin - Unix Socket").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.socket",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "accounts that log in by their name on this machine",
        remedy: "give the account a password, or IAM authentication: nobody is on Aurora's machine",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let found = facts
        .carried_accounts()?
        .filter(|account| ["auth_socket", "unix_socket"].contains(&account.plugin.as_str()));
    Ok(found
        .map(|account| Hit::new(account.quoted(), format!("it logs in by {}", account.plugin)))
        .collect())
}
