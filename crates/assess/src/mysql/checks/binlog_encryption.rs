//! Encryption of the files does not reach a reader of the log (MySQL manual, "Encrypting Binary Log Files and Relay Log
//! Files").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.binlog.encryption",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3", "D4"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "a binary log that is encrypted on disk",
        remedy: "nothing: it goes over the network in the clear or by TLS, as any other; use TLS",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let names = ["binlog_encryption", "encrypt_binlog"];
    Ok(names
        .into_iter()
        .filter(|name| variables.is_on(name))
        .map(|name| {
            Hit::new(
                name,
                "it is ON: the files are encrypted, what goes over the network is not",
            )
        })
        .collect())
}
