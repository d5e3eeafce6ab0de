//! Aurora has no file system to read or write (Aurora User Guide, "Security with Amazon Aurora MySQL").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.account.file",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "accounts with FILE",
        remedy: "revoke it; let programs use LOAD DATA LOCAL, or S3",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let held = facts
        .privileges
        .known()?
        .iter()
        .filter(|held| !held.stays() && held.privilege == "FILE");
    Ok(held
        .map(|held| {
            Hit::new(
                held.grantee(),
                format!(
                    "it holds {}: it can read and write files of this machine, which Aurora has not",
                    held.privilege
                ),
            )
            .mended_by(held.revoke())
        })
        .collect())
}
