//! With foreign_key_checks off, rows without a parent come in unseen; Aurora wants it on again after a load (Aurora
//! User Guide, "Best practices with Amazon Aurora MySQL").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.checks_off",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P3"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "foreign keys or unique keys that nobody checks",
        remedy: "switch it on for everybody; let loads switch it off in their own sessions",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let off = ["foreign_key_checks", "unique_checks"]
        .into_iter()
        .filter(|name| variables.is_off(name));
    Ok(off
        .map(|name| {
            Hit::new(name, "it is OFF for every new session").mended_by(format!("SET GLOBAL {name} = ON"))
        })
        .collect())
}
