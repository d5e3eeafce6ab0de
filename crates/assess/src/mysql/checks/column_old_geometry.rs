//! InnoDB stored spatial columns as BLOBs before 5.7, and 8.0.11 to 8.0.23 stop at them in an upgrade in place (MySQL
//! Shell, `oldGeometryTypes`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.old_geometry",
        engines: Engine::MYSQL,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 0, 11),
        title: "spatial columns stored as BLOBs",
        remedy: "rebuild the table after the upgrade to 5.7, before that to 8.0; a load needs nothing",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let stored = facts.stored.known()?;
    Ok(facts
        .old_columns
        .known()?
        .iter()
        .filter(|column| column.spatial)
        .filter_map(|column| {
            let table = stored
                .iter()
                .find(|stored| stored.id == column.table_id)?
                .table()?;
            let statement = format!("ALTER TABLE {} FORCE", quote::object(&table.schema, &table.name));
            Some(
                Hit::new(format!("{table}.{}", column.name), "InnoDB holds it as a BLOB")
                    .mended_by(statement),
            )
        })
        .collect())
}
