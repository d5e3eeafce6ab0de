//! What these say changes what statements mean, or when they are ended (manual, "Client Connection Defaults").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.parity",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "settings of sessions that the target must have, too",
        remedy: "set the same in the cluster's parameter group, or know what differs",
    },
    include_str!("parameter_parity.sql"),
);
