//! Nobody has SUPER on Aurora, and a GRANT of it fails with 1227 (Aurora User Guide, "Security with Amazon Aurora
//! MySQL").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.super",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts with SUPER",
        remedy: "give the account what it needs of it: on Aurora the procedures mysql.rds_… and rds_superuser_role",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let held = facts
        .privileges
        .known()?
        .iter()
        .filter(|held| !held.stays() && held.privilege == "SUPER");
    Ok(held
        .map(|held| {
            Hit::new(
                held.grantee(),
                format!("it holds {}, which nobody has on Aurora", held.privilege),
            )
            .mended_by(held.revoke())
        })
        .collect())
}
