//! With lower_case_table_names = 1 they would be one table; a cluster keeps the value it was made with (Aurora User
//! Guide, "Aurora MySQL parameters").

use std::collections::BTreeMap;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Facts, Table};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.name.only_case_differs",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "tables whose names differ in capitals alone",
        remedy: "make the cluster with lower_case_table_names = 0, or give one of them another name",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let mut seen: BTreeMap<String, &Table> = BTreeMap::new();
    let mut hits = Vec::new();
    for table in facts.tables.known()? {
        if let Some(other) = seen.insert(table.name.to_string().to_lowercase(), table) {
            hits.push(Hit::new(
                table.name.to_string(),
                format!("{} is another table here", other.name),
            ));
        }
    }
    Ok(hits)
}
