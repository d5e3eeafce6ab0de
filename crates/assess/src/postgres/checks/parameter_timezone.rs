//! Text that names no time zone is read in the session's (manual, "TimeZone"); Aurora's default is UTC.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.timezone",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "a time zone other than UTC",
        remedy: "set timezone in the cluster's parameter group: a new cluster has UTC, and so has one restored from a snapshot",
    },
    include_str!("parameter_timezone.sql"),
);
