//! What a column's values are to whoever knows no database.

use daybreak_model::{Column, ValueForm};

use super::column::{Kind, kind};

/// The form of a stored column's values as [`super::column::read_expression`] reads them.
pub(crate) fn form(column: &Column) -> ValueForm {
    let unsigned = column.full_type.contains("unsigned") || column.full_type.contains("zerofill");
    match kind(column) {
        Kind::Integer => ValueForm::Integer { signed: !unsigned },
        Kind::Decimal => decimal(&column.full_type).unwrap_or(ValueForm::Text),
        Kind::Float => ValueForm::Float,
        Kind::Temporal => match column.base_type.as_str() {
            "date" => ValueForm::Date,
            "datetime" | "timestamp" => ValueForm::Moment {
                utc: column.base_type == "timestamp",
                digits: Some(digits(&column.full_type)),
            },
            _ => ValueForm::Text,
        },
        Kind::Json => ValueForm::Json,
        Kind::Text | Kind::Enum | Kind::Set | Kind::Large
            if matches!(
                column.charset.as_deref(),
                Some("utf8" | "utf8mb3" | "utf8mb4" | "ascii")
            ) =>
        {
            ValueForm::Text
        }
        Kind::Text | Kind::Enum | Kind::Set | Kind::Binary | Kind::Large | Kind::Bit | Kind::Geometry => {
            ValueForm::Bytes
        }
    }
}

/// Of `decimal(10,2)`; more digits than 38 have no room.
fn decimal(full_type: &str) -> Option<ValueForm> {
    let (precision, scale) = full_type.split_once('(')?.1.split_once(')')?.0.split_once(',')?;
    let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    (precision <= 38).then_some(ValueForm::Decimal { precision, scale })
}

/// Of `datetime(3)`.
fn digits(full_type: &str) -> u8 {
    let digits = full_type
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'));
    digits.and_then(|(digits, _)| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Column, ValueForm};

    #[test]
    fn each_type_has_its_form() {
        let form = |full_type: &str, charset: Option<&str>| {
            super::form(&Column {
                name: "c".to_owned(),
                base_type: full_type.split(['(', ' ']).next().expect("a name").to_owned(),
                full_type: full_type.to_owned(),
                charset: charset.map(str::to_owned),
                nullable: true,
                generated: false,
            })
        };
        assert_eq!(
            form("bigint(20) unsigned", None),
            ValueForm::Integer { signed: false }
        );
        assert_eq!(form("int", None), ValueForm::Integer { signed: true });
        assert_eq!(
            form("decimal(10,2)", None),
            ValueForm::Decimal {
                precision: 10,
                scale: 2
            }
        );
        assert_eq!(form("decimal(65,30)", None), ValueForm::Text);
        assert_eq!(
            form("datetime(3)", None),
            ValueForm::Moment {
                utc: false,
                digits: Some(3)
            }
        );
        assert_eq!(
            form("timestamp", None),
            ValueForm::Moment {
                utc: true,
                digits: Some(0)
            }
        );
        assert_eq!(form("time", None), ValueForm::Text);
        assert_eq!(form("varchar(9)", Some("utf8mb4")), ValueForm::Text);
        assert_eq!(form("varchar(9)", Some("latin1")), ValueForm::Bytes);
        assert_eq!(form("longblob", None), ValueForm::Bytes);
        assert_eq!(form("json", None), ValueForm::Json);
    }
}
