//! What MariaDB calls IGNORED (10.6) MySQL calls INVISIBLE (MariaDB documentation, "Ignored Indexes").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.index.ignored",
        engines: Engine::MARIADB,
        rows: &["P1", "P2"],
        severity: Severity::Note,
        crossing: Crossing::FromMariaDb,
        title: "ignored indexes",
        remedy: "write INVISIBLE instead of IGNORED in the schema for Aurora, or drop the index",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let ignored = facts.indexes.known()?.iter().filter(|index| index.ignored);
    Ok(ignored
        .map(|index| {
            Hit::new(index.object(), "the optimizer is told not to use it")
                .mended_by(format!("DROP INDEX {}", index.on_table()))
        })
        .collect())
}
