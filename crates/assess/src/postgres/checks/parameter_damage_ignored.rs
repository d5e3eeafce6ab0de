//! zero_damaged_pages and ignore_checksum_failure hide damage (manual, "Developer Options").

use daybreak_model::Severity;

use crate::postgres::Check;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check::new(
    About {
        id: "postgresql.parameter.damage_ignored",
        engines: Engine::POSTGRESQL,
        rows: &["P1", "P3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "a server that overlooks damaged pages",
        remedy: "turn it off and look for the damage before it is carried over",
    },
    include_str!("parameter_damage_ignored.sql"),
);
