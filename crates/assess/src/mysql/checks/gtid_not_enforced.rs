//! CREATE TABLE … SELECT and temporary tables in transactions cannot be logged with GTIDs in older versions (MySQL
//! manual, "Restrictions on Replication with GTIDs").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.gtid.not_enforced",
        engines: Engine::MYSQL,
        rows: &["P1", "P7", "D1"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "statements that GTIDs do not allow are let through",
        remedy: "set it to WARN, read the error log for a week, then ON",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let enforced = facts
        .variables
        .known()?
        .get("enforce_gtid_consistency")
        .filter(|value| !["ON", "1"].contains(value));
    Ok(enforced
        .map(|value| {
            Hit::new(
                "enforce_gtid_consistency",
                format!("it is {value}: statements that GTIDs do not allow are let through"),
            )
        })
        .into_iter()
        .collect())
}
