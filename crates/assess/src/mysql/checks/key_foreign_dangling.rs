//! Such a key was made, or its parent dropped, with foreign_key_checks off. A load that checks it fails, and every
//! write to the child fails with 1452 (MySQL manual, "FOREIGN KEY Constraints").

use std::collections::BTreeSet;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.key.foreign_dangling",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "foreign keys to a table that is not there",
        remedy: "drop the key, or make the parent again",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let there: BTreeSet<String> = facts
        .tables
        .known()?
        .iter()
        .map(|table| table.name.to_string().to_lowercase())
        .collect();
    let dangling = facts
        .foreign_keys
        .known()?
        .iter()
        .filter(|key| !there.contains(&key.parent.to_string().to_lowercase()));
    Ok(dangling
        .map(|key| {
            let statement = format!(
                "ALTER TABLE {} DROP FOREIGN KEY {}",
                quote::object(&key.table.schema, &key.table.name),
                quote::name(&key.name)
            );
            Hit::new(key.object(), format!("its parent {} does not exist", key.parent)).mended_by(statement)
        })
        .collect())
}
