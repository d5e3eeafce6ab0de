//! PostGIS and pgRouting are to be upgraded before the database (Aurora User Guide, "Upgrading the PostgreSQL DB
//! engine").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.extension.postgis",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "PostGIS and pgRouting, which are upgraded by their own steps",
        remedy: "bring it to a version that both servers have before the move, and after an upgrade in place update it first of all",
    },
    include_str!("extension_postgis.sql"),
);
