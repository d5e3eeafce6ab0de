//! 8.0 has no prefix index over a spatial column (Aurora precheck `auroraUpgradeCheckForPrefixIndexOnGeometryColumns`).

use daybreak_model::Severity;

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
    let columns = facts.columns.known()?;
    let is_spatial = |index: &Index, name: &str| {
        columns
            .iter()
            .any(|column| column.table == index.table && column.name == name && column.is_spatial())
    };
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
