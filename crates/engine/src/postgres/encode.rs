//! How rows travel: the `COPY` format of a table and the two statements at its ends.

use daybreak_model::{Column, RowRange, Table};

use super::keys;
use super::quote;
use crate::RowFile;

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
    copy_where(table, &keys::condition(table, range), only)
}

fn copy_where(table: &Table, filter: &str, only: bool) -> String {
    format!(
        "COPY (SELECT {} FROM {}{}{filter}) TO STDOUT (FORMAT {})",
        columns(table),
        if only { "ONLY " } else { "" },
        quote::table(&table.name),
        format(table).word(),
    )
}

/// Bytes before the first row of a binary `COPY`: signature, flags, and an empty extension (manual, "COPY", "Binary Format").
pub(crate) const HEADER: usize = 19;
/// What ends a binary `COPY`: a row of minus one fields.
pub(crate) const TRAILER: [u8; 2] = [0xff, 0xff];

/// Rows of more bytes than this are read one by one.
const LARGE: u64 = 4 << 20;
/// A table whose large values take no more room than this has no such row, however well they are compressed.
pub(crate) const FEW_LARGE_VALUES: u64 = 32 << 10;

/// Where a row of a snapshot lies: its table's OID, which tells partitions apart, and its `ctid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) table: String,
    pub(crate) row: String,
    /// Its size, about.
    pub(crate) bytes: u64,
}

/// Bytes of a row's values that may be large, as an expression; `None` where no column can hold such.
fn size(table: &Table) -> Option<String> {
    let size = |column: &Column| {
        let name = quote::identifier(&column.name);
        match column.base_type.as_str() {
            "bytea" | "text" | "character varying" | "bpchar" => {
                Some(format!("octet_length({name})::bigint"))
            }
            // As stored, compressed: by a factor of four, commonly.
            "json" | "jsonb" | "xml" | "tsvector" => Some(format!("pg_column_size({name})::bigint * 4")),
            other => other
                .ends_with("[]")
                .then(|| format!("pg_column_size({name})::bigint * 4")),
        }
    };
    let sizes: Vec<String> = table
        .columns
        .iter()
        .filter(|column| !column.generated)
        .filter_map(size)
        .map(|size| format!("coalesce({size}, 0)"))
        .collect();
    (!sizes.is_empty()).then(|| sizes.join(" + "))
}

/// The question where the large rows of a range lie; `None` where no column can make one. `octet_length` reads no value
/// that is stored apart (manual, "TOAST"), so it costs a walk over the rows alone, and that only where something is.
pub(crate) fn large_rows(table: &Table, range: &RowRange, only: bool) -> Option<String> {
    let size = size(table)?;
    let name = quote::table(&table.name);
    Some(format!(
        "SELECT tableoid, ctid, {size} FROM {}{name}{} {size} > {LARGE}",
        if only { "ONLY " } else { "" },
        with(&keys::condition(table, range))
    ))
}

/// A filter to which one more condition is added.
fn with(filter: &str) -> String {
    if filter.is_empty() {
        " WHERE".to_owned()
    } else {
        format!("{filter} AND")
    }
}

/// `COPY` to us of the rows of a range that are not large.
pub(crate) fn copy_small_out(table: &Table, range: &RowRange, only: bool) -> String {
    let filter = keys::condition(table, range);
    let filter = match size(table) {
        Some(size) => format!("{} {size} <= {LARGE}", with(&filter)),
        None => filter,
    };
    copy_where(table, &filter, only)
}

/// `COPY` to us of one row.
pub(crate) fn copy_row_out(table: &Table, place: &Place) -> String {
    let filter = format!(
        " WHERE tableoid = {}::oid AND ctid = {}::tid",
        quote::literal(&place.table),
        quote::literal(&place.row)
    );
    copy_where(table, &filter, false)
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

/// What `psql`, or Aurora by itself, loads a file of rows with.
pub(crate) fn load_file(table: &Table, file: &RowFile<'_>) -> String {
    let word = format(table).word();
    match file {
        // Of its arguments psql takes away one quote of two (manual, "psql", "Meta-Commands").
        RowFile::Local(path) => {
            let columns = columns(table);
            let list = if columns.is_empty() {
                columns
            } else {
                format!(" ({columns})")
            };
            let path = path.replace('\'', "''");
            format!(
                "\\copy {}{list} FROM '{path}' WITH (FORMAT {word})",
                quote::table(&table.name)
            )
        }
        RowFile::S3 { region, bucket, key } => format!(
            "SELECT aws_s3.table_import_from_s3({}, {}, {}, aws_commons.create_s3_uri({}, {}, {}))",
            quote::literal(&quote::table(&table.name)),
            quote::literal(&columns(table)),
            quote::literal(&format!("(FORMAT {word})")),
            quote::literal(bucket),
            quote::literal(key),
            quote::literal(region)
        ),
    }
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

    use super::{Format, copy_in, copy_out, format, load_file};
    use crate::RowFile;

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
    fn a_file_is_named_where_it_lies() {
        let table = table(&["integer"]);
        assert_eq!(
            load_file(&table, &RowFile::Local("it's.bin")),
            r#"\copy "s"."t" ("c0") FROM 'it''s.bin' WITH (FORMAT binary)"#
        );
        let file = RowFile::S3 {
            region: "eu-central-1",
            bucket: "company",
            key: "it's/1.bin",
        };
        assert_eq!(
            load_file(&table, &file),
            r#"SELECT aws_s3.table_import_from_s3('"s"."t"', '"c0"', '(FORMAT binary)', aws_commons.create_s3_uri('company', 'it''s/1.bin', 'eu-central-1'))"#
        );
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
