//! A column's values as a file keeps them.

use daybreak_model::ValueForm;
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::schema::types::Type;
use serde::{Deserialize, Serialize};

use crate::text::{self, FLOAT_STYLES, FloatStyle, MomentStyle};

/// What a file keeps a column as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept {
    Integer { signed: bool },
    Decimal { precision: u8, scale: u8 },
    Float { style: FloatStyle },
    Boolean,
    Date,
    Moment { utc: bool, style: MomentStyle },
    Json,
    Text,
    Bytes,
}

/// Values that are not NULL.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cells {
    Long(Vec<i64>),
    Double(Vec<f64>),
    Boolean(Vec<bool>),
    Day(Vec<i32>),
    Bytes(Vec<ByteArray>),
}

/// How values of this form are best kept so that every one comes back as it is.
pub(crate) fn keep(form: ValueForm, values: &[&[u8]]) -> (Kept, Cells) {
    for kept in choices(form) {
        if let Some(cells) = convert(kept, values) {
            return (kept, cells);
        }
    }
    let bytes = values
        .iter()
        .map(|value| ByteArray::from(value.to_vec()))
        .collect();
    (Kept::Bytes, Cells::Bytes(bytes))
}

/// What may do for a form, the best first.
fn choices(form: ValueForm) -> Vec<Kept> {
    match form {
        ValueForm::Integer { signed } => vec![Kept::Integer { signed }, Kept::Text],
        ValueForm::Decimal { precision, scale } => vec![Kept::Decimal { precision, scale }, Kept::Text],
        ValueForm::Float => {
            let floats = FLOAT_STYLES.map(|style| Kept::Float { style });
            floats.into_iter().chain([Kept::Text]).collect()
        }
        ValueForm::Boolean => vec![Kept::Boolean, Kept::Text],
        ValueForm::Date => vec![Kept::Date, Kept::Text],
        ValueForm::Moment { utc, digits } => {
            let moment = |offset| Kept::Moment {
                utc,
                style: MomentStyle { digits, offset },
            };
            vec![moment(false), moment(true), Kept::Text]
        }
        ValueForm::Json => vec![Kept::Json],
        ValueForm::Text => vec![Kept::Text],
        ValueForm::Bytes => Vec::new(),
    }
}

/// All values, or none where one has no such form.
fn convert(kept: Kept, values: &[&[u8]]) -> Option<Cells> {
    let texts = values.iter().map(|value| std::str::from_utf8(value).ok());
    Some(match kept {
        Kept::Integer { signed: true } => Cells::Long(all(texts, |text| {
            let value: i64 = text.parse().ok()?;
            (value.to_string() == text).then_some(value)
        })?),
        Kept::Integer { signed: false } => Cells::Long(all(texts, |text| {
            let value: u64 = text.parse().ok()?;
            (value.to_string() == text).then_some(value.cast_signed())
        })?),
        Kept::Decimal { precision, scale } if precision <= 18 => Cells::Long(all(texts, |text| {
            i64::try_from(text::parse_decimal(text, scale)?).ok()
        })?),
        Kept::Decimal { scale, .. } => Cells::Bytes(all(texts, |text| {
            let value = text::parse_decimal(text, scale)?;
            Some(ByteArray::from(value.to_be_bytes().to_vec()))
        })?),
        Kept::Float { style } => Cells::Double(all(texts, |text| text::parse_float(text, style))?),
        Kept::Boolean => Cells::Boolean(all(texts, |text| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })?),
        Kept::Date => Cells::Day(all(texts, text::parse_day)?),
        Kept::Moment { style, .. } => Cells::Long(all(texts, |text| text::parse_moment(text, style))?),
        Kept::Json | Kept::Text => Cells::Bytes(all(texts, |text| Some(ByteArray::from(text)))?),
        Kept::Bytes => Cells::Bytes(
            values
                .iter()
                .map(|value| ByteArray::from(value.to_vec()))
                .collect(),
        ),
    })
}

fn all<'a, T>(
    texts: impl Iterator<Item = Option<&'a str>>,
    convert: impl Fn(&str) -> Option<T>,
) -> Option<Vec<T>> {
    texts.map(|text| convert(text?)).collect()
}

