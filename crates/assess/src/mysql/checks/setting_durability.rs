//! With innodb_flush_log_at_trx_commit other than 1 the figures of here are those of a server that may lose its last
//! second (Aurora User Guide, "Best practices with Amazon Aurora MySQL").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.durability",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "R1", "R2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "commits that do not wait for the disk",
        remedy: "measure the latency of commits on Aurora before the decision: there every commit waits for four of six copies",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let value = facts
        .variables
        .known()?
        .get("innodb_flush_log_at_trx_commit")
        .filter(|value| *value != "1");
    Ok(value
        .map(|value| {
            Hit::new(
                "innodb_flush_log_at_trx_commit",
                format!(
                    "it is {value}: commits do not wait for the disk, and a crash may take the last second"
                ),
            )
        })
        .into_iter()
        .collect())
}
