//! Changes that are open when a snapshot is taken are rolled back when it is restored, which takes time (Aurora
//! precheck `auroraUpgradeCheckForUncommittedRowModifications`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.transaction.uncommitted",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "rows changed by transactions that are open",
        remedy: "let them end before an upgrade or a snapshot",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let open = facts
        .transactions
        .known()?
        .iter()
        .filter(|open| open.rows_changed > 0);
    Ok(open
        .map(|open| {
            let object = if open.thread == 0 {
                "a transaction of no connection".to_owned()
            } else {
                format!("connection {}", open.thread)
            };
            Hit::new(
                object,
                format!("{} rows changed and not committed", open.rows_changed),
            )
        })
        .collect())
}
