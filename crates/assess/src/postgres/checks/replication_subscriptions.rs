//! A subscription's rows are written by its apply process, on the server that subscribes (manual, "Subscription").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.subscriptions",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "subscriptions to other servers",
        remedy: "move it to the target at the cut-over: until then its rows arrive here, and are passed on from here",
    },
    include_str!("replication_subscriptions.sql"),
);
