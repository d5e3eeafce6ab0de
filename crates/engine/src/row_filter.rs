//! Row filters as conditions. What differs between the families is how names and texts are quoted.

use daybreak_model::{ForeignKey, KeyPart, RowFilter, TableName};

/// How one family quotes.
pub(crate) struct Quoting {
    pub(crate) name: fn(&str) -> String,
    pub(crate) table: fn(&TableName) -> String,
    pub(crate) text: fn(&str) -> String,
    /// Whether a row that refers to itself can be deleted: InnoDB refuses it (1451) like any that is referred to.
    pub(crate) own_row_is_free: bool,
}

/// The condition that is true for the rows of `table` that the filter means, and for no others.
pub(crate) fn condition(filter: &RowFilter, table: &TableName, quoting: &Quoting) -> String {
    let column =
        |table: &TableName, name: &str| format!("{}.{}", (quoting.table)(table), (quoting.name)(name));
    let all = |filters: &[RowFilter], between: &str, none: &str| {
        if filters.is_empty() {
            return none.to_owned();
        }
        let conditions = filters.iter().map(|filter| condition(filter, table, quoting));
        format!("({})", conditions.collect::<Vec<_>>().join(between))
    };
    match filter {
        RowFilter::True(expression) => format!("({expression}) IS TRUE"),
        RowFilter::False(expression) => format!("({expression}) IS FALSE"),
        RowFilter::Before { column: name, value } => {
            let value = match value {
                KeyPart::Integer(number) => number.to_string(),
                KeyPart::Text(text) => (quoting.text)(text),
                // No moment is bytes.
                KeyPart::Bytes(_) => "NULL".to_owned(),
            };
            format!("{} < {value}", column(table, name))
        }
        RowFilter::Refers { key, to } => exists(&key.parent, key, to, quoting),
        RowFilter::Referred { key, by } => exists(&key.child, key, by, quoting),
        RowFilter::Not(filter) => format!("NOT ({})", condition(filter, table, quoting)),
        RowFilter::Unreferred(keys) => {
            let free: Vec<String> = keys
                .iter()
                .map(|key| format!("NOT ({})", is_referred_to(key, quoting)))
                .collect();
            if free.is_empty() {
                return "TRUE".to_owned();
            }
            format!("({})", free.join(" AND "))
        }
        RowFilter::All(filters) => all(filters, " AND ", "TRUE"),
        RowFilter::Any(filters) => all(filters, " OR ", "FALSE"),
    }
}

/// Whether one end of a foreign key has such rows for a row of the other. `IS TRUE` keeps planners from making a join of it, which would go
/// through both tables for every few rows that are looked at.
fn exists(end: &TableName, key: &ForeignKey, filter: &RowFilter, quoting: &Quoting) -> String {
    let column =
        |table: &TableName, name: &str| format!("{}.{}", (quoting.table)(table), (quoting.name)(name));
    let pairs = key.child_columns.iter().zip(&key.parent_columns);
    let equal: Vec<String> = pairs
        .map(|(child, parent)| format!("{} = {}", column(&key.parent, parent), column(&key.child, child)))
        .collect();
    format!(
        "(EXISTS (SELECT 1 FROM {} WHERE {} AND {})) IS TRUE",
        (quoting.table)(end),
        equal.join(" AND "),
        condition(filter, end, quoting)
    )
}

/// The condition that is true for rows of the parent that another row refers to, of the child.
pub(crate) fn is_referred_to(key: &ForeignKey, quoting: &Quoting) -> String {
    // Of a table that refers to itself, the rows that refer have another name.
    let child = (quoting.name)("referring");
    let of_parent = |name: &String| format!("{}.{}", (quoting.table)(&key.parent), (quoting.name)(name));
    let of_child = |name: &String| format!("{child}.{}", (quoting.name)(name));
    let pairs = key.child_columns.iter().zip(&key.parent_columns);
    let mut equal: Vec<String> = pairs
        .map(|(own, parent)| format!("{} = {}", of_child(own), of_parent(parent)))
        .collect();
    if key.child == key.parent && quoting.own_row_is_free {
        // A row that refers to itself holds nothing but itself.
        let same = key.parent_columns.iter();
        let same: Vec<String> = same
            .map(|name| format!("{} = {}", of_child(name), of_parent(name)))
            .collect();
        equal.push(format!("NOT ({})", same.join(" AND ")));
    }
    format!(
        "(EXISTS (SELECT 1 FROM {} AS {child} WHERE {})) IS TRUE",
        (quoting.table)(&key.child),
        equal.join(" AND ")
    )
}

