//! Comments are read as utf8mb3 by the upgrade to 8.0, which stops at bytes that are none (Aurora prechecks
//! `auroraUpgradeCheckForInvalidUtf8mb3ColumnComments`, `…IndexComments`, `…TableComments`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.comment.broken",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "comments with bytes that are no text",
        remedy: "write the comment anew",
    },
    look,
};

/// What our driver puts where bytes were no text.
const BROKEN: char = '\u{fffd}';

fn look(facts: &Facts) -> Looked {
    let evidence = "its comment has bytes that are no text";
    let tables = facts
        .base_tables()?
        .filter(|table| table.comment.contains(BROKEN));
    let tables =
        tables.map(|table| Hit::new(table.name.to_string(), evidence).mended_by(table.alter("COMMENT = ''")));
    let columns = facts
        .base_columns()?
        .filter(|column| column.comment.contains(BROKEN));
    let columns = columns.map(|column| Hit::new(column.object(), evidence));
    let indexes = facts
        .indexes
        .known()?
        .iter()
        .filter(|index| index.comment.contains(BROKEN));
    let indexes = indexes.map(|index| Hit::new(index.object(), evidence));
    Ok(tables.chain(columns).chain(indexes).collect())
}
