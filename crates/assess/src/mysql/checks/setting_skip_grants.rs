//! With --skip-grant-tables anybody may do anything, accounts cannot be read, and events do not run (MySQL manual,
//! "Server Command Options").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.skip_grants",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Blocks,
        crossing: Crossing::Always,
        title: "a server that asks nobody who he is",
        remedy: "start it without skip_grant_tables",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    Ok(facts
        .skips_grants
        .then(|| {
            Hit::new(
                "skip_grant_tables",
                "SHOW GRANTS answers that the server runs without its grant tables (1290)",
            )
        })
        .into_iter()
        .collect())
}
