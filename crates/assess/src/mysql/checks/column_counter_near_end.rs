//! At the end of its type an AUTO_INCREMENT column refuses every INSERT with 1062 or 1467 (MySQL manual, "Using
//! AUTO_INCREMENT"). Two sides that count in steps get there twice as fast.

use std::collections::BTreeMap;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Column, Facts};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.column.counter_near_end",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "counters near the end of their column",
        remedy: "make the column BIGINT before the move: on Aurora it is a copy of the whole table",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let counters: BTreeMap<&TableName, u64> = facts
        .base_tables()?
        .filter_map(|table| Some((&table.name, table.counter?)))
        .collect();
    Ok(facts
        .base_columns()?
        .filter(|column| column.extra.contains("auto_increment"))
        .filter_map(|column| {
            let (next, last) = (*counters.get(&column.table)?, last(column)?);
            let percent = u128::from(next) * 100 / u128::from(last);
            (percent >= 80).then(|| {
                let evidence = format!(
                    "{percent}% of {} is used: the next value is {next} of {last}",
                    column.full
                );
                let hit = Hit::new(column.object(), evidence)
                    .mended_by(column.modify("BIGINT UNSIGNED AUTO_INCREMENT"));
                // The move itself may take the last values.
                if percent >= 99 {
                    hit.weighing(Severity::Blocks)
                } else {
                    hit
                }
            })
        })
        .collect())
}

/// The last value of a type.
fn last(column: &Column) -> Option<u64> {
    let bits = match column.base.as_str() {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" => 32,
        "bigint" => 64,
        _ => return None,
    };
    Some(u64::MAX >> (64 - bits + u32::from(!column.has("unsigned"))))
}
