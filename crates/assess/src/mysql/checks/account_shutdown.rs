//! Aurora is stopped and started by the API alone (Aurora User Guide, "Security with Amazon Aurora MySQL").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.shutdown",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts with SHUTDOWN",
        remedy: "revoke it; let operators use the API of RDS",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let held = facts
        .privileges
        .known()?
        .iter()
        .filter(|held| !held.stays() && held.privilege == "SHUTDOWN");
    Ok(held
        .map(|held| Hit::new(held.grantee(), format!("it holds {}", held.privilege)).mended_by(held.revoke()))
        .collect())
}
