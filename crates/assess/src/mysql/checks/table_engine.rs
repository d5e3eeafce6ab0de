//! Aurora stores tables in InnoDB alone (Aurora User Guide, "Migrating data to an Amazon Aurora MySQL DB cluster").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.engine",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "tables of a storage engine other than InnoDB",
        remedy: "convert the table to InnoDB, at a time when it may be locked",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let other = facts.tables()?.iter().filter(|table| table.engine != "InnoDB");
    Ok(other
        .map(|table| {
            Hit::new(table.name.to_string(), format!("ENGINE = {}", table.engine))
                .mended_by(format!("ALTER TABLE {} ENGINE = InnoDB", table.quoted()))
        })
        .collect())
}
