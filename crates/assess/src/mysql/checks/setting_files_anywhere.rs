//! Empty, the variable lets an account with FILE read and write every file that the server may (MySQL manual, "secure_file_priv").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.files_anywhere",
        engines: Engine::MYSQL_FAMILY,
        rows: &["D3"],
        severity: Severity::Degrades,
        crossing: Crossing::Audit,
        title: "a server that reads and writes files wherever its account may",
        remedy: "name a folder in secure_file_priv, or NULL, and start the server again",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let anywhere = variables.get("secure_file_priv").is_some_and(str::is_empty);
    Ok(anywhere
        .then(|| Hit::new("secure_file_priv", "it is empty"))
        .into_iter()
        .collect())
}
