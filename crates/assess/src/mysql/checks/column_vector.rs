//! VECTOR came with MySQL 9.0 (MySQL manual, "The VECTOR Type"); no Aurora line is based on it.

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.vector",
        engines: Engine::MYSQL,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "columns of type VECTOR",
        remedy: "store it as a VARBINARY of four bytes a number, and compute distances elsewhere",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    if facts.target.community >= Version::new(9, 0, 0) {
        return Ok(Vec::new());
    }
    let vectors = facts.base_columns()?.filter(|column| column.base == "vector");
    Ok(vectors
        .map(|column| Hit::new(column.object(), format!("its type is {}", column.full)))
        .collect())
}
