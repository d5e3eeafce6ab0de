//! 8.0 refuses these modes when they are set (MySQL Shell, `obsoleteSqlModeFlags`; Aurora precheck `sqlModeFlagCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.sql_mode.obsolete",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 0, 11),
        title: "sql_mode with modes that 8.0 has not",
        remedy: "leave the mode out of the parameter group and of what clients set; a body made under it keeps its meaning",
    },
    look,
};

const OBSOLETE: [&str; 11] = [
    "DB2",
    "MAXDB",
    "MSSQL",
    "MYSQL323",
    "MYSQL40",
    "NO_AUTO_CREATE_USER",
    "NO_FIELD_OPTIONS",
    "NO_KEY_OPTIONS",
    "NO_TABLE_OPTIONS",
    "ORACLE",
    "POSTGRESQL",
];

fn look(facts: &Facts) -> Looked {
    let obsolete = |modes: &str| {
        let found: Vec<&str> = modes.split(',').filter(|mode| OBSOLETE.contains(mode)).collect();
        (!found.is_empty()).then(|| format!("sql_mode has {}", found.join(", ")))
    };
    let global = facts.variables.known()?.get("sql_mode").and_then(obsolete);
    let global = global.map(|evidence| Hit::new("sql_mode", evidence));
    let programs = facts
        .programs()?
        .filter_map(|program| Some(Hit::new(program.object(), obsolete(&program.sql_mode)?)));
    Ok(global.into_iter().chain(programs).collect())
}
