//! MariaDB has gone its own way since 10.0; Aurora is compatible with MySQL (MariaDB documentation, "Incompatibilities
//! and Feature Differences Between MariaDB and MySQL").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.version.maria_db",
        engines: Engine::MARIADB,
        rows: &["P1", "D2", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::FromMariaDb,
        title: "MariaDB, which is not MySQL",
        remedy: "plan for a load with the source held read-only, and test every query: plans, functions and errors differ",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    Ok(vec![Hit::new(
        "version",
        format!(
            "{} here, and MySQL {} there",
            facts.flavor, facts.target.community
        ),
    )])
}
