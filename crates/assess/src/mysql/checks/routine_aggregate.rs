//! MySQL has no stored aggregate functions (MariaDB documentation, "Stored Aggregate Functions").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.routine.aggregate",
        engines: Engine::MARIADB,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "aggregate functions written in SQL",
        remedy: "compute it in the query or in the application",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let aggregates = facts.aggregates.known()?.iter();
    Ok(aggregates
        .map(|(schema, name)| Hit::new(format!("function {schema}.{name}"), "CREATE AGGREGATE FUNCTION"))
        .collect())
}
