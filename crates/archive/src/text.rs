//! Values between the text that servers write and what files keep. Each function says `None` to whatever it would not write back
//! in the same words.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// How a server writes floating-point numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FloatStyle {
    /// `1e20`, `1.5e-7`.
    Short,
    /// `1e+20`, `1.5e-07`.
    Long,
}

pub(crate) const FLOAT_STYLES: [FloatStyle; 2] = [FloatStyle::Short, FloatStyle::Long];

/// Numbers of so many digits before the point are written with an exponent, by MySQL and PostgreSQL alike.
const MOST_DIGITS: i32 = 15;
/// As are numbers below 0.0001.
const LEAST_EXPONENT: i32 = -4;

pub(crate) fn float(value: f64, style: FloatStyle) -> String {
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (LEAST_EXPONENT..MOST_DIGITS).contains(&exponent) {
        return value.to_string();
    }
    match style {
        FloatStyle::Short => scientific,
        FloatStyle::Long => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
    }
}

pub(crate) fn parse_float(text: &str, style: FloatStyle) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    (value.is_finite() && float(value, style) == text).then_some(value)
}

/// Of `-12.50` with two digits after the point, -1250.
pub(crate) fn parse_decimal(text: &str, scale: u8) -> Option<i128> {
    let digits: String = text.chars().filter(|c| *c != '.').collect();
    let value = digits.parse().ok()?;
    (decimal(value, scale) == text).then_some(value)
}

pub(crate) fn decimal(value: i128, scale: u8) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if scale == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

/// Days since 1970.
pub(crate) fn parse_day(text: &str) -> Option<i32> {
    let date: Date = text.parse().ok()?;
    let day = moment_of(date.to_datetime(jiff::civil::Time::midnight()))? / MICROSECONDS_A_DAY;
    let day = i32::try_from(day).ok()?;
    (self::day(day).as_deref() == Some(text)).then_some(day)
}

pub(crate) fn day(day: i32) -> Option<String> {
    let at = Timestamp::from_microsecond(i64::from(day) * MICROSECONDS_A_DAY).ok()?;
    Some(TimeZone::UTC.to_datetime(at).date().to_string())
}

const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

fn moment_of(at: DateTime) -> Option<i64> {
    Some(TimeZone::UTC.to_timestamp(at).ok()?.as_microsecond())
}

/// How moments are written: digits after the second, and what follows a moment of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MomentStyle {
    /// Digits after the second; none where ending zeros are left out.
    pub(crate) digits: Option<u8>,
    /// Whether `+00` follows.
    pub(crate) offset: bool,
}

/// Microseconds since 1970.
pub(crate) fn parse_moment(text: &str, style: MomentStyle) -> Option<i64> {
    let bare = if style.offset {
        text.strip_suffix("+00")?
    } else {
        text
    };
    let at: DateTime = bare.parse().ok()?;
    let value = moment_of(at)?;
    (moment(value, style).as_deref() == Some(text)).then_some(value)
}

pub(crate) fn moment(value: i64, style: MomentStyle) -> Option<String> {
    let at = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(value).ok()?);
    let micro = at.subsec_nanosecond() / 1000;
    let mut text = format!(
        "{} {:02}:{:02}:{:02}",
        at.date(),
        at.hour(),
        at.minute(),
        at.second()
    );
    let fraction = format!("{micro:06}");
    let digits = match style.digits {
        Some(digits) => usize::from(digits).min(6),
        None => fraction.trim_end_matches('0').len(),
    };
    if digits > 0 {
        text.push('.');
        text.push_str(&fraction[..digits]);
    }
    if style.offset {
        text.push_str("+00");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{FloatStyle, MomentStyle, parse_day, parse_decimal, parse_float, parse_moment};

    #[test]
    fn numbers_are_taken_only_as_they_are_written_back() {
        assert_eq!(parse_decimal("-12.50", 2), Some(-1250));
        assert_eq!(parse_decimal("0.05", 2), Some(5));
        assert_eq!(parse_decimal("7", 0), Some(7));
        for odd in ["12.5", "012.50", "-0.00", "NaN", "1.250", ""] {
            assert_eq!(parse_decimal(odd, 2), None, "{odd}");
        }
        for (text, style) in [
            ("1", FloatStyle::Short),
            ("-0", FloatStyle::Short),
            ("0.1", FloatStyle::Long),
            ("1e20", FloatStyle::Short),
            ("1e+20", FloatStyle::Long),
            ("1.5e-7", FloatStyle::Short),
            ("1.5e-07", FloatStyle::Long),
            ("123456789012345", FloatStyle::Long),
            ("1e+15", FloatStyle::Long),
            ("5e-324", FloatStyle::Long),
            ("0.0001", FloatStyle::Long),
        ] {
            assert!(parse_float(text, style).is_some(), "{text}");
        }
        for odd in ["Infinity", "NaN", "1.0", "01", "1E20", "100000000000000000000"] {
            assert_eq!(parse_float(odd, FloatStyle::Short), None, "{odd}");
        }
    }

    #[test]
    fn moments_are_taken_only_as_they_are_written_back() {
        assert_eq!(parse_day("1970-01-02"), Some(1));
        assert_eq!(parse_day("1969-12-31"), Some(-1));
        for odd in [
            "0000-00-00",
            "2026-02-30",
            "infinity",
            "2026-1-1",
            "0044-03-15 BC",
            "2026-11-30T00",
        ] {
            assert_eq!(parse_day(odd), None, "{odd}");
        }
        let style = |digits, offset| MomentStyle { digits, offset };
        assert_eq!(
            parse_moment("1970-01-01 00:00:01.5", style(None, false)),
            Some(1_500_000)
        );
        assert_eq!(
            parse_moment("1969-12-31 23:59:59.250", style(Some(3), false)),
            Some(-750_000)
        );
        assert_eq!(
            parse_moment("1970-01-01 00:00:01+00", style(None, true)),
            Some(1_000_000)
        );
        for odd in [
            "1970-01-01 00:00:01.50",
            "0000-00-00 00:00:00",
            "infinity",
            "1970-01-01 00:00:01+01",
        ] {
            assert_eq!(parse_moment(odd, style(None, false)), None, "{odd}");
            assert_eq!(parse_moment(odd, style(None, true)), None, "{odd}");
        }
    }
}
