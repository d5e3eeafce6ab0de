//! A logical slot belongs to one server and is not carried over (manual, "Logical Decoding Concepts").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.replication.logical_slots",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4", "F8"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "logical replication slots of others",
        remedy: "plan the same for whoever reads it: the slot stays behind, and has to be made on the target at the cut-over; an upgrade in place wants all of them dropped",
    },
    include_str!("replication_logical_slots.sql"),
);
