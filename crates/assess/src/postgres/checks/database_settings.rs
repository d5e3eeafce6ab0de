//! Sessions begin with what ALTER DATABASE … SET and ALTER ROLE … SET say (manual, "ALTER ROLE").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.database.settings",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::Always,
        title: "settings of databases and roles",
        remedy: "see that the target has them, too; those that only a superuser may set go into the parameter group",
    },
    include_str!("database_settings.sql"),
);
