//! NOPAD collations and some national ones are MariaDB's own (MariaDB documentation, "Supported Character Sets and
//! Collations").

use daybreak_model::Severity;

use crate::hit::Looked;
use crate::mysql::Check;
use crate::mysql::collated::of_collation;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.collation.maria_db",
        engines: Engine::MARIADB,
        rows: &["P1", "P2", "P3", "D4"],
        severity: Severity::Blocks,
        crossing: Crossing::FromMariaDb,
        title: "collations that MySQL has not",
        remedy: "convert the table to a collation that MySQL has, and look for keys that are equal then",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let is_such = |collation: &str| {
        collation.contains("nopad")
            || collation.contains("_thai_520_w2")
            || collation.contains("croatian_mysql561")
            || collation.contains("_myanmar_")
    };
    of_collation(facts, is_such)
}