#[cfg(test)]
mod tests {
    use daybreak_model::{ForeignKey, KeyPart, RowFilter, TableName};

    use super::{Quoting, condition, is_referred_to};

    const QUOTING: Quoting = Quoting {
        name: |name| format!("\"{name}\""),
        table: |table| format!("\"{}\".\"{}\"", table.schema, table.name),
        text: |text| format!("'{text}'"),
        own_row_is_free: true,
    };

    fn key() -> ForeignKey {
        ForeignKey {
            name: "lines_order".to_owned(),
            child: TableName::new("s", "lines"),
            child_columns: vec!["region".to_owned(), "order_id".to_owned()],
            parent: TableName::new("s", "orders"),
            parent_columns: vec!["region".to_owned(), "id".to_owned()],
            on_delete: "CASCADE".to_owned(),
        }
    }

    #[test]
    fn a_child_is_meant_by_what_is_meant_of_its_parent() {
        let old = RowFilter::All(vec![
            RowFilter::Before {
                column: "made".to_owned(),
                value: KeyPart::Text("2025-01-01".to_owned()),
            },
            RowFilter::False("hold = 1".to_owned()),
        ]);
        let filter = RowFilter::Any(vec![RowFilter::Refers {
            key: key(),
            to: Box::new(old),
        }]);
        assert_eq!(
            condition(&filter, &TableName::new("s", "lines"), &QUOTING),
            "((EXISTS (SELECT 1 FROM \"s\".\"orders\" WHERE \"s\".\"orders\".\"region\" = \"s\".\"lines\".\"region\" \
             AND \"s\".\"orders\".\"id\" = \"s\".\"lines\".\"order_id\" \
             AND (\"s\".\"orders\".\"made\" < '2025-01-01' AND (hold = 1) IS FALSE))) IS TRUE)"
        );
        assert_eq!(
            condition(&RowFilter::All(Vec::new()), &key().parent, &QUOTING),
            "TRUE"
        );
        assert_eq!(
            condition(&RowFilter::Any(Vec::new()), &key().parent, &QUOTING),
            "FALSE"
        );
    }

    #[test]
    fn a_row_that_refers_to_itself_is_held_by_no_other() {
        let table = TableName::new("s", "orders");
        let own = ForeignKey {
            child: table.clone(),
            child_columns: vec!["parent".to_owned()],
            parent_columns: vec!["id".to_owned()],
            ..key()
        };
        assert_eq!(
            condition(&RowFilter::Unreferred(vec![own]), &table, &QUOTING),
            "(NOT ((EXISTS (SELECT 1 FROM \"s\".\"orders\" AS \"referring\" WHERE \"referring\".\"parent\" = \"s\".\"orders\".\"id\" \
             AND NOT (\"referring\".\"id\" = \"s\".\"orders\".\"id\"))) IS TRUE))"
        );
        assert_eq!(
            condition(&RowFilter::Unreferred(Vec::new()), &table, &QUOTING),
            "TRUE"
        );
    }

    #[test]
    fn referring_rows_go_by_a_name_of_their_own() {
        assert_eq!(
            is_referred_to(&key(), &QUOTING),
            "(EXISTS (SELECT 1 FROM \"s\".\"lines\" AS \"referring\" WHERE \"referring\".\"region\" = \"s\".\"orders\".\"region\" \
             AND \"referring\".\"order_id\" = \"s\".\"orders\".\"id\")) IS TRUE"
        );
    }
}
