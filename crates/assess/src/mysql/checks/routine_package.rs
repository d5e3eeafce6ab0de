//! MySQL has no packages (MariaDB documentation, "CREATE PACKAGE").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.routine.package",
        engines: Engine::MARIADB,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "packages",
        remedy: "make procedures and functions of what the package holds",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let packages = facts
        .routines
        .known()?
        .iter()
        .filter(|routine| routine.word.starts_with("PACKAGE"));
    Ok(packages
        .map(|routine| Hit::new(routine.object(), format!("a {}", routine.word.to_lowercase())))
        .collect())
}
