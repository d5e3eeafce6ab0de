//! Rows and passwords would go to Aurora in the clear; accounts of caching_sha2_password cannot log in at all that way
//! (MySQL manual, "Using Encrypted Connections").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.tls_off",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a server without TLS",
        remedy: "give the server a certificate, or carry the link through a tunnel",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let off = match variables.get("have_ssl") {
        Some(value) => value != "YES",
        // 8.4 has no such variable, and says it by the certificate.
        None => variables.get("ssl_cert").is_none_or(str::is_empty),
    };
    Ok(off
        .then(|| Hit::new("have_ssl", "the server offers no TLS"))
        .into_iter()
        .collect())
}
