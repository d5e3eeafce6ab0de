//! Temporary tables, LISTEN, session-wide advisory locks and settings live in the session (manual, "CREATE TABLE",
//! "LISTEN", "Advisory Locks").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.function.session_state",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D5"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "functions that leave something behind in their session",
        remedy: "see that the application makes it anew when it connects again, as it does at the cut-over; poolers in transaction mode break it, too",
    },
    include_str!("function_session_state.sql"),
);
