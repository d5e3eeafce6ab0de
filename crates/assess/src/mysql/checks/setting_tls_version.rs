//! TLS 1.0 and 1.1 went in 8.0.28, and Aurora 8.4 has 1.2 and 1.3 alone (MySQL manual, "Removal of Support for the
//! TLSv1 and TLSv1.1 Protocols"; MySQL Shell, `sysvarAllowedValues`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.tls_version",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 0, 28),
        title: "connections by TLS before 1.2",
        remedy: "let no client depend on it: look which drivers are that old",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let versions = facts.variables.known()?.get("tls_version").unwrap_or_default();
    let old = versions
        .split(',')
        .any(|version| ["TLSv1", "TLSv1.0", "TLSv1.1"].contains(&version.trim()));
    Ok(old
        .then(|| {
            Hit::new(
                "tls_version",
                format!("it is {versions}: older clients may connect here, and not there"),
            )
        })
        .into_iter()
        .collect())
}
