//! DYNAMIC has been the default since 5.7; in REDUNDANT and COMPACT an index column holds 767 bytes at most (MySQL
//! manual, "InnoDB Row Formats"; MySQL Shell, `innodbRowFormat`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.row_format_old",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 0, 11),
        title: "tables in the row formats of old",
        remedy: "rebuild the table in the DYNAMIC format when there is time for it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let old = facts.base_tables()?.filter(|table| {
        table.engine == "InnoDB"
            && ["redundant", "compact"]
                .iter()
                .any(|format| table.row_format.eq_ignore_ascii_case(format))
    });
    Ok(old
        .map(|table| {
            let evidence = format!("ROW_FORMAT = {}", table.row_format.to_uppercase());
            Hit::new(table.name.to_string(), evidence).mended_by(table.alter("ROW_FORMAT = DYNAMIC"))
        })
        .collect())
}
