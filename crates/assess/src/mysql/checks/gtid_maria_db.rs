//! MariaDB and MySQL each have GTIDs of their own form, and MySQL 8 does not replicate from MariaDB (MariaDB
//! documentation, "MariaDB vs MySQL - Compatibility").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.gtid.maria_db",
        engines: Engine::MARIADB,
        rows: &["P1", "P7", "D1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::FromMariaDb,
        title: "GTIDs that MySQL does not understand",
        remedy: "plan the move with the source held read-only for the load, or with a tool that reads rows",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let position = variables
        .get("gtid_binlog_pos")
        .filter(|_| variables.is_on("log_bin"));
    Ok(position
        .filter(|position| !position.is_empty())
        .map(|position| {
            Hit::new(
                "gtid_binlog_pos",
                format!("its log stands at {position}, a position no MySQL server can follow from"),
            )
        })
        .into_iter()
        .collect())
}
