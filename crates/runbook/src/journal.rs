//! The append-only record: written before acting and after.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::conductor::Conductor;
use crate::entry::{Entry, RunId};
use crate::event::{Events, Signal, What};
use crate::history::{History, ReplayError};
use crate::record::{Hash, Record};
use crate::secrets::Secrets;
use crate::status::{IllegalEvent, Status};
use crate::store::{Lease, Store, StoreError};

/// Why nothing was written, or why it is not known whether it was.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The store refused or failed.
    #[error("failed to write to the journal")]
    Store(#[from] StoreError),
    /// What is there cannot be trusted.
    #[error("failed to read the journal")]
    Replay(#[from] ReplayError),
    /// It cannot follow what is written; a defect of this program.
    #[error("refused to write what cannot have happened")]
    Illegal(#[from] IllegalEvent),
    /// A secret stands where it cannot be taken out: in a step's id, a play's name, an actor.
    #[error("refused to write a record of kind `{kind}`: its {place} contains a secret")]
    SecretInRecord {
        /// The entry's kind.
        kind: &'static str,
        /// Where it stands.
        place: &'static str,
    },
    /// An earlier append failed, so the journal's end is not known any more.
    #[error("an earlier write to the journal failed, so this process may write nothing more")]
    EndUnknown,
    /// The process is shutting down in the middle of a write.
    #[error("the write to the journal was cut off")]
    CutOff,
}

impl JournalError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) => error.hint(),
            Self::Replay(ReplayError::Format { .. }) => "use the release that wrote it",
            Self::Replay(_) => {
                "the file was changed by something else: restore it from a copy, and export what is left with `daybreak log`"
            }
            Self::Illegal(_) => "this is a defect; the servers are as the journal says: start again",
            Self::SecretInRecord { .. } => {
                "give the server or plan another name: names are written to the journal"
            }
            Self::EndUnknown | Self::CutOff => {
                "start again: the journal is read anew and what was started is looked at"
            }
        }
    }
}

/// The journal of one migration, held by the one conductor that may write to it. Clones share it.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    lease: Lease,
    conductor: Conductor,
    clock: Arc<dyn Clock>,
    events: Arc<Events>,
    secrets: Secrets,
    /// When the store last heard of us, in milliseconds of the clock's monotonic time.
    heard: AtomicU64,
    book: Mutex<Book>,
}

/// How often a conductor that has nothing to write shows that it lives; well below [`crate::LEASE_LIFETIME`].
const BEAT: Duration = Duration::from_secs(5);

struct Book {
    history: History,
    seq: u64,
    hash: Hash,
    end_unknown: bool,
}

impl Journal {
    /// Takes the lease, checks the chain and replays it.
    ///
    /// # Errors
    /// When somebody else conducts, or the journal cannot be trusted. The lease is given back then.
    pub async fn open(
        store: Arc<dyn Store>,
        conductor: Conductor,
        secrets: Secrets,
        clock: Arc<dyn Clock>,
        events: Arc<Events>,
    ) -> Result<Self, JournalError> {
        let lease = store.acquire(&conductor, clock.now()).await?;
        match read(store.as_ref()).await {
            Ok(book) => {
                let (book, heard) = (Mutex::new(book), AtomicU64::new(millis(clock.monotonic())));
                Ok(Self {
                    inner: Arc::new(Inner {
                        store,
                        lease,
                        conductor,
                        clock,
                        events,
                        secrets,
                        heard,
                        book,
                    }),
                })
            }
            Err(e) => {
                store.release(lease).await?;
                Err(e)
            }
        }
    }

    /// Writes `entries` of `run` in one transaction, caused by `actor`. Durable when it returns. Runs to its end even if the
    /// caller goes away.
    ///
    /// # Errors
    /// When an entry cannot follow what is written or contains a secret (nothing is written then), or when the store fails
    /// (nothing more can be written by this process then).
    pub async fn append(&self, run: RunId, actor: &str, entries: Vec<Entry>) -> Result<(), JournalError> {
        let inner = Arc::clone(&self.inner);
        let actor = actor.to_owned();
        // A task of its own: dropping the caller half-way must not leave the book behind the store.
        let write = tokio::spawn(async move { inner.append(run, &actor, entries).await });
        write.await.unwrap_or(Err(JournalError::CutOff))
    }

    /// Looks at everything that was written.
    pub async fn look<T>(&self, look: impl FnOnce(&History) -> T) -> T {
        look(&self.inner.book.lock().await.history)
    }

    /// Where a run stands; `NotStarted` if there is none.
    pub async fn status(&self, run: RunId) -> Status {
        self.look(|history| history.run(run).map(|run| run.status.clone()).unwrap_or_default())
            .await
    }

    /// Who conducts.
    pub fn conductor(&self) -> &Conductor {
        &self.inner.conductor
    }

    /// The clock it dates records by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// The stream on which everything written appears.
    pub fn events(&self) -> &Arc<Events> {
        &self.inner.events
    }

