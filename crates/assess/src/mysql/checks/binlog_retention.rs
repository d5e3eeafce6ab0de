//! What is thrown away before Aurora has read it means loading again (Aurora User Guide, "Setting up binary log
//! replication").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.binlog.retention",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a binary log that is kept for less than a day",
        remedy: "keep it for as long as the load takes, and a day more",
    },
    look,
};

/// Least, in seconds.
const DAY: u64 = 86_400;

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    if variables.is_off("log_bin") {
        return Ok(Vec::new());
    }
    // Fractions are MariaDB's.
    let days = variables
        .get("expire_logs_days")
        .and_then(|days| days.parse::<f64>().ok())
        .unwrap_or(0.0);
    let seconds = variables.number("binlog_expire_logs_seconds").unwrap_or(0);
    let short = match (seconds, days) {
        (0, days) if days > 0.0 && days < 1.0 => Some(format!("expire_logs_days = {days}")),
        (seconds, _) if seconds > 0 && seconds < DAY => {
            Some(format!("binlog_expire_logs_seconds = {seconds}"))
        }
        _ => None,
    };
    Ok(short
        .map(|evidence| {
            Hit::new("binlog_expire_logs_seconds", evidence)
                .mended_by(format!("SET GLOBAL binlog_expire_logs_seconds = {}", 7 * DAY))
        })
        .into_iter()
        .collect())
}
