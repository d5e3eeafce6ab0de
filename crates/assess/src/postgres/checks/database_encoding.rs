//! The encoding is fixed when a database is made; in SQL_ASCII any bytes pass for text (manual, "Character Set
//! Support").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.database.encoding",
        engines: Engine::POSTGRESQL,
        rows: &["P1"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "databases in an encoding other than UTF8",
        remedy: "make the target database in the same encoding, or convert on the way and see that every text is valid",
    },
    include_str!("database_encoding.sql"),
);
