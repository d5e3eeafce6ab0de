//! The attribute REPLICATION is not given on Aurora; the role rds_replication stands for it (Aurora User Guide,
//! "Logical replication").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.role.replication",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3", "D4"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "roles that may replicate",
        remedy: "make it a member of rds_replication on Aurora",
    },
    include_str!("role_replication.sql"),
);
