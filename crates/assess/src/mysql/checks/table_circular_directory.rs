//! MySQL 8.0.17 refuses data files whose path has `/../` in it, and an upgrade in place stops there (MySQL Shell,
//! `circularDirectory`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.circular_directory",
        engines: Engine::MYSQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 17),
        title: "data files whose path leads back through a parent folder",
        remedy: "move the file to a path without `..`: copy the table into a new one, rename, drop the old",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let circular = facts
        .files
        .known()?
        .iter()
        .filter(|file| file.path.contains("/../"));
    Ok(circular
        .map(|file| {
            Hit::new(
                file.table(),
                format!("its file is {}, and 8.0.17 refuses `..`", file.path),
            )
        })
        .collect())
}