    /// Gives the lease back, so that another conductor may go on at once.
    ///
    /// # Errors
    /// When the store fails; the lease then ends with the process.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.inner.store.release(self.inner.lease).await
    }

    /// Shows that the conductor lives, if that is due. Only a lost lease is an error: whether the store works shows at the
    /// next write.
    pub(crate) async fn beat(&self) -> Result<(), JournalError> {
        let now = millis(self.inner.clock.monotonic());
        if now.saturating_sub(self.inner.heard.load(Ordering::Relaxed)) < millis(BEAT) {
            return Ok(());
        }
        match self
            .inner
            .store
            .beat(self.inner.lease, self.inner.clock.now())
            .await
        {
            Ok(()) => self.inner.heard.store(now, Ordering::Relaxed),
            Err(e @ StoreError::LeaseLost) => return Err(e.into()),
            Err(e) => tracing::warn!(
                error = &e as &dyn std::error::Error,
                "could not prolong the lease"
            ),
        }
        Ok(())
    }

    /// Lets the store tidy up before a span.
    pub(crate) async fn settle(&self) {
        if let Err(e) = self.inner.store.settle().await {
            tracing::warn!(
                error = &e as &dyn std::error::Error,
                "could not tidy up the journal's store"
            );
        }
    }

    pub(crate) fn signal(&self, run: RunId, signal: Signal) {
        self.inner
            .events
            .send(self.inner.clock.now(), run, What::Passing(signal));
    }
}

impl Inner {
    async fn append(&self, run: RunId, actor: &str, entries: Vec<Entry>) -> Result<(), JournalError> {
        let mut book = self.book.lock().await;
        if book.end_unknown {
            return Err(JournalError::EndUnknown);
        }
        let entries = entries
            .into_iter()
            .map(|entry| self.clean(actor, entry))
            .collect::<Result<Vec<_>, _>>()?;
        book.history.foresee(run, &entries)?;
        let at = self.clock.now();
        let mut records = Vec::with_capacity(entries.len());
        let (mut seq, mut hash) = (book.seq, book.hash);
        for entry in &entries {
            seq += 1;
            let record = Record::new(seq, at, run, actor, entry, hash);
            hash = record.hash;
            records.push(record);
        }
        if let Err(e) = self.store.append(self.lease, &records, at).await {
            book.end_unknown = true;
            return Err(e.into());
        }
        self.heard
            .store(millis(self.clock.monotonic()), Ordering::Relaxed);
        (book.seq, book.hash) = (seq, hash);
        for entry in entries {
            book.history.apply(run, at, actor, &entry)?;
            self.events.send(at, run, What::Recorded(entry));
        }
        Ok(())
    }

    /// The entry without secrets.
    fn clean(&self, actor: &str, entry: Entry) -> Result<Entry, JournalError> {
        let kind = entry.kind();
        let refuse = |place| Err(JournalError::SecretInRecord { kind, place });
        if self.secrets.are_in(actor) {
            return refuse("actor");
        }
        if entry.step().is_some_and(|step| self.secrets.are_in(step)) {
            return refuse("step");
        }
        let mut value = serde_json::to_value(&entry).expect("an entry has only string keys");
        self.secrets.redact(&mut value);
        // Through its written form and back: what lives on in memory is what a replay will read. Only words may have changed;
        // an entry that lost its form had a secret in a name.
        match serde_json::from_value::<Entry>(value) {
            Ok(clean) if same_names(&clean, &entry) => Ok(clean),
            _ => refuse("name of a step, play or conductor"),
        }
    }
}

/// Whether what a replay depends on came through unchanged.
fn same_names(clean: &Entry, entry: &Entry) -> bool {
    match (clean, entry) {
        (
            Entry::RunStarted {
                play: a,
                takes_back: b,
                steps: c,
                conductor: d,
            },
            Entry::RunStarted {
                play: e,
                takes_back: f,
                steps: g,
                conductor: h,
            },
        ) => {
            a == e
                && b == f
                && d == h
                && c.iter()
                    .map(|step| &step.plan.id)
                    .eq(g.iter().map(|step| &step.plan.id))
        }
        (Entry::RunResumed { conductor: a }, Entry::RunResumed { conductor: b }) => a == b,
        (
            Entry::UndoStarted {
                steps: a, because: b, ..
            },
            Entry::UndoStarted {
                steps: c, because: d, ..
            },
        ) => a == c && b == d,
        _ => clean.kind() == entry.kind() && clean.step() == entry.step(),
    }
}

fn millis(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}

async fn read(store: &dyn Store) -> Result<Book, JournalError> {
    let records = store.read(0).await?;
    let history = History::replay(&records)?;
    let (seq, hash) = records
        .last()
        .map_or((0, Hash::ZERO), |last| (last.seq, last.hash));
    Ok(Book {
        history,
        seq,
        hash,
        end_unknown: false,
    })
}
