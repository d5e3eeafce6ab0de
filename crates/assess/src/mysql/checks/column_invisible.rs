//! MySQL has invisible columns since 8.0.23 and writes them otherwise than MariaDB (MySQL manual, "Invisible Columns";
//! MariaDB documentation, "Invisible Columns").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.invisible",
        engines: Engine::MARIADB,
        rows: &["P1", "P2"],
        severity: Severity::Degrades,
        crossing: Crossing::FromMariaDb,
        title: "invisible columns",
        remedy: "write INVISIBLE behind the definition in the schema for Aurora, or show the column; before 8.0.23 MySQL has none",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let hidden = facts
        .base_columns()?
        .filter(|column| column.extra.contains("INVISIBLE"));
    Ok(hidden
        .map(|column| Hit::new(column.object(), "SELECT * leaves it out"))
        .collect())
}
