//! An anonymous account is taken before one with a name and a wider host (MySQL manual, "Access Control, Stage 1").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.anonymous",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts without a name",
        remedy: "drop the account; beside it, accounts with a name and any host are not found at this host",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let nameless = facts
        .accounts
        .known()?
        .iter()
        .filter(|account| account.user.is_empty() && !account.role);
    Ok(nameless
        .map(|account| {
            Hit::new(account.quoted(), "an account without a name")
                .mended_by(format!("DROP USER {}", account.quoted()))
        })
        .collect())
}
