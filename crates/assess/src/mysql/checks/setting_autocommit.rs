//! Procedures of RDS that set up replication need autocommit (Aurora User Guide, "Replication stored procedures").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.autocommit",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "autocommit switched off for everybody",
        remedy: "switch it on, and let the applications that want it off say so in their sessions",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let off = facts.variables.known()?.is_off("autocommit");
    Ok(off
        .then(|| {
            Hit::new("autocommit", "it is OFF for every new session").mended_by("SET GLOBAL autocommit = ON")
        })
        .into_iter()
        .collect())
}
