//! Row security hides rows from whoever it applies to. A superuser is never bound by it; Aurora's administrator is no
//! superuser (manual, "Row Security Policies").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.table.row_security",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "tables with row security",
        remedy: "use an account with BYPASSRLS on both sides; see that every role that the policies name exists on Aurora, where no account is a superuser to whom they do not apply",
    },
    include_str!("table_row_security.sql"),
);
