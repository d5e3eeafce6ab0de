//! Who may connect in the clear sooner or later does (MySQL manual, "Configuring MySQL to Use Encrypted Connections").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.tls_not_required",
        engines: Engine::MYSQL_FAMILY,
        rows: &["D3"],
        severity: Severity::Degrades,
        crossing: Crossing::Audit,
        title: "a server that takes connections without TLS",
        remedy: "ask for TLS once every client uses it; of single accounts with ALTER USER … REQUIRE SSL",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let on = variables
        .get("require_secure_transport")
        .is_some_and(|value| value == "ON" || value == "1");
    let hit = || {
        Hit::new("require_secure_transport", "connections in the clear are taken")
            .mended_by("SET GLOBAL require_secure_transport = ON")
    };
    Ok((!on).then(hit).into_iter().collect())
}
