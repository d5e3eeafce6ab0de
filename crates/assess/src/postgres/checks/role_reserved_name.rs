//! rdsadmin and the roles that begin with rds are Amazon's on every cluster (Aurora User Guide, "Understanding
//! PostgreSQL roles and permissions").

use daybreak_engine::TextRow;
use daybreak_model::Severity;

use crate::hit::Hit;
use crate::postgres::{Check, Subject, rows_are_hits};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.role.reserved_name",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "roles whose name Aurora keeps for itself",
        remedy: "rename it before the move",
    },
    include_str!("role_reserved_name.sql"),
)
.judged_by(judge);

/// On Amazon's servers those roles are Amazon's.
fn judge(subject: &Subject<'_>, rows: Vec<TextRow>) -> Vec<Hit> {
    if subject.flavor.is_managed() {
        return Vec::new();
    }
    rows_are_hits(subject, rows)
}
