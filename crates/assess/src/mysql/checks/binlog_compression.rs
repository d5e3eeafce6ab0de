//! MySQL compresses transactions (8.0.20), MariaDB single events, which MySQL cannot read (MySQL manual, "Binary Log
//! Transaction Compression"; MariaDB documentation, "Compressing Events to Reduce Size of the Binary Log").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.binlog.compression",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D4", "F14"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "a compressed binary log",
        remedy: "switch it off while the move goes on, unless everything that reads the log is 8.0.20 or later",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let names = ["binlog_transaction_compression", "log_bin_compress"];
    Ok(names
        .into_iter()
        .filter(|name| variables.is_on(name))
        .map(|name| {
            Hit::new(name, "it is ON: not every reader of the log understands it")
                .mended_by(format!("SET GLOBAL {name} = OFF"))
        })
        .collect())
}
