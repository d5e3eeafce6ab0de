//! utf8mb3 is deprecated (MySQL manual, "The utf8mb3 Character Set"; MySQL Shell, `utf8mb3`; Aurora precheck
//! `utf8mb3Check`).

use daybreak_model::Severity;

use crate::hit::Looked;
use crate::mysql::Check;
use crate::mysql::collated::of_collation;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.charset.utf8mb3",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "P3", "D4"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 0, 11),
        title: "text in utf8mb3",
        remedy: "convert to utf8mb4 when there is time for it: utf8mb3 will go, and holds no emoji",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let is_such = |collation: &str| collation.starts_with("utf8_") || collation.starts_with("utf8mb3_");
    of_collation(facts, is_such)
}
