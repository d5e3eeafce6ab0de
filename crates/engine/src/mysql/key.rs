//! Key values and ranges as conditions that an index can serve.

use daybreak_model::{Column, Flavor, KeyBound, KeyPart, KeyRange, RowRange, Table};
use mysql_async::{Row, Value};

use super::column::{Kind, kind};
use super::quote;

/// A table's key columns, in key order; empty without a key.
pub(crate) fn columns(table: &Table) -> Vec<&Column> {
    let key = table.key.iter().flat_map(|key| &key.columns);
    key.filter_map(|part| table.columns.iter().find(|column| column.name == part.name))
        .collect()
}

/// The expressions that read a key value for [`bound`].
pub(crate) fn expressions(table: &Table) -> Vec<String> {
    let read = |column: &&Column| {
        let name = quote::name(&column.name);
        match kind(column) {
            Kind::Enum | Kind::Set | Kind::Bit => format!("{name} + 0"),
            Kind::Float => format!("{name} * 1e0"),
            _ => name,
        }
    };
    columns(table).iter().map(read).collect()
}

/// `ORDER BY` list in key order.
pub(crate) fn order(table: &Table) -> String {
    let names: Vec<_> = columns(table)
        .iter()
        .map(|column| quote::name(&column.name))
        .collect();
    names.join(", ")
}

/// The key value in a row's leading fields; `None` when a field is not as a key's can be.
pub(crate) fn bound(table: &Table, row: &Row) -> Option<KeyBound> {
    let columns = columns(table);
    let parts = columns
        .iter()
        .enumerate()
        .map(|(index, column)| part(column, row.as_ref(index)?));
    parts.collect::<Option<Vec<_>>>().map(KeyBound)
}

fn part(column: &Column, value: &Value) -> Option<KeyPart> {
    let Value::Bytes(bytes) = value else { return None };
    match kind(column) {
        Kind::Integer | Kind::Enum | Kind::Set | Kind::Bit => std::str::from_utf8(bytes)
            .ok()?
            .parse()
            .ok()
            .map(KeyPart::Integer),
        Kind::Text | Kind::Binary | Kind::Large | Kind::Json | Kind::Geometry => {
            Some(KeyPart::Bytes(bytes.clone()))
        }
        Kind::Decimal | Kind::Float | Kind::Temporal => {
            String::from_utf8(bytes.clone()).ok().map(KeyPart::Text)
        }
    }
}

/// A key part as a literal that compares in the column's own collation. Nothing but digits goes in unquoted.
fn literal(column: &Column, part: &KeyPart, flavor: &Flavor) -> String {
    match part {
        KeyPart::Integer(value) => value.to_string(),
        KeyPart::Text(text) if is_number(text) && kind(column) != Kind::Temporal => text.clone(),
        KeyPart::Text(text) => quote::text(text),
        KeyPart::Bytes(bytes) => match column.charset.as_deref() {
            Some("utf8" | "utf8mb3") => format!("_{} {}", flavor.utf8mb3(), quote::bytes(bytes)),
            Some(charset) if charset.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                format!("_{charset} {}", quote::bytes(bytes))
            }
            _ => quote::bytes(bytes),
        },
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
        && text.parse::<f64>().is_ok()
}

/// The condition that holds for the range's rows and no others; `None` for all rows.
pub(crate) fn condition(table: &Table, range: &RowRange, flavor: &Flavor) -> Option<String> {
    let RowRange::Keys(KeyRange { after, up_to }) = range else {
        return None;
    };
    let lower = after.as_ref().map(|bound| beyond(table, bound, flavor, '>', ">"));
    let upper = up_to
        .as_ref()
        .map(|bound| beyond(table, bound, flavor, '<', "<="));
    let conditions: Vec<_> = lower.into_iter().chain(upper).collect();
    (!conditions.is_empty()).then(|| conditions.join(" AND "))
}

/// `WHERE …`, or nothing for all rows.
pub(crate) fn filter(table: &Table, range: &RowRange, flavor: &Flavor) -> String {
    condition(table, range, flavor).map_or_else(String::new, |condition| format!(" WHERE {condition}"))
}

