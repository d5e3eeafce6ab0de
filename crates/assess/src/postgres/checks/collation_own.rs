//! A collation is made of a library's rules (manual, "Collation Support"), and Aurora has its own builds of those
//! libraries.

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.collation.own",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D4"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "collations of one's own",
        remedy: "see that the target sorts by them as the source does: the versions of the libraries behind them differ",
    },
    include_str!("collation_own.sql"),
);
