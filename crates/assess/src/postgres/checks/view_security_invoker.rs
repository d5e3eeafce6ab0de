//! security_invoker is there since PostgreSQL 15 (release notes); other views read with their owner's rights (manual,
//! "CREATE VIEW").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.view.security_invoker",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "views that read as whoever reads them",
        remedy: "see that each reader has the rights on the tables behind the view on the target, too; lines before 15 know no such view",
    },
    include_str!("view_security_invoker.sql"),
);