/// Keys on one side of a bound, in a form whose first term an index can serve:
/// `a >= 1 AND (a > 1 OR (a = 1 AND b > 2))`.
fn beyond(table: &Table, bound: &KeyBound, flavor: &Flavor, strict: char, last: &str) -> String {
    let columns = columns(table);
    let terms: Vec<(String, String)> = columns
        .iter()
        .zip(&bound.0)
        .map(|(column, part)| (quote::name(&column.name), literal(column, part, flavor)))
        .collect();
    let Some(((name, value), rest)) = terms.split_last() else {
        return "TRUE".to_owned();
    };
    let mut condition = format!("{name} {last} {value}");
    for (name, value) in rest.iter().rev() {
        condition = format!("({name} {strict} {value} OR ({name} = {value} AND {condition}))");
    }
    match terms.first() {
        Some((name, value)) if terms.len() > 1 => format!("{name} {strict}= {value} AND {condition}"),
        _ => condition,
    }
}

/// The row with exactly this key.
pub(crate) fn equals(table: &Table, bound: &KeyBound, flavor: &Flavor) -> String {
    let terms = columns(table).into_iter().zip(&bound.0);
    terms
        .map(|(column, part)| {
            format!(
                "{} = {}",
                quote::name(&column.name),
                literal(column, part, flavor)
            )
        })
        .collect::<Vec<_>>()
        .join(" AND ")
}

/// The rows with one of these keys.
pub(crate) fn among(table: &Table, keys: &[&KeyBound], flavor: &Flavor) -> String {
    if let [column] = columns(table).as_slice() {
        let values = keys.iter().flat_map(|bound| &bound.0);
        let values: Vec<String> = values.map(|part| literal(column, part, flavor)).collect();
        return format!("{} IN ({})", quote::name(&column.name), values.join(", "));
    }
    let rows: Vec<String> = keys
        .iter()
        .map(|bound| format!("({})", equals(table, bound, flavor)))
        .collect();
    format!("({})", rows.join(" OR "))
}

#[cfg(test)]
mod tests {
    use daybreak_model::{
        Column, Flavor, Hosting, KeyBound, KeyColumn, KeyPart, KeyRange, Product, RowKey, RowRange, Table,
        TableName, Version,
    };

    fn table(types: &[(&str, &str, Option<&str>)]) -> Table {
        Table {
            name: TableName::new("s", "t"),
            columns: types
                .iter()
                .map(|(name, base, charset)| Column {
                    name: (*name).to_owned(),
                    base_type: (*base).to_owned(),
                    full_type: (*base).to_owned(),
                    charset: charset.map(str::to_owned),
                    nullable: false,
                    generated: false,
                })
                .collect(),
            key: Some(RowKey {
                index: "PRIMARY".to_owned(),
                columns: types
                    .iter()
                    .map(|(name, base, _)| KeyColumn {
                        name: (*name).to_owned(),
                        integer: *base == "int",
                    })
                    .collect(),
            }),
            estimated_rows: 0,
            estimated_bytes: 0,
        }
    }

    fn flavor() -> Flavor {
        Flavor {
            product: Product::Mysql,
            version: Version::new(9, 7, 4),
            hosting: Hosting::SelfManaged,
        }
    }

    #[test]
    fn conditions_lead_with_what_an_index_serves() {
        let table = table(&[("a", "int", None), ("b", "varchar", Some("latin1"))]);
        let bound = |a, b: &[u8]| Some(KeyBound(vec![KeyPart::Integer(a), KeyPart::Bytes(b.to_vec())]));
        let range = RowRange::Keys(KeyRange {
            after: bound(1, b"x"),
            up_to: bound(5, b"'"),
        });
        assert_eq!(
            super::condition(&table, &range, &flavor()).as_deref(),
            Some(
                "`a` >= 1 AND (`a` > 1 OR (`a` = 1 AND `b` > _latin1 x'78')) \
                 AND `a` <= 5 AND (`a` < 5 OR (`a` = 5 AND `b` <= _latin1 x'27'))"
            )
        );
        assert_eq!(super::condition(&table, &RowRange::Whole, &flavor()), None);
    }

    #[test]
    fn only_numbers_stand_unquoted() {
        let table = table(&[("d", "decimal", None)]);
        for (text, expected) in [("-12.50", "`d` = -12.50"), ("1 OR 1", "`d` = '1 OR 1'")] {
            let bound = KeyBound(vec![KeyPart::Text(text.to_owned())]);
            assert_eq!(super::equals(&table, &bound, &flavor()), expected);
        }
    }
}
