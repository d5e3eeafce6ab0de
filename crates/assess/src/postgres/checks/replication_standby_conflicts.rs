//! max_standby_streaming_delay and max_standby_archive_delay let a standby wait for its queries (manual); Aurora allows
//! 1 to 30 seconds (Aurora User Guide, "Aurora PostgreSQL parameters").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.standby_conflicts",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "standbys that put queries before replay",
        remedy: "see that long queries end sooner on Aurora, where a reader cancels those that conflict after at most 30 seconds; or give them a clone",
    },
    include_str!("replication_standby_conflicts.sql"),
);
