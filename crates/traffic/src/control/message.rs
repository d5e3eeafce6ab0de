//! What goes over the control socket: one request per line, one answer per line, as JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;
use crate::side::Side;
use crate::switch::{HoldLimits, Stragglers};

/// The longest line that is read; a request has some dozens of bytes, an answer about every connection some
/// hundred kilobytes.
pub(super) const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// What a gate is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Request {
    Hold {
        deadline_ms: u64,
        drain_ms: u64,
        stragglers: Stragglers,
    },
    Drain,
    Point {
        to: Side,
    },
    Release,
    Switch {
        to: Side,
    },
    Backends,
    Where,
    Status,
    Counters,
    Stop,
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer<T> {
    Ok(T),
    /// With the same sentence and hint that a caller in the gate's own process gets.
    Refused {
        refusal: Refusal,
        message: String,
        hint: String,
    },
}

impl Request {
    pub(super) fn hold(limits: HoldLimits) -> Self {
        let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self::Hold {
            deadline_ms: milliseconds(limits.deadline),
            drain_ms: milliseconds(limits.drain),
            stragglers: limits.stragglers,
        }
    }
}

impl<T> Answer<T> {
    pub(super) fn refused(refusal: Refusal) -> Self {
        let (message, hint) = (refusal.to_string(), refusal.hint().to_owned());
        Self::Refused {
            refusal,
            message,
            hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_as_they_are_written() {
        let hold = Request::hold(HoldLimits {
            deadline: Duration::from_secs(8),
            drain: Duration::from_millis(500),
            stragglers: Stragglers::Close,
        });
        let written = serde_json::to_string(&hold).unwrap();
        assert_eq!(
            written,
            r#"{"do":"hold","deadline_ms":8000,"drain_ms":500,"stragglers":"close"}"#
        );
        assert_eq!(serde_json::from_str::<Request>(&written).unwrap(), hold);
        assert_eq!(
            serde_json::from_str::<Request>(r#"{"do":"switch","to":"target"}"#).unwrap(),
            Request::Switch { to: Side::Target }
        );
        assert!(serde_json::from_str::<Request>(r#"{"do":"point","to":"nowhere"}"#).is_err());
    }

    #[test]
    fn a_refusal_goes_over_whole() {
        let answer = Answer::<()>::refused(Refusal::NotDrained { unsettled: 3 });
        let written = serde_json::to_string(&answer).unwrap();
        let Answer::Refused { refusal, .. } = serde_json::from_str::<Answer<()>>(&written).unwrap() else {
            panic!("{written}");
        };
        assert_eq!(refusal, Refusal::NotDrained { unsettled: 3 });
    }
}
