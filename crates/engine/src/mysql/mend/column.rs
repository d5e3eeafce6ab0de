//! Columns: changed, made anew, and put in order.
//!
//! Facts from the MySQL manual, "ALTER TABLE and Generated Columns": a stored column can become an ordinary one and the other way
//! round; what is virtual can only be dropped and added.

use daybreak_model::TablePart;

use super::{UNREAD, altered};
use crate::Mended;
use crate::mysql::quote;

/// Where a column's values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    Given,
    Stored,
    Virtual,
}

fn values(column: &TablePart) -> Values {
    match column.facets.get("generated") {
        None => Values::Given,
        Some(words) if words.split(' ').any(|word| word == "stored") => Values::Stored,
        Some(_) => Values::Virtual,
    }
}

/// Gives a column the form of another. Values that were given and would be computed are lost.
pub(super) fn changed(
    want: &TablePart,
    have: &TablePart,
    after: Option<&str>,
) -> Result<Mended, &'static str> {
    let (to, from) = (values(want), values(have));
    let anew = to != from && (to == Values::Virtual || from == Values::Virtual);
    let how = if anew {
        let name = quote::name(&want.name);
        format!("DROP COLUMN {name}, ADD COLUMN {}{}", want.text, place(after))
    } else {
        format!("MODIFY COLUMN {}", want.text)
    };
    Ok(Mended {
        statements: altered(want, &how),
        loses: from == Values::Given && to != Values::Given,
    })
}

/// Puts all columns of a table in this order.
pub(super) fn reordered(columns: &[&TablePart]) -> Result<Vec<String>, &'static str> {
    let first = columns.first().ok_or(UNREAD)?;
    let mut before: Option<&str> = None;
    let mut moves = Vec::with_capacity(columns.len());
    for column in columns {
        moves.push(format!("MODIFY COLUMN {}{}", column.text, place(before)));
        before = Some(&column.name);
    }
    Ok(altered(first, &moves.join(", ")))
}

/// After another column, or first.
pub(super) fn place(after: Option<&str>) -> String {
    after.map_or_else(
        || " FIRST".to_owned(),
        |after| format!(" AFTER {}", quote::name(after)),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use daybreak_model::{PartKind, TableName, TablePart};

    fn column(text: &str, generated: Option<&str>) -> TablePart {
        TablePart {
            table: TableName::new("s", "t"),
            kind: PartKind::Column,
            name: "c".to_owned(),
            definition: String::new(),
            text: text.to_owned(),
            facets: BTreeMap::from_iter(generated.map(|how| ("generated".to_owned(), how.to_owned()))),
        }
    }

    #[test]
    fn values_that_were_given_are_not_computed_away() {
        let given = column("`c` int", None);
        let stored = column("`c` int GENERATED ALWAYS AS (1) STORED", Some("as 1 stored"));
        let virtual_ = column("`c` int GENERATED ALWAYS AS (1) VIRTUAL", Some("as 1 virtual"));
        for (want, have, anew, loses) in [
            (&stored, &given, false, true),
            (&virtual_, &given, true, true),
            (&given, &stored, false, false),
            (&given, &virtual_, true, false),
            (&stored, &virtual_, true, false),
            (&virtual_, &virtual_, false, false),
        ] {
            let mended = super::changed(want, have, Some("b")).expect("statements");
            assert_eq!(mended.loses, loses, "{mended:?}");
            let sql = &mended.statements[1];
            let made_anew = sql.contains("DROP COLUMN `c`, ADD COLUMN") && sql.ends_with(" AFTER `b`");
            assert_eq!(made_anew, anew, "{sql}");
        }
    }
}
