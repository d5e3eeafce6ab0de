//! Aurora has no ROW_FORMAT=COMPRESSED (Aurora User Guide, "Migrating data from an RDS for MySQL DB instance by a
//! snapshot").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.row_format_compressed",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "tables in compressed rows",
        remedy: "rebuild the table in another row format; it will take more room",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let compressed = facts.base_tables()?.filter(|table| {
        table.row_format.eq_ignore_ascii_case("compressed")
            || table.options.to_lowercase().contains("row_format=compressed")
    });
    Ok(compressed
        .map(|table| {
            let evidence = format!("ROW_FORMAT = COMPRESSED ({} MiB now)", table.bytes >> 20);
            Hit::new(table.name.to_string(), evidence)
                .mended_by(table.alter("ROW_FORMAT = DYNAMIC KEY_BLOCK_SIZE = 0"))
        })
        .collect())
}
