//! Rows that replication applies fire only triggers that are ENABLE ALWAYS or ENABLE REPLICA: on the target they act on
//! rows that the source's have acted on already (manual, "ALTER TABLE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.trigger.always",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "triggers that fire for replicated rows",
        remedy: "let it fire for the application's own statements alone, or see that what it does twice does no harm",
    },
    include_str!("trigger_always.sql"),
);
