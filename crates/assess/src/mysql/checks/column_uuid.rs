//! MySQL has no type for UUIDs (MariaDB documentation, "UUID").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.uuid",
        engines: Engine::MARIADB,
        rows: &["P1", "P2", "P3"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "columns of type UUID",
        remedy: "store it as CHAR(36), or as BINARY(16) by UUID_TO_BIN(), and change the application",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let found = facts
        .base_columns()?
        .filter(|column| ["uuid"].contains(&column.base.as_str()));
    Ok(found
        .map(|column| {
            Hit::new(
                column.object(),
                format!("its type is {}", column.full.to_uppercase()),
            )
            .mended_by(column.modify("CHAR(36)"))
        })
        .collect())
}
