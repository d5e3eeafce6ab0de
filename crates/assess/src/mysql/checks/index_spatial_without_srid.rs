//! Since 8.0 the optimizer uses a spatial index only where the column has an SRID, which no column of 5.x or MariaDB
//! has (MySQL manual, "Creating Spatial Indexes"; MySQL Shell, `spatialIndex`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.index.spatial_without_srid",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P4"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 0, 11),
        title: "spatial indexes over columns without a reference system",
        remedy: "give the column an SRID once the data are on Aurora: ALTER TABLE … MODIFY … SRID 0",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let spatial = facts
        .indexes
        .known()?
        .iter()
        .filter(|index| index.kind == "SPATIAL");
    let columns = facts.columns.known()?;
    let without = spatial.filter(|index| {
        index.columns().any(|name| {
            columns
                .iter()
                .any(|column| column.table == index.table && column.name == name && column.srid.is_none())
        })
    });
    Ok(without
        .map(|index| {
            Hit::new(
                index.object(),
                "a query will read the whole table instead of this index: its column has no SRID",
            )
        })
        .collect())
}
