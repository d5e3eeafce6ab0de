//! Triggers of before 5.0.17 and events of edited tables have no definer, and an upgrade stops at them (Aurora
//! prechecks `getTriggersWithNullDefiner`, `getEventsWithNullDefiner`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.definer.empty",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "objects without a definer",
        remedy: "make the object again with a definer",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    Ok(facts
        .programs()?
        .filter(|program| program.definer().is_none())
        .map(|program| Hit::new(program.object(), format!("its definer is `{}`", program.definer)))
        .collect())
}
