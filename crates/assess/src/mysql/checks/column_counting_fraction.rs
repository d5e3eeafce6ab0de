//! 8.4 refuses AUTO_INCREMENT on fractions (MySQL manual, "Changes in MySQL 8.4"; MySQL Shell and Aurora precheck,
//! `columnDefinition`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.counting_fraction",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 4, 0),
        title: "AUTO_INCREMENT on FLOAT and DOUBLE",
        remedy: "make the column a BIGINT",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let counting = facts.base_columns()?.filter(|column| {
        ["float", "double"].contains(&column.base.as_str()) && column.extra.contains("auto_increment")
    });
    Ok(counting
        .map(|column| {
            Hit::new(column.object(), format!("{} with AUTO_INCREMENT", column.full))
                .mended_by(column.modify("BIGINT AUTO_INCREMENT"))
        })
        .collect())
}
