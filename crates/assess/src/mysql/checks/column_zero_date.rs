//! With NO_ZERO_DATE and strict mode, which are the default since 5.7, such a table can neither be made nor altered (MySQL
//! Shell, `zeroDates`; Aurora precheck `zeroDatesCheck`). Rows are the business of `mysql.column.zero_date_rows`.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.zero_date",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 0, 11),
        title: "dates that are zero unless a row says otherwise",
        remedy: "give the column a real default or let it be NULL, and change the rows that hold a zero date",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let zero = facts.base_columns()?.filter(|column| {
        let default = column.default.as_deref().unwrap_or_default().trim_matches('\'');
        column.is_temporal() && (default.starts_with("0000-") || default.contains("-00"))
    });
    Ok(zero
        .map(|column| {
            let default = column.default.as_deref().unwrap_or_default();
            Hit::new(column.object(), format!("{} DEFAULT {default}", column.full))
        })
        .collect())
}
