//! Before which value of a column rows are old enough.

use daybreak_model::{KeyPart, ValueForm};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::rule::AgeUnit;

/// Why no moment stands in a column of this type, though its values are numbers: by an age every row of it would be old.
pub(super) fn holds_no_moment(base_type: &str) -> Option<&'static str> {
    match base_type {
        "year" => Some("its values are years, and no seconds since 1970"),
        "tinyint" | "smallint" | "mediumint" => Some("its numbers are too small for seconds since 1970"),
        _ => None,
    }
}

/// The least value of a column of this form that is kept; in words, why none can be told.
pub(super) fn least_kept(
    form: ValueForm,
    keep: Span,
    unit: AgeUnit,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<KeyPart, String> {
    let at = now
        .to_zoned(zone.clone())
        .checked_sub(keep)
        .map_err(|error| format!("no moment lies so far back: {error}"))?;
    let moment = at.timestamp();
    let text = |zone: &TimeZone| zone.to_datetime(moment);
    let universal = TimeZone::UTC;
    match form {
        ValueForm::Integer { .. } => Ok(KeyPart::Integer(match unit {
            AgeUnit::Seconds => moment.as_second().into(),
            AgeUnit::Milliseconds => moment.as_millisecond().into(),
            AgeUnit::Microseconds => moment.as_microsecond().into(),
        })),
        ValueForm::Date => Ok(KeyPart::Text(text(zone).date().to_string())),
        ValueForm::Moment { utc, .. } => {
            let at = text(if utc { &universal } else { zone });
            let at = at.strftime("%Y-%m-%d %H:%M:%S");
            Ok(KeyPart::Text(at.to_string()))
        }
        _ => Err(
            "its values are no moments: a rule by age takes a date, a time stamp or a whole number"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{KeyPart, ValueForm};
    use jiff::tz::TimeZone;
    use jiff::{Span, Timestamp};

    use super::super::rule::AgeUnit;
    use super::{holds_no_moment, least_kept};

    #[test]
    fn years_and_small_numbers_are_no_moments() {
        for none in ["year", "tinyint", "smallint", "mediumint"] {
            assert!(holds_no_moment(none).is_some(), "{none}");
        }
        for some in ["int", "integer", "bigint", "decimal", "datetime"] {
            assert_eq!(holds_no_moment(some), None, "{some}");
        }
    }

    #[test]
    fn the_clock_of_the_column_counts() {
        let now: Timestamp = "2026-11-30T23:30:00Z".parse().expect("a moment");
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        let least = |form, keep| least_kept(form, keep, AgeUnit::Milliseconds, &berlin, now);
        let text = |text: &str| Ok(KeyPart::Text(text.to_owned()));
        let clock = ValueForm::Moment {
            utc: false,
            digits: None,
        };
        let utc = ValueForm::Moment {
            utc: true,
            digits: None,
        };
        // In Berlin it is December already.
        assert_eq!(least(ValueForm::Date, Span::new().months(1)), text("2026-11-01"));
        assert_eq!(least(clock, Span::new().months(6)), text("2026-06-01 00:30:00"));
        assert_eq!(least(utc, Span::new().months(6)), text("2026-05-31 22:30:00"));
        let number = least(ValueForm::Integer { signed: true }, Span::new().days(1));
        assert_eq!(
            number,
            Ok(KeyPart::Integer((now.as_second() - 86_400) as i128 * 1000))
        );
        assert!(least(ValueForm::Text, Span::new().days(1)).is_err());
        assert!(least(clock, Span::new().years(19_000)).is_err());
    }
}
