//! A table named `#sql…` in InnoDB is what a crash left of an ALTER TABLE. An upgrade in place stops at it (Aurora
//! precheck `auroraCheckDDLRecovery`; MySQL manual, "Troubleshooting InnoDB Data Dictionary Operations").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.leftover",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "tables left over from an ALTER TABLE that did not end",
        remedy: "make sure that no ALTER TABLE is running, then drop the leftover",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let leftover = facts
        .stored
        .known()?
        .iter()
        .filter_map(|stored| stored.table())
        .filter(|table| table.name.starts_with("#sql"));
    Ok(leftover
        .map(|table| {
            let statement = format!(
                "DROP TABLE {}.{}",
                quote::name(&table.schema),
                quote::name(&format!("#mysql50#{}", table.name))
            );
            Hit::new(
                table.to_string(),
                "InnoDB holds this intermediate table; no statement that is running owns its name",
            )
            .mended_by(statement)
        })
        .collect())
}
