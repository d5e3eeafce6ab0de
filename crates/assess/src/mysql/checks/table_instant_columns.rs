//! Tables with row versions (8.0.29) are refused by XtraBackup up to 8.0.29 and limited to 64 versions (MySQL manual,
//! "Online DDL Operations"; Percona XtraBackup documentation).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.instant_columns",
        engines: Engine::MYSQL,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "tables with columns added or dropped without a rebuild",
        remedy: "for a physical copy, rebuild the table; a load needs nothing",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let changed = facts
        .stored
        .known()?
        .iter()
        .filter(|stored| stored.row_versions > 0);
    Ok(changed
        .filter_map(|stored| {
            let table = stored.partitioned().or_else(|| stored.table())?;
            let statement = format!("OPTIMIZE TABLE {}", quote::object(&table.schema, &table.name));
            Some(
                Hit::new(
                    table.to_string(),
                    format!("its rows are of {} versions and more", stored.row_versions),
                )
                .mended_by(statement),
            )
        })
        .collect())
}
