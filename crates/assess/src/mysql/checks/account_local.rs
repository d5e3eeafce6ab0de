//! Nothing but Amazon's own runs on the machine of an Aurora instance: nobody logs in from localhost.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.local",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts that may log in from the server's own machine alone",
        remedy: "make the account for the hosts that its programs will come from",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let local = facts
        .carried_accounts()?
        .filter(|account| ["localhost", "127.0.0.1", "::1"].contains(&account.host.as_str()));
    Ok(local
        .map(|account| Hit::new(account.quoted(), "on Aurora nobody comes from there"))
        .collect())
}
