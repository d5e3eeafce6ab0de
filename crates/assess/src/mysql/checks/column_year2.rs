//! YEAR(2) went in 5.7.5 (MySQL manual, "2-Digit YEAR(2) Limitations and Migrating to 4-Digit YEAR").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.year2",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Degrades,
        crossing: Crossing::into(5, 7, 5),
        title: "columns of type YEAR(2)",
        remedy: "make it YEAR; two digits then read as four",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let short = facts
        .base_columns()?
        .filter(|column| column.base == "year" && column.full.starts_with("year(2)"));
    Ok(short
        .map(|column| {
            Hit::new(column.object(), "its type is YEAR(2), which shows 70 for 1970")
                .mended_by(column.modify("YEAR"))
        })
        .collect())
}
