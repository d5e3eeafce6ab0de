//! A row with a zero date is refused by a strict session with NO_ZERO_DATE, which is the default since 5.7: loads that are
//! strict stop at it, and so do updates of applications (MySQL manual, "Server SQL Modes"). Only columns that an index
//! begins with are looked at, by that index.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.zero_date_rows",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 0, 11),
        title: "rows with zero dates, in columns that an index begins with",
        remedy: "let the column be NULL, or give the rows a real date, before applications write to them in strict mode",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    Ok(facts
        .zero_dates
        .known()?
        .iter()
        .map(|(table, column)| {
            let statement = format!(
                "SELECT * FROM {} WHERE {} = '0000-00-00'",
                quote::object(&table.schema, &table.name),
                quote::name(column)
            );
            let evidence =
                format!("at least one row holds 0000-00-00; `{statement}` shows them under sql_mode = ''");
            Hit::new(format!("{table}.{column}"), evidence)
        })
        .collect())
}
