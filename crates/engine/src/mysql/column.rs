//! How each type's values are read, loaded and hashed so that they arrive exactly.

use daybreak_model::Column;

use super::quote;

/// What matters of a column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whole numbers of any width, and `YEAR`.
    Integer,
    /// `DECIMAL`.
    Decimal,
    /// `FLOAT` and `DOUBLE`.
    Float,
    /// Dates and times.
    Temporal,
    /// `CHAR` and `VARCHAR`.
    Text,
    /// `BINARY` and `VARBINARY`.
    Binary,
    /// `TEXT` and `BLOB` of every size, and types only the server knows how to read.
    Large,
    /// `BIT`.
    Bit,
    /// `ENUM`.
    Enum,
    /// `SET`.
    Set,
    /// MySQL's `JSON`.
    Json,
    /// Spatial types.
    Geometry,
}

/// The kind of a column.
pub(crate) fn kind(column: &Column) -> Kind {
    match column.base_type.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => Kind::Integer,
        "decimal" => Kind::Decimal,
        "float" | "double" => Kind::Float,
        "date" | "time" | "datetime" | "timestamp" => Kind::Temporal,
        "char" | "varchar" => Kind::Text,
        "binary" | "varbinary" => Kind::Binary,
        "bit" => Kind::Bit,
        "enum" => Kind::Enum,
        "set" => Kind::Set,
        "json" => Kind::Json,
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geometrycollection" | "geomcollection" => Kind::Geometry,
        _ => Kind::Large,
    }
}

/// Whether an `ENUM` has the empty string among its members, so that its text does not tell it from the invalid value.
fn has_empty_member(column: &Column) -> bool {
    let Some(list) = column.full_type.strip_prefix("enum(") else {
        return false;
    };
    // Outside a member a quote opens one; the member is empty when the next quote closes it and is not a doubled one.
    let mut rest = list;
    while let Some(start) = rest.find('\'') {
        let body = &rest[start + 1..];
        let mut end = 0;
        let bytes = body.as_bytes();
        while end < bytes.len() {
            match (bytes[end], bytes.get(end + 1)) {
                (b'\'', Some(b'\'')) => end += 2,
                (b'\'', _) => break,
                _ => end += 1,
            }
        }
        if end == 0 {
            return true;
        }
        rest = &body[(end + 1).min(body.len())..];
    }
    false
}

/// Whether a value, as [`read_expression`] gives it, is an `ENUM`'s invalid one (index 0), which no server stores without a warning.
pub(crate) fn is_invalid_enum(column: &Column, value: &[u8]) -> bool {
    kind(column) == Kind::Enum
        && if has_empty_member(column) {
            value == b"0"
        } else {
            value.is_empty()
        }
}

/// The largest value that a `FLOAT(M,D)` or `DOUBLE(M,D)` takes, such as 999.99 for (5,2). What is stored may be rounded to a
/// little more, which the server takes back only with a warning; the largest value itself is stored as the same number again.
fn largest(column: &Column) -> Option<String> {
    let (_, sizes) = column.full_type.split_once('(')?;
    let (digits, fraction) = sizes.split_once(')')?.0.split_once(',')?;
    let (digits, fraction): (usize, usize) = (digits.parse().ok()?, fraction.parse().ok()?);
    let whole = "9".repeat(digits.checked_sub(fraction)?);
    Some(format!("0{whole}.{}", "9".repeat(fraction)))
}

/// The expression that reads the column's value in a form [`load_target`] stores back exactly.
pub(crate) fn read_expression(column: &Column) -> String {
    let name = quote::name(&column.name);
    match kind(column) {
        // Printed with six digits otherwise; times one keeps the sign of zero.
        Kind::Float => match largest(column) {
            None => format!("{name} * 1e0"),
            Some(largest) => format!("LEAST(GREATEST({name} * 1e0, -{largest}e0), {largest}e0)"),
        },
        Kind::Enum if has_empty_member(column) => format!("{name} + 0"),
        _ => name,
    }
}

/// Where `LOAD DATA` puts the column's field: the column, or a variable with the assignment that converts it.
pub(crate) fn load_target(column: &Column, index: usize) -> (String, Option<String>) {
    let name = quote::name(&column.name);
    let variable = format!("@daybreak{index}");
    match kind(column) {
        // JSON is not taken from a binary string.
        Kind::Json => {
            let assignment = format!("{name} = CONVERT({variable} USING utf8mb4)");
            (variable, Some(assignment))
        }
        Kind::Enum if has_empty_member(column) => {
            let assignment = format!("{name} = {variable} + 0");
            (variable, Some(assignment))
        }
        _ => (name, None),
    }
}

/// The canonical text of the column's value, the same on every server of the family, or NULL.
pub(crate) fn canonical_expression(column: &Column) -> String {
    let name = quote::name(&column.name);
    match kind(column) {
        Kind::Integer | Kind::Decimal | Kind::Temporal => name,
        Kind::Float if column.base_type == "double" => name,
        // Joined to a text, an expression keeps 22 characters: all digits, but no sign before them. Zero has one, too.
        Kind::Float => format!("LEFT({name}, 1) = '-', ABS({name}) * 1e0"),
        Kind::Text | Kind::Binary => format!("LENGTH({name}), CAST({name} AS BINARY)"),
        Kind::Set => format!("CAST({name} AS BINARY)"),
        Kind::Enum | Kind::Bit => format!("{name} + 0"),
        // Hashed first, so that the row's text never outgrows max_allowed_packet.
        Kind::Large => format!("SHA2({name}, 256)"),
        // Read back once, so that a decimal is the double that every load makes of it.
        Kind::Json => {
            let text = format!("CAST({name} AS CHAR CHARACTER SET utf8mb4)");
            format!("SHA2(CAST(CAST({text} AS JSON) AS CHAR CHARACTER SET utf8mb4), 256)")
        }
        Kind::Geometry => format!("SHA2(HEX({name}), 256)"),
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::Column;

    fn enumeration(full_type: &str) -> Column {
        Column {
            name: "e".to_owned(),
            base_type: "enum".to_owned(),
            full_type: full_type.to_owned(),
            charset: None,
            nullable: true,
            generated: false,
        }
    }

    #[test]
    fn finds_the_empty_member_and_only_it() {
        for text in ["enum('')", "enum('a','')", "enum('','a')", "enum('it''s','','b')"] {
            assert!(super::has_empty_member(&enumeration(text)), "{text}");
        }
        for text in ["enum('a')", "enum('''')", "enum('a''','b')", "enum(''',''','x')"] {
            assert!(!super::has_empty_member(&enumeration(text)), "{text}");
        }
    }
}
