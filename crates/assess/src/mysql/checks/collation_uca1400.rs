//! MySQL has no collations of Unicode 14; they are the default since MariaDB 11.6 (MariaDB documentation, "Supported
//! Character Sets and Collations").

use daybreak_model::Severity;

use crate::hit::Looked;
use crate::mysql::Check;
use crate::mysql::collated::of_collation;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.collation.uca1400",
        engines: Engine::MARIADB,
        rows: &["P1", "P2", "P3", "D4"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "collations of UCA 14.0.0",
        remedy: "convert the table to utf8mb4_0900_ai_ci or utf8mb4_unicode_520_ci, and look for keys that are equal then",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let is_such = |collation: &str| collation.contains("uca1400");
    of_collation(facts, is_such)
}
