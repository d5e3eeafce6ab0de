//! BLOB, TEXT, JSON and spatial columns cannot have a literal default in MySQL; MariaDB and old servers in lax modes
//! let them (MySQL Shell, `columnsWhichCannotHaveDefaults`; Aurora precheck `columnsWhichCannotHaveDefaultsCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.default_refused",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 12),
        title: "defaults on columns that cannot have one",
        remedy: "drop the default and let the application say the value, or make it an expression on 8.0.13 and later",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let refused = facts.base_columns()?.filter(|column| {
        let large = column.base.ends_with("blob")
            || column.base.ends_with("text")
            || column.base == "json"
            || column.is_spatial();
        large
            && column.expression.is_empty()
            && column
                .default
                .as_deref()
                .is_some_and(|default| !default.eq_ignore_ascii_case("NULL"))
    });
    Ok(refused
        .map(|column| {
            let default = column.default.as_deref().unwrap_or_default();
            let table = quote::object(&column.table.schema, &column.table.name);
            let statement = format!(
                "ALTER TABLE {table} ALTER COLUMN {} DROP DEFAULT",
                quote::name(&column.name)
            );
            Hit::new(column.object(), format!("{} DEFAULT {default}", column.full)).mended_by(statement)
        })
        .collect())
}
