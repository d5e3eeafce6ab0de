//! How rows travel: the `COPY` format of a table and the two statements at its ends.

use daybreak_model::{RowRange, Table};

use super::keys;
use super::quote;

/// A `COPY` format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// The server's own binary form, passed on untouched.
    Binary,
    /// The server's own text form, passed on untouched.
    Text,
}

impl Format {
    const fn word(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Text => "text",
        }
    }
}

/// Built-in types whose binary form is the same in PostgreSQL 12 to 18. Types of users and extensions are not here: their
/// arrays and composites carry OIDs, which differ between servers; nor are the `reg…` types, which are OIDs themselves,
/// nor `xml`, whose binary form rewrites the encoding declaration.
const STABLE: [&str; 45] = [
    "\"bit\"",
    "\"char\"",
    "bigint",
    "bit varying",
    "boolean",
    "box",
    "bpchar",
    "bytea",
    "character varying",
    "cidr",
    "circle",
    "date",
    "daterange",
    "double precision",
    "inet",
    "int4range",
    "int8range",
    "integer",
    "interval",
    "json",
    "jsonb",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "numrange",
    "oid",
    "path",
    "pg_lsn",
    "point",
    "polygon",
    "real",
    "smallint",
    "text",
    "time with time zone",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
    "tsrange",
    "tstzrange",
    "tsvector",
    "uuid",
];

/// The format a table's rows travel in: decided from the table alone, so that both ends decide the same.
pub(crate) fn format(table: &Table) -> Format {
    let stable = |name: &str| STABLE.contains(&name.trim_end_matches("[]"));
    let mut copied = table.columns.iter().filter(|column| !column.generated);
    if copied.all(|column| stable(&column.base_type)) {
        Format::Binary
    } else {
        Format::Text
    }
}

/// `COPY` of a range to us. `only` leaves out tables that inherit from this one.
pub(crate) fn copy_out(table: &Table, range: &RowRange, only: bool) -> String {
    format!(
        "COPY (SELECT {} FROM {}{}{}) TO STDOUT (FORMAT {})",
        columns(table),
        if only { "ONLY " } else { "" },
        quote::table(&table.name),
        keys::condition(table, range),
        format(table).word(),
    )
}

/// `COPY` from us into a table.
pub(crate) fn copy_in(table: &Table) -> String {
    let columns = columns(table);
    // SQL allows a table without columns, but no empty list of them.
    let list = if columns.is_empty() {
        columns
    } else {
        format!(" ({columns})")
    };
    format!(
        "COPY {}{list} FROM STDIN (FORMAT {})",
        quote::table(&table.name),
        format(table).word(),
    )
}

/// The columns that are stored, in the table's order.
fn columns(table: &Table) -> String {
    quote::identifiers(
        table
            .columns
            .iter()
            .filter(|column| !column.generated)
            .map(|column| column.name.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Column, RowRange, Table, TableName};

    use super::{Format, copy_in, copy_out, format};

    fn table(types: &[&str]) -> Table {
        let column = |(index, base_type): (usize, &&str)| Column {
            name: format!("c{index}"),
            base_type: (*base_type).to_owned(),
            full_type: (*base_type).to_owned(),
            charset: None,
            nullable: true,
            generated: false,
        };
        Table {
            name: TableName::new("s", "t"),
            columns: types.iter().enumerate().map(column).collect(),
            key: None,
            estimated_rows: 0,
            estimated_bytes: 0,
        }
    }

    #[test]
    fn types_that_carry_oids_travel_as_text() {
        assert_eq!(
            format(&table(&["integer", "text[]", "\"bit\"[]"])),
            Format::Binary
        );
        for other in [
            "public.mood",
            "public.mood[]",
            "regclass",
            "xml",
            "\"My Schema\".pair",
        ] {
            assert_eq!(format(&table(&["integer", other])), Format::Text, "{other}");
        }
    }

    #[test]
    fn both_ends_name_the_same_columns_and_format() {
        let mut table = table(&["integer", "integer"]);
        table.columns[1].generated = true;
        assert_eq!(
            copy_out(&table, &RowRange::Whole, true),
            r#"COPY (SELECT "c0" FROM ONLY "s"."t") TO STDOUT (FORMAT binary)"#
        );
        assert_eq!(
            copy_in(&table),
            r#"COPY "s"."t" ("c0") FROM STDIN (FORMAT binary)"#
        );
    }
}
