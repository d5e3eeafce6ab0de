//! Event triggers belong to superusers; on Aurora members of rds_superuser may make them, and they are to be dropped
//! before a major upgrade (Amazon RDS User Guide, "Event triggers").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.trigger.event",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "event triggers",
        remedy: "make it anew on Aurora as a member of rds_superuser, or do without it; drop it before an upgrade in place",
    },
    include_str!("trigger_event.sql"),
);
