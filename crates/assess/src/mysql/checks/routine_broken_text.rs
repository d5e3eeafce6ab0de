//! A body with bytes that its character set has not cannot be carried as it is (Aurora precheck
//! `auroraUpgradeCheckForSpecialCharactersInProcedures`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.routine.broken_text",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "routines with bytes that are no text",
        remedy: "make it again with its text in utf8mb4",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    Ok(facts
        .garbled
        .known()?
        .iter()
        .map(|object| Hit::new(object.clone(), "its body has bytes that are no text"))
        .collect())
}
