//! Encryption by the server does not move: a cluster made without a KMS key would hold in the clear what is encrypted
//! here, and cannot be encrypted later (Aurora User Guide, "Encrypting Amazon Aurora resources").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.tablespace.encrypted",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "tablespaces that are encrypted on disk",
        remedy: "make the cluster encrypted with a KMS key, so that the data stay encrypted at rest",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let encrypted = facts.spaces.known()?.iter().filter(|space| space.encrypted);
    Ok(encrypted
        .map(|space| {
            Hit::new(
                format!("tablespace {}", space.name),
                "it is encrypted with a key of this server's",
            )
        })
        .collect())
}
