//! Aurora encrypts a whole cluster with a key of KMS when it is made, and has no keyring (Aurora User Guide,
//! "Encrypting Amazon Aurora resources").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.encrypted",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "tables that the server encrypts with its own keyring",
        remedy: "make the cluster encrypted with a KMS key, and leave the option out there",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    Ok(facts
        .base_tables()?
        .filter_map(|table| {
            let options = table.options.to_lowercase().replace(['"', '\'', '`'], "");
            let off = if facts.is_maria_db() {
                "ENCRYPTED = NO"
            } else {
                "ENCRYPTION = 'N'"
            };
            (options.contains("encryption=y") || options.contains("encrypted=yes")).then(|| {
                Hit::new(table.name.to_string(), "it is made to be encrypted by the server")
                    .mended_by(table.alter(off))
            })
        })
        .collect())
}
