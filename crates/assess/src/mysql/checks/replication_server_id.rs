//! With server_id = 0 a server neither follows nor is followed (MySQL manual, "Replication and Binary Logging Options
//! and Variables").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.replication.server_id",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a server without a number",
        remedy: "set server_id to a number no other server has, and restart where the version needs it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let zero = facts.variables.known()?.number("server_id") == Some(0);
    Ok(zero
        .then(|| Hit::new("server_id", "it is 0: the server refuses every replica"))
        .into_iter()
        .collect())
}
