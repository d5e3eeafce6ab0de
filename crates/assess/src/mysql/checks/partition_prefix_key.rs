//! 8.4 refuses PARTITION BY KEY over a prefix, which earlier versions left out of the key without a word (MySQL manual,
//! "Restrictions and Limitations on Partitioning"; MySQL Shell and Aurora precheck, `partitionsWithPrefixKeys`).

use std::collections::BTreeSet;

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::words::words;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.partition.prefix_key",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 4, 0),
        title: "partitions by a key that holds only the beginning of a column",
        remedy: "part the table by whole columns",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let mut hits = Vec::new();
    let mut seen = BTreeSet::new();
    let indexes = facts.indexes.known()?;
    for partition in facts
        .partitions
        .known()?
        .iter()
        .filter(|partition| partition.method.contains("KEY"))
    {
        if !seen.insert(&partition.table) {
            continue;
        }
        // An empty list means the primary key.
        let named: Vec<&str> = words(&partition.expression)
            .iter()
            .filter(|word| !word.is(","))
            .map(|word| word.text)
            .collect();
        let primary = indexes
            .iter()
            .filter(|index| index.table == partition.table && index.name == "PRIMARY");
        let short = primary
            .flat_map(|index| &index.parts)
            .filter(|part| part.prefix.is_some())
            .filter_map(|part| part.column.as_deref());
        for column in short.filter(|column| named.is_empty() || named.contains(column)) {
            hits.push(Hit::new(
                partition.table.to_string(),
                format!(
                    "PARTITION BY {} over the beginning of `{column}`",
                    partition.method
                ),
            ));
        }
    }
    Ok(hits)
}
