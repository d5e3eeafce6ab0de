//! With synchronous_commit off a commit returns before it is safe (manual).

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.asynchronous_commit",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "commits that do not wait for the disk",
        remedy: "set the same in the parameter group if the application counts on the speed: on Aurora each commit waits for the storage",
    },
    include_str!("parameter_asynchronous_commit.sql"),
);
