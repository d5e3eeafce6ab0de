//! MariaDB takes an expression as it is (10.2.1), MySQL in parentheses and since 8.0.13 (MySQL manual, "Data Type
//! Default Values"; MariaDB documentation, "CREATE TABLE").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.default_expression",
        engines: Engine::MARIADB,
        rows: &["P1", "P2"],
        severity: Severity::Degrades,
        crossing: Crossing::FromMariaDb,
        title: "defaults that are expressions",
        remedy: "write the default in parentheses in the schema for Aurora, with functions that MySQL has",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let computed = facts.base_columns()?.filter(|column| {
        let default = column.default.as_deref().unwrap_or("NULL");
        let literal = default.starts_with('\'') || default.parse::<f64>().is_ok();
        let known = ["NULL", "CURRENT_TIMESTAMP"]
            .iter()
            .any(|known| default.to_uppercase().starts_with(known));
        column.expression.is_empty() && !literal && !known && !default.to_lowercase().starts_with("nextval(")
    });
    Ok(computed
        .map(|column| {
            let default = column.default.as_deref().unwrap_or_default();
            let statement = format!("{} DEFAULT ({default})", column.modify(&column.full));
            Hit::new(column.object(), format!("DEFAULT {default}")).mended_by(statement)
        })
        .collect())
}
