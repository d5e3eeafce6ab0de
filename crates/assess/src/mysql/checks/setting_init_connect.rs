//! It runs for every account but administrators; on Aurora the master user is one of those (CONNECTION_ADMIN) (Aurora
//! User Guide, "Aurora MySQL parameters").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.init_connect",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "statements that every session begins with",
        remedy: "set init_connect in the cluster parameter group, after reading what it does",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let statements = facts
        .variables
        .known()?
        .get("init_connect")
        .filter(|value| !value.is_empty());
    // What it says may hold anything, a password too.
    Ok(statements
        .map(|value| {
            Hit::new(
                "init_connect",
                format!("it is set, {} characters long", value.chars().count()),
            )
        })
        .into_iter()
        .collect())
}
