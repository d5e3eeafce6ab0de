//! Steps other than 1 are how two writable servers share a counter (MySQL manual, "Replication and AUTO_INCREMENT").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.counter_step",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D4"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "counters in steps",
        remedy: "set auto_increment_increment and auto_increment_offset on Aurora so that the sides never meet",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let (step, offset) = (
        variables.number("auto_increment_increment").unwrap_or(1),
        variables.number("auto_increment_offset").unwrap_or(1),
    );
    Ok((step != 1 || offset != 1)
        .then(|| {
            Hit::new(
                "auto_increment_increment",
                format!("steps of {step}, beginning at {offset}"),
            )
        })
        .into_iter()
        .collect())
}
