//! Since 8.0.13 a partition lies in a file of its own (MySQL Shell, `partitionedTablesInSharedTablespaces`; Aurora
//! precheck `partitionedTablesInSharedTablespaceCheck`).

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.partition.shared_tablespace",
        engines: Engine::MYSQL,
        rows: &["P1"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 13),
        title: "partitions in a tablespace that they share",
        remedy: "move the partitions into files of their own",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let shared = facts
        .stored
        .known()?
        .iter()
        .filter(|stored| stored.space == 0 || stored.space_kind == "General");
    let tables: BTreeSet<TableName> = shared.filter_map(|stored| stored.partitioned()).collect();
    Ok(tables
        .into_iter()
        .map(|table| {
            let statement = format!("ALTER TABLE {} FORCE", quote::object(&table.schema, &table.name));
            Hit::new(
                table.to_string(),
                "its partitions lie in a tablespace with others",
            )
            .mended_by(statement)
        })
        .collect())
}
