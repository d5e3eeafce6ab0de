//! What a server is asked, by class: slow logs read, statements brought to their fingerprints, and counted (P4).
//!
//! Fingerprints and ids are those that `pt-query-digest` prints, so that what a team has written down about a class stays true.

// Each imports only from those above it.
mod fingerprint;
mod postgres_fingerprint;
mod slow_log;

mod postgres_log;

mod class;

mod transactions;

mod read;

mod report;
mod servers;

mod compare;
mod limits;

pub use compare::{Became, ClassChange, Side, compare};
pub use fingerprint::{fingerprint, fingerprint_id};
pub use limits::{OverLimit, SlowLimits, over_limits};
pub use read::{Digest, DigestError, Filter, Growing, Input, digest, digest_transactions, follow, is_log};
pub use report::{
    ClassReport, ClassTimes, DigestReport, InTransactions, Named, Ranking, TransactionReport, shortened,
};
