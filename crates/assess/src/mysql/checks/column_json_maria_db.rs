//! JSON is a name for LONGTEXT with a check in MariaDB, and a type of its own in MySQL (MariaDB documentation, "JSON
//! Data Type").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.json_maria_db",
        engines: Engine::MARIADB,
        rows: &["P1", "P2", "P3"],
        severity: Severity::Note,
        crossing: Crossing::FromMariaDb,
        title: "JSON that is text",
        remedy: "keep it a LONGTEXT, or make it JSON on Aurora and compare by meaning: MySQL sorts keys and drops spaces",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let text = facts.base_columns()?.filter(|column| {
        column.base == "longtext" && column.collation == "utf8mb4_bin" && column.charset == "utf8mb4"
    });
    Ok(text
        .map(|column| {
            Hit::new(
                column.object(),
                "LONGTEXT in utf8mb4_bin, which is what MariaDB makes of JSON",
            )
        })
        .collect())
}
