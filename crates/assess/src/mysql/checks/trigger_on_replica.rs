//! Of a statement the replica runs the triggers itself, by its own data; of rows it does not (MySQL manual,
//! "Replication and Triggers").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.trigger.on_replica",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "triggers on a replica that gets statements",
        remedy: "set binlog_format = ROW at the source, so that the effect of a trigger comes with the rows",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let statements = variables
        .get("binlog_format")
        .is_some_and(|format| format != "ROW");
    if !facts.is_replica()? || !statements {
        return Ok(Vec::new());
    }
    Ok(facts
        .triggers
        .known()?
        .iter()
        .map(|trigger| {
            Hit::new(
                trigger.object(),
                format!("it is on {}, and this replica may get statements", trigger.state),
            )
        })
        .collect())
}
