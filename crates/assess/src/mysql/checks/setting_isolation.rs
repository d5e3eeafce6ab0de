//! The level is a parameter of the instance; readers of Aurora are REPEATABLE READ unless told otherwise (Aurora User
//! Guide, "Aurora MySQL isolation levels").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.isolation",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "R2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "another isolation level than REPEATABLE READ",
        remedy: "set transaction_isolation in the parameter group",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let level = facts
        .variables
        .known()?
        .any(&["transaction_isolation", "tx_isolation"]);
    let other = level.filter(|(_, level)| *level != "REPEATABLE-READ");
    Ok(other
        .map(|(name, level)| {
            Hit::new(
                name,
                format!("it is {level}, and REPEATABLE-READ by default there"),
            )
        })
        .into_iter()
        .collect())
}
