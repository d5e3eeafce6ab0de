//! ZEROFILL is deprecated since 8.0.17 (MySQL manual, "Numeric Type Attributes").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.zerofill",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 0, 17),
        title: "columns that are filled up with zeros",
        remedy: "fill up in the application, or with LPAD()",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let filled = facts.base_columns()?.filter(|column| column.has("zerofill"));
    Ok(filled
        .map(|column| Hit::new(column.object(), format!("its type is {}", column.full)))
        .collect())
}
