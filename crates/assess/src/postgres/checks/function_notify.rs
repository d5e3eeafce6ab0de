//! NOTIFY reaches sessions of the same database on the same server (manual, "NOTIFY").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.function.notify",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D5"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "functions that notify listeners",
        remedy: "see that listeners connect to whichever side is written: notifications are not replicated",
    },
    include_str!("function_notify.sql"),
);
