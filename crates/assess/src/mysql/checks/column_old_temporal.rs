//! TIME, DATETIME and TIMESTAMP were stored otherwise before 5.6.4, and MariaDB can still do so; 8.0 does not read that
//! form (MySQL Shell, `oldTemporal`; Aurora precheck `oldTemporalCheck`).

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.old_temporal",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 0, 11),
        title: "dates and times in the form of before 5.6.4",
        remedy: "rebuild the table, which brings them to the present form",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let stored = facts.stored.known()?;
    let mysql = facts
        .old_columns
        .known()?
        .iter()
        .filter(|column| !column.spatial)
        .filter_map(|column| {
            let table = stored
                .iter()
                .find(|stored| stored.id == column.table_id)?
                .table()?;
            Some(hit(
                &table,
                &column.name,
                "it is stored in the form of before 5.6.4",
            ))
        });
    // MariaDB says so in the type.
    let maria_db = facts
        .base_columns()?
        .filter(|column| column.full.contains("/* mariadb-5.3 */"));
    let maria_db = maria_db.map(|column| {
        hit(
            &column.table,
            &column.name,
            &format!("its type is {}", column.full),
        )
    });
    Ok(mysql.chain(maria_db).collect())
}

fn hit(table: &TableName, column: &str, evidence: &str) -> Hit {
    let statement = format!("ALTER TABLE {} FORCE", quote::object(&table.schema, &table.name));
    Hit::new(format!("{table}.{column}"), evidence).mended_by(statement)
}
