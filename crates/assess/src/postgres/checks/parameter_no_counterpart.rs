//! Aurora's parameter groups leave out what belongs to the machine and its files (Aurora User Guide, "Aurora PostgreSQL
//! parameters").

use daybreak_model::Severity;

use crate::postgres::{Check, Need};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.no_counterpart",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "settings that Aurora does not have",
        remedy: "do without it: it is Amazon's to set there, or has no meaning on its storage",
    },
    include_str!("parameter_no_counterpart.sql"),
)
.needing(&[Need::Settings]);
