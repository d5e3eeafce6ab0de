//! Aurora MySQL 3 has no user-defined undo tablespaces (Aurora User Guide, "Comparing Aurora MySQL version 3 and MySQL
//! 8.0 Community Edition").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.tablespace.undo",
        engines: Engine::MYSQL,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "undo tablespaces of an operator",
        remedy: "nothing at the source; leave the statement out of scripts for Aurora",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let undo = facts
        .spaces
        .known()?
        .iter()
        .filter(|space| space.kind == "Undo" && !space.name.starts_with("innodb_undo_"));
    Ok(undo
        .map(|space| {
            Hit::new(
                format!("tablespace {}", space.name),
                "an undo tablespace that an operator made",
            )
        })
        .collect())
}
