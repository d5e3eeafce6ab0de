//! The runbook: steps, journal, status, executor, recovery, inbox, view. Knows no database.
//!
//! A [`Runbook`] is an ordered list of [`Step`]s. An [`Executor`] carries it out on a [`Journal`], which writes each step's
//! intent before it acts and its outcome after, in a hash chain kept by a [`Store`]. One pure function, [`next`], says what may
//! follow what; the live run and the replay after a kill share it. People steer through the [`Inbox`] and watch the
//! [`Events`] or the [`View`].
//!
//! ```text
//! let store = Arc::new(SqliteStore::open(path)?);
//! let journal = Journal::open(store.clone(), Conductor::this_process("alice"), secrets, clock, events).await?;
//! let executor = Executor::new(journal, runbook, store, Arc::new(InboxOnly), Settings::default());
//! match executor.run(&RunOptions { actor: "alice".into(), ..RunOptions::default() }).await? {
//!     RunStatus::Completed => ..,
//!     RunStatus::Stuck(stuck) => ..,
//!     ..
//! }
//! executor.journal().close().await?;
//! ```

// Words.
mod clock;
mod conductor;
mod evidence;
mod micros;
mod secrets;

// What goes wrong, and what is said beforehand.
mod failure;
mod plan;

// What is written down: an entry of the journal, and what it becomes.
mod entry;

mod approval;
mod event;
mod record;
mod status;

// Where it is kept.
mod store;

// Who steers.
mod inbox;

mod history;
mod sqlite;

mod journal;

// What a step sees of the run around it: it reaches down to the journal for notes and evidence.
mod context;

mod ruling;
mod step;

mod recover;
mod runbook;

// Who acts.
mod executor;

// What is shown, and what is made to go wrong.
mod fault;
mod view;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use approval::{ApprovalRequest, Approver, Decision, InboxOnly, Policy};
pub use clock::{Clock, ManualClock, SystemClock};
pub use conductor::Conductor;
pub use context::{Context, Stop};
pub use entry::{Entry, PlannedStep, RunId, UndoPurpose};
pub use event::{Event, Events, Progress, Signal, What};
pub use evidence::Evidence;
pub use executor::{ExecuteError, Executor, RunOptions, Settings};
pub use failure::{Retry, StepError};
pub use fault::{BadFaultPoint, Fault, FaultPoint, FaultyStore};
pub use history::{Approval, History, ReplayError, Run, StepHistory};
pub use inbox::{Answer, Ask, Command, Inbox, await_answer};
pub use journal::{Journal, JournalError};
pub use micros::Micros;
pub use plan::{StepPlan, Undo};
pub use record::{BrokenChain, FormatVersion, Hash, Record, WrongFormat, verify_chain};
pub use runbook::{BadRunbook, OnFailure, Runbook, RunbookBuilder};
pub use secrets::{SecretTooShort, Secrets};
pub use sqlite::SqliteStore;
pub use status::{IllegalEvent, RunStatus, Status, StepStanding, StepStatus, Stuck, next};
pub use step::{Probe, Step, Verdict};
pub use store::{LEASE_LIFETIME, Lease, Store, StoreError};
pub use view::{ChainView, ConductorView, RunView, StepView, View};
