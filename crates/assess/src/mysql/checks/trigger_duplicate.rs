//! Names of triggers do not tell capitals apart since 8.0 (Aurora precheck `getDuplicateTriggers`).

use std::collections::BTreeMap;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.trigger.duplicate",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "triggers whose names differ in capitals alone",
        remedy: "make one of them again under another name",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let mut seen = BTreeMap::new();
    let mut hits = Vec::new();
    for trigger in facts.triggers.known()? {
        let name = (trigger.schema.clone(), trigger.name.to_lowercase());
        if let Some(other) = seen.insert(name, &trigger.name) {
            hits.push(Hit::new(
                trigger.object(),
                format!("there is a trigger {other} too"),
            ));
        }
    }
    Ok(hits)
}
