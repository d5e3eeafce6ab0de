//! Statements give other rows on another version, and changed rows cannot be followed (Aurora User Guide, "Optimizing
//! binary log replication").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.binlog.format",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a binary log that holds statements",
        remedy: "set it to ROW; sessions that are connected go on as they began",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let format = variables
        .get("binlog_format")
        .filter(|format| *format != "ROW" && variables.is_on("log_bin"));
    Ok(format
        .map(|format| {
            Hit::new(
                "binlog_format",
                format!("it is {format}: changes may be logged as statements"),
            )
            .mended_by("SET GLOBAL binlog_format = ROW")
        })
        .into_iter()
        .collect())
}
