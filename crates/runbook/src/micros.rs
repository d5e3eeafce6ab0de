//! Time as the journal writes it.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration in whole microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub u64);

impl From<Duration> for Micros {
    fn from(time: Duration) -> Self {
        Self(time.as_micros().try_into().unwrap_or(u64::MAX))
    }
}

impl From<Micros> for Duration {
    fn from(time: Micros) -> Self {
        Duration::from_micros(time.0)
    }
}

/// For a [`Duration`] field written as [`Micros`].
pub(crate) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    Micros::from(*time).serialize(serializer)
}

/// For a [`Duration`] field read from [`Micros`].
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    Micros::deserialize(deserializer).map(Duration::from)
}
