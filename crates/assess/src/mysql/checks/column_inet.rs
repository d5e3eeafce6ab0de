//! MySQL has no type for addresses (MariaDB documentation, "INET4", "INET6").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.inet",
        engines: Engine::MARIADB,
        rows: &["P1", "P2", "P3"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "columns of type INET4 or INET6",
        remedy: "store the address in a VARBINARY(16) by INET6_ATON(), or as text, and change the application",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let found = facts
        .base_columns()?
        .filter(|column| ["inet4", "inet6"].contains(&column.base.as_str()));
    Ok(found
        .map(|column| {
            Hit::new(
                column.object(),
                format!("its type is {}", column.full.to_uppercase()),
            )
            .mended_by(column.modify("VARCHAR(39)"))
        })
        .collect())
}
