//! Aurora has its own way of threads and no setting for it (MariaDB documentation, "Thread Pool in MariaDB"; Percona
//! Server documentation, "Thread pool").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.thread_pool",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "R2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "connections served by a thread pool",
        remedy: "use RDS Proxy, or a pool on the applications' side, for many short connections",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let handling = facts.variables.known()?.get("thread_handling");
    let pool = handling.filter(|handling| ["pool-of-threads", "loaded-dynamically"].contains(handling));
    Ok(pool
        .map(|handling| {
            Hit::new(
                "thread_handling",
                format!("it is {handling}, which Aurora has no setting for"),
            )
        })
        .into_iter()
        .collect())
}
