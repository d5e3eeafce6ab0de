//! A body with bytes that its character set has not cannot be carried as it is (Aurora prechecks
//! `auroraUpgradeCheckForSpecialCharactersInProcedures`, `auroraUpgradeCheckForInvalidUtf8mb3CharacterStringInViews`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.program.broken_text",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "views, routines, triggers and events with bytes that are no text",
        remedy: "make it again with its text in utf8mb4",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    // What our driver puts where bytes were no text; a body has no other use for either character.
    let broken = |body: &str| body.contains('\u{fffd}') || body.contains('\0');
    Ok(facts
        .programs()?
        .filter(|program| broken(&program.body))
        .map(|program| Hit::new(program.object(), "its body has bytes that are no text"))
        .collect())
}
