//! A SECURITY DEFINER routine runs with its owner's rights, and a view reads with its owner's (manual, "CREATE FUNCTION", "Rules and
//! Privileges"). A load makes both as the target's administrator, who may do more than a role of the application.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.owner.runs_as_ours",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "routines and views that would run with more rights on the target",
        remedy: "after the load, before applications are let in, give it back to its owner on the target; our account there has to be \
                 a member of that role",
    },
    include_str!("owner_runs_as_ours.sql"),
);
