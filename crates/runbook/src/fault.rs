//! Faults on purpose: a store that fails, or calls out, at a named record.
//!
//! Part of the product, so that what is tested is what runs: the binary wraps its store in a [`FaultyStore`] when an
//! environment variable names a [`FaultPoint`], and kills itself there.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::conductor::Conductor;
use crate::record::Record;
use crate::store::{Lease, Store, StoreError};

/// A moment in the life of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultPoint {
    /// When the record of this number is about to be written: what it tells of has happened on the servers, and the
    /// journal does not know.
    BeforeRecord(u64),
    /// Right after the record of this number became durable, with those of its transaction.
    AfterRecord(u64),
    /// Right after this process's n-th append, from 1, became durable.
    AfterAppend(u64),
    /// When a step's intent has become durable, each time: right before it acts.
    BeforeStep(String),
}

/// A text that names no point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no fault point; write before-record:N, after-record:N or after-append:N, N from 1, or before-step:STEP"
)]
pub struct BadFaultPoint(String);

impl FromStr for FaultPoint {
    type Err = BadFaultPoint;

    fn from_str(text: &str) -> Result<Self, BadFaultPoint> {
        let bad = || BadFaultPoint(text.to_owned());
        let (name, number) = text.split_once(':').ok_or_else(bad)?;
        if name == "before-step" && !number.is_empty() {
            return Ok(Self::BeforeStep(number.to_owned()));
        }
        let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(bad)?;
        match name {
            "before-record" => Ok(Self::BeforeRecord(number)),
            "after-record" => Ok(Self::AfterRecord(number)),
            "after-append" => Ok(Self::AfterAppend(number)),
            _ => Err(bad()),
        }
    }
}

/// What goes wrong with one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written.
    Refuse,
    /// It is written, and the answer says that it failed.
    LoseAnswer,
}

/// A store that passes everything on, except what it was told to spoil.
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    script: Mutex<VecDeque<Option<Fault>>>,
    point: Option<(FaultPoint, Callback)>,
    appends: AtomicU64,
}

type Callback = Box<dyn Fn() + Send + Sync>;

impl FaultyStore {
    /// `script`: what happens to each append of this store, in order; `None`, and everything after its end, goes well.
    pub fn scripted(inner: Arc<dyn Store>, script: impl IntoIterator<Item = Option<Fault>>) -> Self {
        Self {
            inner,
            script: Mutex::new(script.into_iter().collect()),
            point: None,
            appends: AtomicU64::new(0),
        }
    }

    /// Calls `callback` at `point`, on the thread that appends, before the append returns to its caller. A callback that kills the
    /// process kills it exactly there.
    pub fn at(inner: Arc<dyn Store>, point: FaultPoint, callback: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            point: Some((point, Box::new(callback))),
            ..Self::scripted(inner, [])
        }
    }

    /// How many appends this store has passed on.
    pub fn appends(&self) -> u64 {
        self.appends.load(Ordering::SeqCst)
    }

    fn reached(&self, hit: impl Fn(&FaultPoint) -> bool) {
        if let Some((point, callback)) = &self.point
            && hit(point)
        {
            callback();
        }
    }
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyStore")
            .field("appends", &self.appends)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn acquire(&self, conductor: &Conductor, now: Timestamp) -> Result<Lease, StoreError> {
        self.inner.acquire(conductor, now).await
    }

    async fn beat(&self, lease: Lease, now: Timestamp) -> Result<(), StoreError> {
        self.inner.beat(lease, now).await
    }

    async fn release(&self, lease: Lease) -> Result<(), StoreError> {
        self.inner.release(lease).await
    }

    async fn holder(&self) -> Result<Option<Conductor>, StoreError> {
        self.inner.holder().await
    }

    async fn append(&self, lease: Lease, records: &[Record], now: Timestamp) -> Result<(), StoreError> {
        let fault = self
            .script
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
            .flatten();
        let has = |number: u64| records.iter().any(|record| record.seq == number);
        let failure = |doing| StoreError::Failed {
            doing,
            source: "a fault on purpose".into(),
        };
        if fault == Some(Fault::Refuse) {
            return Err(failure("writing a record"));
        }
        self.reached(|point| matches!(point, FaultPoint::BeforeRecord(number) if has(*number)));
        self.inner.append(lease, records, now).await?;
        let appends = self.appends.fetch_add(1, Ordering::SeqCst) + 1;
        self.reached(|point| match point {
            FaultPoint::BeforeRecord(_) => false,
            FaultPoint::AfterRecord(number) => has(*number),
            FaultPoint::AfterAppend(number) => *number == appends,
            FaultPoint::BeforeStep(step) => records
                .iter()
                .any(|record| record.kind == "step_intended" && record.step.as_ref() == Some(step)),
        });
        match fault {
            Some(Fault::LoseAnswer) => Err(failure("answering after a record was written")),
            Some(Fault::Refuse) | None => Ok(()),
        }
    }

    async fn read(&self, after: u64) -> Result<Vec<Record>, StoreError> {
        self.inner.read(after).await
    }

    async fn settle(&self) -> Result<(), StoreError> {
        self.inner.settle().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_from_text() {
        assert_eq!("before-record:1".parse(), Ok(FaultPoint::BeforeRecord(1)));
        assert_eq!("after-record:17".parse(), Ok(FaultPoint::AfterRecord(17)));
        assert_eq!("after-append:3".parse(), Ok(FaultPoint::AfterAppend(3)));
        let step = FaultPoint::BeforeStep("cutover.fence".to_owned());
        assert_eq!("before-step:cutover.fence".parse(), Ok(step));
        for bad in [
            "",
            "after-record",
            "after-record:",
            "after-record:0",
            "after-record:-1",
            "record:1",
            "after-record:1:2",
            "before-step:",
        ] {
            assert_eq!(bad.parse::<FaultPoint>(), Err(BadFaultPoint(bad.to_owned())));
        }
    }
}
