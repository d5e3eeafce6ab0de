//! UNSIGNED is deprecated for FLOAT, DOUBLE and DECIMAL since 8.0.17 (MySQL manual, "Numeric Data Type Syntax").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.unsigned_fraction",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 0, 17),
        title: "UNSIGNED fractions",
        remedy: "leave UNSIGNED out, and add a CHECK where negative values must be refused",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let unsigned = facts.base_columns()?.filter(|column| {
        ["float", "double", "decimal"].contains(&column.base.as_str()) && column.has("unsigned")
    });
    Ok(unsigned
        .map(|column| Hit::new(column.object(), format!("its type is {}", column.full)))
        .collect())
}
