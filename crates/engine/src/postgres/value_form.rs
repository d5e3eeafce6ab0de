//! What a column's values are to whoever knows no database.

use daybreak_model::{Column, ValueForm};

/// The form of a stored column's values as their text has them.
pub(crate) fn form(column: &Column) -> ValueForm {
    match column.base_type.as_str() {
        "smallint" | "integer" | "bigint" => ValueForm::Integer { signed: true },
        "numeric" => decimal(&column.full_type).unwrap_or(ValueForm::Text),
        "real" | "double precision" => ValueForm::Float,
        "boolean" => ValueForm::Boolean,
        "date" => ValueForm::Date,
        "timestamp without time zone" => ValueForm::Moment {
            utc: false,
            digits: None,
        },
        "timestamp with time zone" => ValueForm::Moment {
            utc: true,
            digits: None,
        },
        "json" | "jsonb" => ValueForm::Json,
        "bytea" => ValueForm::Bytes,
        _ => ValueForm::Text,
    }
}

/// Of `numeric(10,2)`; without a scale each value has its own.
fn decimal(full_type: &str) -> Option<ValueForm> {
    let (precision, scale) = full_type.split_once('(')?.1.split_once(')')?.0.split_once(',')?;
    let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    (precision <= 38 && scale <= precision).then_some(ValueForm::Decimal { precision, scale })
}
