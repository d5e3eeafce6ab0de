//! Functions that are gone: pg_start_backup and pg_stop_backup since 15, pg_backup_start_time and pg_is_in_backup since
//! 15, currtid since 14, adminpack's pg_file_* and pg_logdir_ls since 17 (release notes).

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Subject};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.function.removed",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "calls of functions that a later version took away",
        remedy: "change the call before the move, so that both versions understand it",
    },
    include_str!("function_removed.sql"),
)
.judged_by(judge);

/// Since which major version a function is gone.
fn gone_since(function: &str) -> u16 {
    match function {
        "currtid" | "currtid2" => 14,
        "pg_start_backup" | "pg_stop_backup" | "pg_backup_start_time" | "pg_is_in_backup" => 15,
        _ => 17,
    }
}

/// Function, column or view, and what it calls.
fn judge(subject: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    let gone = rows.into_iter().filter_map(|row| {
        let [object, calls] = <[Option<String>; 2]>::try_from(row).ok()?;
        let calls = calls?;
        let gone: Vec<String> = calls
            .split(',')
            .filter(|name| gone_since(name) <= subject.target.community.major)
            .map(|name| format!("{name} (gone since PostgreSQL {})", gone_since(name)))
            .collect();
        let hit = Hit::new(object?, format!("calls {}", gone.join(", ")));
        (!gone.is_empty()).then_some(hit)
    });
    gone.collect()
}
