//! Behind a security group any host may be right; said so that it is a decision.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.any_host",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "accounts that may come from anywhere",
        remedy: "name the subnets of the applications in the host, or leave it to the security group",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let wide = facts
        .carried_accounts()?
        .filter(|account| account.host == "%" || account.host.is_empty());
    Ok(wide
        .map(|account| Hit::new(account.quoted(), "its host is any"))
        .collect())
}
