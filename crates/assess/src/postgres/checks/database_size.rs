//! An Aurora cluster's volume grows to 128 TiB, newer versions' to 256 TiB (Aurora User Guide, "Aurora storage
//! limits"). Sizes are the catalog's estimate.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.database.size",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "P5", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a server near the largest size that a cluster can have",
        remedy: "trim it, or part it between several clusters",
    },
    include_str!("database_size.sql"),
);
