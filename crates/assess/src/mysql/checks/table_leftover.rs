//! A table named `#sql…` in InnoDB is what a crash left of an ALTER TABLE. An upgrade in place stops at it (Aurora
//! precheck `auroraCheckDDLRecovery`; MySQL manual, "Troubleshooting InnoDB Data Dictionary Operations").

use std::collections::BTreeSet;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.leftover",
        engines: Engine::MYSQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "tables left over from an ALTER TABLE that did not end",
        remedy: "make sure that no ALTER TABLE is running, then drop the leftover",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    // Temporary tables have such names too, under the name of a folder that is no database.
    let schemas: BTreeSet<&str> = facts
        .application_schemas()?
        .map(|schema| schema.name.as_str())
        .collect();
    let tables = facts.stored.known()?.iter().filter_map(|stored| stored.table());
    let leftover =
        tables.filter(|table| table.name.starts_with("#sql") && schemas.contains(table.schema.as_str()));
    Ok(leftover
        .map(|table| {
            let statement = format!(
                "DROP TABLE {}.{}",
                quote::name(&table.schema),
                quote::name(&format!("#mysql50#{}", table.name))
            );
            Hit::new(
                table.to_string(),
                "an intermediate table in InnoDB: an ALTER TABLE makes it now, or a crash left it",
            )
            .mended_by(statement)
        })
        .collect())
}
