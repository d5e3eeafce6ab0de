//! PARTIAL_JSON logs what changed inside a document, which neither older servers nor a follower of rows can apply
//! (MySQL manual, "Partial Updates of JSON Values").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.binlog.partial_json",
        engines: Engine::MYSQL,
        rows: &["P1", "P3", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a binary log that holds parts of JSON documents",
        remedy: "set it to nothing while the move goes on",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let options = facts
        .variables
        .known()?
        .get("binlog_row_value_options")
        .filter(|options| !options.is_empty());
    Ok(options
        .map(|options| {
            Hit::new(
                "binlog_row_value_options",
                format!("it is {options}: a logged row holds a part of its document"),
            )
            .mended_by("SET GLOBAL binlog_row_value_options = ''")
        })
        .into_iter()
        .collect())
}
