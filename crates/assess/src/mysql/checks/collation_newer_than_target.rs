//! utf8mb4_0900_ai_ci and its family came with 8.0.1 (MySQL manual, "Unicode Character Sets").

use daybreak_model::{Severity, Version};

use crate::hit::Looked;
use crate::mysql::Check;
use crate::mysql::collated::of_collation;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.collation.newer_than_target",
        engines: Engine::MYSQL,
        rows: &["P1", "P2", "P3", "D4"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "collations that the target has not",
        remedy: "choose a newer target, or convert the table to utf8mb4_unicode_520_ci",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let is_such =
        |collation: &str| facts.target.community < Version::new(8, 0, 1) && collation.contains("_0900_");
    of_collation(facts, is_such)
}
