//! The values are object ids, which differ on every server; pg_upgrade, and so Aurora's upgrade in place, refuses them
//! but for regclass, regrole and regtype (manual, "pg_upgrade").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.column.reg_type",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "columns that hold the object ids of functions, operators and the like",
        remedy: "keep the name as text instead: Aurora refuses to upgrade a cluster in place that has such a column",
    },
    include_str!("column_reg_type.sql"),
);
