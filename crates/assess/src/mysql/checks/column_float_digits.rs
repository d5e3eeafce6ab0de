//! FLOAT(M,D) and DOUBLE(M,D) are deprecated since 8.0.17 (MySQL manual, "Floating-Point Types").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.float_digits",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 0, 17),
        title: "FLOAT and DOUBLE with a number of digits",
        remedy: "declare it without digits, or as DECIMAL where the digits matter",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let digits = facts
        .base_columns()?
        .filter(|column| ["float", "double"].contains(&column.base.as_str()) && column.full.contains(','));
    Ok(digits
        .map(|column| Hit::new(column.object(), format!("its type is {}", column.full)))
        .collect())
}
