//! ucs2, macroman, macce, dec8 and hp8 are deprecated since 8.0.28 (MySQL manual, "Changes in MySQL 8.0").

use daybreak_model::Severity;

use crate::hit::Looked;
use crate::mysql::Check;
use crate::mysql::collated::of_collation;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.charset.deprecated",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "P3", "D4"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 0, 28),
        title: "text in character sets that will go",
        remedy: "convert to utf8mb4",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let is_such = |collation: &str| {
        ["ucs2_", "macroman_", "macce_", "dec8_", "hp8_"]
            .iter()
            .any(|start| collation.starts_with(start))
    };
    of_collation(facts, is_such)
}
