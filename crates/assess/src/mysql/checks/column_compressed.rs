//! MariaDB and Percona Server compress single columns; MySQL and Aurora do not (MariaDB documentation, "Storage-Engine
//! Independent Column Compression"; Percona Server documentation, "Compressed columns with dictionaries").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.compressed",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "compressed columns",
        remedy: "make the column one without compression; it will take more room",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let compressed = facts.base_columns()?.filter(|column| {
        column.full.to_uppercase().contains("COMPRESSED")
            || column.extra.to_uppercase().contains("COMPRESSED")
    });
    Ok(compressed
        .map(|column| {
            let plain = column.full.split("/*").next().unwrap_or_default().trim();
            Hit::new(column.object(), format!("its type is {}", column.full)).mended_by(column.modify(plain))
        })
        .collect())
}
