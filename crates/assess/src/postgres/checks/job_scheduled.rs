//! pg_cron, pgAgent and pg_partman keep their jobs in tables, which are no part of the application.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.job.scheduled",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "F6", "F9"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "jobs that the server runs by itself",
        remedy: "stop them on the source before the cut-over, and start them on the target after: they write wherever they run",
    },
    include_str!("job_scheduled.sql"),
);
