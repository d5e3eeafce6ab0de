//! A definer with SUPER or FILE, or root at this machine, cannot exist on Aurora: what it did by those rights fails
//! there (Aurora User Guide, "Security with Amazon Aurora MySQL").

use std::collections::BTreeSet;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.definer.administrator",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "objects that run with rights no account of Aurora can have",
        remedy: "make the object again with a definer that has just the rights it needs",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let privileges = facts.privileges.known()?;
    let powerful: BTreeSet<(&str, &str)> = privileges
        .iter()
        .filter(|held| ["SUPER", "FILE", "SHUTDOWN"].contains(&held.privilege.as_str()))
        .map(|held| (held.user.as_str(), held.host.as_str()))
        .collect();
    Ok(facts
        .programs()?
        .filter(|program| program.runs_as_definer())
        .filter_map(|program| {
            let (user, host) = program.definer()?;
            powerful.contains(&(user, host)).then(|| {
                Hit::new(
                    program.object(),
                    format!(
                        "it runs as {}, which may do what nobody may on Aurora",
                        quote::account(user, host)
                    ),
                )
            })
        })
        .collect())
}
