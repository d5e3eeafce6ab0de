//! An .frm file of another engine over an InnoDB table hides its rows, and an upgrade in place stops at it (MySQL
//! Shell, `engineMixup`; Aurora precheck `engineMixupCheck`).

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.engine_mixup",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "tables that InnoDB holds and the server takes for another engine",
        remedy: "rename the file of the other engine away on a copy of the server, and see which of the two tables has the rows",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let stored: BTreeSet<TableName> = facts
        .stored
        .known()?
        .iter()
        .filter_map(|stored| stored.table())
        .collect();
    let mixed = facts.base_tables()?.filter(|table| {
        !table.engine.is_empty()
            && !table.engine.eq_ignore_ascii_case("InnoDB")
            && stored.contains(&table.name)
    });
    Ok(mixed
        .map(|table| {
            Hit::new(
                table.name.to_string(),
                format!(
                    "the server says {}, and InnoDB has a table of this name too",
                    table.engine
                ),
            )
        })
        .collect())
}
