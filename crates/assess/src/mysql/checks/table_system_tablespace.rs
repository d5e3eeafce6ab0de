//! Tables in the system tablespace take part in its file format and never give room back (MySQL manual, "File-Per-Table
//! Tablespaces").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.system_tablespace",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "tables in the system tablespace",
        remedy: "nothing has to be done for a load; for a physical copy, rebuild the table with innodb_file_per_table = ON",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let shared = facts
        .stored
        .known()?
        .iter()
        .filter(|stored| stored.space == 0 && stored.partitioned().is_none());
    Ok(shared
        .filter_map(|stored| {
            let table = stored.table().filter(|table| {
                !["mysql", "sys"].contains(&table.schema.as_str()) && !table.name.starts_with("FTS_")
            })?;
            let statement = format!(
                "ALTER TABLE {} ENGINE = InnoDB",
                quote::object(&table.schema, &table.name)
            );
            Some(
                Hit::new(table.to_string(), "it lies in the system tablespace (space 0)")
                    .mended_by(statement),
            )
        })
        .collect())
}
