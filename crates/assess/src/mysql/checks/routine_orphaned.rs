//! 8.0 cannot keep a routine without its database, and an upgrade in place stops at it (MySQL Shell, `orphanedObjects`;
//! Aurora precheck `mysqlOrphanedRoutinesCheck`).

use std::collections::BTreeSet;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.routine.orphaned",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "routines and events of databases that are gone",
        remedy: "make the database, drop the routine, and drop the database again",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let there: BTreeSet<&str> = facts
        .schemas
        .known()?
        .iter()
        .map(|schema| schema.name.as_str())
        .collect();
    let programs = facts.routines.known()?.iter().chain(facts.events.known()?);
    let orphans = programs.filter(|program| !there.contains(program.schema.as_str()));
    Ok(orphans
        .map(|program| {
            Hit::new(
                program.object(),
                format!("there is no database {}", program.schema),
            )
        })
        .collect())
}
