//! What runs with the rights of an account that is not there fails with 1449 when it is used; 8.0 refuses to make it
//! without ALLOW_NONEXISTENT_DEFINER (MySQL manual, "Stored Object Access Control").

use std::collections::BTreeSet;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.definer.missing",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D3"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "definers that do not exist",
        remedy: "make the account, or make the object again with a definer that exists",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let accounts: BTreeSet<(&str, &str)> = facts
        .accounts
        .known()?
        .iter()
        .map(|account| (account.user.as_str(), account.host.as_str()))
        .collect();
    Ok(facts
        .programs()?
        .filter_map(|program| {
            let (user, host) = program.definer()?;
            // A role of MariaDB has no host.
            let there = accounts.contains(&(user, host))
                || host.is_empty() && accounts.iter().any(|(name, _)| *name == user);
            (!there).then(|| {
                let uses = if program.runs_as_definer() {
                    "runs as"
                } else {
                    "names"
                };
                Hit::new(
                    program.object(),
                    format!(
                        "it {uses} {}, and there is no such account",
                        quote::account(user, host)
                    ),
                )
            })
        })
        .collect())
}
