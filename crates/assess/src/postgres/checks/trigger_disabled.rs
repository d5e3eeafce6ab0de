//! A trigger may be disabled for good, or forgotten after a repair (manual, "ALTER TABLE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.trigger.disabled",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "triggers that are disabled",
        remedy: "see whether that is meant to last: they are carried over as they are",
    },
    include_str!("trigger_disabled.sql"),
);
