//! 8.0 has no prefix index over a spatial column (Aurora precheck `auroraUpgradeCheckForPrefixIndexOnGeometryColumns`).

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Facts, Index};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.index.geometry_prefix",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "indexes over the first bytes of a spatial column",
        remedy: "drop the index, and make a SPATIAL one where it is needed",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let spatial = facts.base_columns()?.filter(|column| column.is_spatial());
    let spatial: BTreeSet<(&TableName, &str)> = spatial
        .map(|column| (&column.table, column.name.as_str()))
        .collect();
    let is_spatial = |index: &Index, name: &str| spatial.contains(&(&index.table, name));
    let found = facts.indexes.known()?.iter().filter(|index| {
        let prefixed = index
            .parts
            .iter()
            .filter(|part| part.prefix.is_some())
            .filter_map(|part| part.column.as_deref());
        index.kind != "SPATIAL" && prefixed.into_iter().any(|name| is_spatial(index, name))
    });
    Ok(found
        .map(|index| {
            Hit::new(index.object(), "it holds the first bytes of a spatial column")
                .mended_by(format!("DROP INDEX {}", index.on_table()))
        })
        .collect())
}
