//! Without a binary log nothing can be replicated to Aurora: the move costs as much downtime as the load takes (Aurora
//! User Guide, "Replication with Amazon Aurora MySQL").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.binlog.off",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P7", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a server without a binary log",
        remedy: "switch it on and restart: log_bin, server_id, binlog_format = ROW",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let off = facts.variables.known()?.is_off("log_bin");
    Ok(off
        .then(|| Hit::new("log_bin", "it is OFF: nothing can follow this server"))
        .into_iter()
        .collect())
}
