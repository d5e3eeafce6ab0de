//! An element has 255 characters or 1,020 bytes at most since 8.0 (MySQL Shell, `enumSetElementLength`; Aurora precheck
//! `enumSetElementLengthCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::words::words;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.element_length",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "ENUM and SET elements that are too long",
        remedy: "shorten the element to 255 characters and change the rows that hold it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let sets = facts
        .base_columns()?
        .filter(|column| ["enum", "set"].contains(&column.base.as_str()));
    Ok(sets
        .filter_map(|column| {
            let longest = words(&column.full)
                .iter()
                .filter(|word| word.kind == crate::mysql::words::Kind::Text)
                .map(|word| word.text.chars().count())
                .max()?;
            (longest > 255).then(|| {
                Hit::new(
                    column.object(),
                    format!("its longest element has {longest} characters, and 255 may be"),
                )
            })
        })
        .collect())
}
