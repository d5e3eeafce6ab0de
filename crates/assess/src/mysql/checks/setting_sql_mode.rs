//! What is accepted, cut off, grouped or refused hangs on sql_mode (MySQL manual, "Server SQL Modes").

use std::collections::BTreeSet;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.sql_mode",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "P4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "sql_mode other than the default of the target",
        remedy: "set sql_mode in the parameter group to what it is here, without modes that are gone, and tighten it later",
    },
    look,
};

/// The default since 8.0.11.
const DEFAULT: [&str; 6] = [
    "ONLY_FULL_GROUP_BY",
    "STRICT_TRANS_TABLES",
    "NO_ZERO_IN_DATE",
    "NO_ZERO_DATE",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "NO_ENGINE_SUBSTITUTION",
];

fn look(facts: &Facts) -> Looked {
    let modes = facts.variables.known()?.get("sql_mode").unwrap_or_default();
    // It has its own check, and changes nothing but GRANT.
    let here: BTreeSet<&str> = modes
        .split(',')
        .filter(|mode| !mode.is_empty() && *mode != "NO_AUTO_CREATE_USER")
        .collect();
    let there: BTreeSet<&str> = DEFAULT.into_iter().collect();
    if here == there {
        return Ok(Vec::new());
    }
    let list = |modes: Vec<&str>| {
        if modes.is_empty() {
            "nothing".to_owned()
        } else {
            modes.join(", ")
        }
    };
    let lacks = list(there.difference(&here).copied().collect());
    let adds = list(here.difference(&there).copied().collect());
    Ok(vec![Hit::new(
        "sql_mode",
        format!("it lacks {lacks} of the default, and has {adds} beside it"),
    )])
}
