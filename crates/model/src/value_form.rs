use serde::{Deserialize, Serialize};

/// What a column's values are to whoever knows no database, so that they can be kept in a file with their types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueForm {
    /// Whole numbers of 64 bits at most.
    Integer {
        /// Whether they may be negative.
        signed: bool,
    },
    /// Decimal numbers.
    Decimal {
        /// Digits in all, 38 at most.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// Floating-point numbers.
    Float,
    /// `true` and `false`.
    Boolean,
    /// Days, as `2026-11-30`.
    Date,
    /// Moments, as `2026-11-30 23:59:59.999999`.
    Moment {
        /// Whether they are moments of UTC; otherwise what a clock shows somewhere.
        utc: bool,
        /// Digits after the second that are always written; none where ending zeros are left out.
        digits: Option<u8>,
    },
    /// JSON.
    Json,
    /// Text in UTF-8.
    Text,
    /// Bytes.
    Bytes,
}
