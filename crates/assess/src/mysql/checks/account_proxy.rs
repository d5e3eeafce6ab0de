//! Proxy accounts come with plugins that map users, none of which Aurora has (MySQL manual, "Proxy Users").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.proxy",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts that act as others",
        remedy: "give each account its rights by roles",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let proxies = facts.proxies.known()?.iter().filter(|(who, _)| !who.stays());
    Ok(proxies
        .map(|(who, whom)| Hit::new(who.quoted(), format!("it may act as {}", whom.quoted())))
        .collect())
}
