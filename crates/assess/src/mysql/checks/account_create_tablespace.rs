//! Aurora has no CREATE TABLESPACE (Aurora User Guide, "Comparing Aurora MySQL version 2 and MySQL 5.7 Community
//! Edition").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.create_tablespace",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts with CREATE TABLESPACE",
        remedy: "revoke it: Aurora has no tablespaces to make",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let held = facts
        .privileges
        .known()?
        .iter()
        .filter(|held| !held.stays() && held.privilege == "CREATE TABLESPACE");
    Ok(held
        .map(|held| Hit::new(held.grantee(), format!("it holds {}", held.privilege)).mended_by(held.revoke()))
        .collect())
}