/// The values as the server wrote them; `None` where cells are not what `kept` says.
pub(crate) fn restore(kept: Kept, cells: Cells) -> Option<Vec<Vec<u8>>> {
    let bytes = |text: String| text.into_bytes();
    Some(match (kept, cells) {
        (Kept::Integer { signed: true }, Cells::Long(values)) => {
            values.into_iter().map(|value| bytes(value.to_string())).collect()
        }
        (Kept::Integer { signed: false }, Cells::Long(values)) => {
            let text = |value: i64| bytes(value.cast_unsigned().to_string());
            values.into_iter().map(text).collect()
        }
        (Kept::Decimal { scale, .. }, Cells::Long(values)) => {
            let text = |value: i64| bytes(text::decimal(value.into(), scale));
            values.into_iter().map(text).collect()
        }
        (Kept::Decimal { scale, .. }, Cells::Bytes(values)) => {
            let text = |value: ByteArray| {
                let value = i128::from_be_bytes(value.data().try_into().ok()?);
                Some(bytes(text::decimal(value, scale)))
            };
            values.into_iter().map(text).collect::<Option<_>>()?
        }
        (Kept::Float { style }, Cells::Double(values)) => {
            let text = |value| bytes(text::float(value, style));
            values.into_iter().map(text).collect()
        }
        (Kept::Boolean, Cells::Boolean(values)) => {
            values.into_iter().map(|value| bytes(value.to_string())).collect()
        }
        (Kept::Date, Cells::Day(values)) => {
            let text = |value| text::day(value).map(bytes);
            values.into_iter().map(text).collect::<Option<_>>()?
        }
        (Kept::Moment { style, .. }, Cells::Long(values)) => {
            let text = |value| text::moment(value, style).map(bytes);
            values.into_iter().map(text).collect::<Option<_>>()?
        }
        (Kept::Json | Kept::Text | Kept::Bytes, Cells::Bytes(values)) => {
            values.into_iter().map(|value| value.data().to_vec()).collect()
        }
        _ => return None,
    })
}

/// The column in a file's schema.
pub(crate) fn schema(name: &str, kept: Kept) -> Result<Type, ParquetError> {
    let (physical, logical) = match kept {
        Kept::Integer { signed } => (Physical::INT64, Some(LogicalType::integer(64, signed))),
        Kept::Decimal { precision, scale } => {
            let logical = LogicalType::decimal(scale.into(), precision.into());
            let physical = if precision <= 18 {
                Physical::INT64
            } else {
                Physical::BYTE_ARRAY
            };
            let column = Type::primitive_type_builder(name, physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(Some(logical))
                .with_precision(precision.into())
                .with_scale(scale.into());
            return column.build();
        }
        Kept::Float { .. } => (Physical::DOUBLE, None),
        Kept::Boolean => (Physical::BOOLEAN, None),
        Kept::Date => (Physical::INT32, Some(LogicalType::Date)),
        Kept::Moment { utc, .. } => (
            Physical::INT64,
            Some(LogicalType::timestamp(utc, TimeUnit::MICROS)),
        ),
        Kept::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        Kept::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kept::Bytes => (Physical::BYTE_ARRAY, None),
    };
    Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

#[cfg(test)]
mod tests {
    use daybreak_model::ValueForm;
    use proptest::prelude::*;

    use super::{Kept, keep, restore};

    const FORMS: [ValueForm; 12] = [
        ValueForm::Integer { signed: true },
        ValueForm::Integer { signed: false },
        ValueForm::Decimal {
            precision: 10,
            scale: 2,
        },
        ValueForm::Decimal {
            precision: 38,
            scale: 10,
        },
        ValueForm::Float,
        ValueForm::Boolean,
        ValueForm::Date,
        ValueForm::Moment {
            utc: false,
            digits: Some(3),
        },
        ValueForm::Moment {
            utc: true,
            digits: None,
        },
        ValueForm::Json,
        ValueForm::Text,
        ValueForm::Bytes,
    ];

    proptest! {
        #[test]
        fn whatever_a_value_is_it_comes_back(
            texts in prop::collection::vec("-?[0-9]{1,20}(\\.[0-9]{1,6})?|[0-9]{4}-[0-9]{2}-[0-9]{2}( 0[0-9]:[0-5][0-9]:59(\\.[0-9]{1,6})?(\\+00)?)?|true|false|.{0,6}", 0..6),
            raw in prop::collection::vec(any::<u8>(), 0..6),
        ) {
            let mut values: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            values.push(&raw);
            for form in FORMS {
                for some in [&values[..], &values[..values.len() - 1]] {
                    let (kept, cells) = keep(form, some);
                    let back = restore(kept, cells).expect("cells of its own");
                    prop_assert_eq!(back.iter().map(Vec::as_slice).collect::<Vec<_>>(), some);
                }
            }
        }
    }

    #[test]
    fn a_value_without_a_type_makes_its_column_text() {
        let kept = |form, values: &[&str]| {
            let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
            keep(form, &values).0
        };
        assert_eq!(kept(ValueForm::Date, &["2026-11-30"]), Kept::Date);
        assert_eq!(kept(ValueForm::Date, &["2026-11-30", "0000-00-00"]), Kept::Text);
        assert_eq!(kept(ValueForm::Integer { signed: true }, &["007"]), Kept::Text);
        let large = ["18446744073709551615"];
        assert_eq!(
            kept(ValueForm::Integer { signed: false }, &large),
            Kept::Integer { signed: false }
        );
        assert_eq!(keep(ValueForm::Text, &[b"\xff"]).0, Kept::Bytes);
    }
}
