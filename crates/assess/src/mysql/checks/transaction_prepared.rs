//! A prepared transaction holds its locks until somebody decides, and is in no dump; an upgrade stops at it (Aurora
//! precheck `auroraUpgradeCheckForIncompleteXATransactions`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.transaction.prepared",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3", "F5"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "prepared XA transactions",
        remedy: "ask whose it is, then XA COMMIT or XA ROLLBACK it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let prepared = facts.prepared.known()?.iter();
    Ok(prepared
        .map(|name| {
            Hit::new(
                format!("XA transaction {name}"),
                "it is prepared, and neither committed nor rolled back",
            )
        })
        .collect())
}
