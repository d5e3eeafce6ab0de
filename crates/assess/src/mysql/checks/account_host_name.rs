//! Aurora does not look up names of clients (skip_name_resolve = 1, which cannot be changed): such an account never
//! matches (Aurora User Guide, "Aurora MySQL parameters").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.host_name",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts whose host is a name",
        remedy: "write the host as an address or a network, such as 10.0.%",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let named = facts.carried_accounts()?.filter(|account| {
        account.host != "localhost"
            && account.host.chars().any(|c| c.is_ascii_alphabetic())
            && !account.host.contains(':')
    });
    Ok(named
        .map(|account| {
            Hit::new(
                account.quoted(),
                "its host is a name, which Aurora never looks up",
            )
        })
        .collect())
}
