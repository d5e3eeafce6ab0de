//! With MINIMAL or NOBLOB a row cannot be followed or mended by the log alone (MySQL manual, "Binary Logging Options
//! and Variables").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.binlog.row_image",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a binary log that leaves columns out",
        remedy: "set it to FULL",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let image = facts
        .variables
        .known()?
        .get("binlog_row_image")
        .filter(|image| !image.starts_with("FULL"));
    Ok(image
        .map(|image| {
            Hit::new(
                "binlog_row_image",
                format!("it is {image}: a logged row lacks columns"),
            )
            .mended_by("SET GLOBAL binlog_row_image = FULL")
        })
        .into_iter()
        .collect())
}
