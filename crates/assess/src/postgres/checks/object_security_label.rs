//! Security labels belong to a provider such as sepgsql, loaded from a library (manual, "SECURITY LABEL").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.object.security_label",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "security labels",
        remedy: "do without them: a label needs its provider's library, which Aurora does not load",
    },
    include_str!("object_security_label.sql"),
);
