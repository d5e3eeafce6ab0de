//! Old rows out of a company's tables (P5): which rows a rule means, archived and verified, deleted in small transactions, put back.
//!
//! A rule is made a plan before anything is touched: the rule's table, and before it the tables whose rows refer to such rows. Rows are
//! read, written to a file that is read back, and only then deleted, each by its key, in a transaction that locked it and saw that it
//! still is what the file holds. What a run has done stands in the manifest beside its files; whatever is killed, a row is in its
//! table, or in a file that says that it was deleted.

// Each imports only from those above it.
mod error;
mod rule;

mod age;
mod closure;
mod manifest;
mod meaning;

mod brake;
mod copies;
mod plan;

mod fetched;
mod left;
mod settle;

mod chunks;

mod delete;
mod restore;
mod schedule;
mod whole;

pub use brake::TrimLimits;
pub use copies::TrimArchive;
pub use delete::{TrimReport, Trimmed, trim};
pub use error::TrimError;
pub use left::{LeftAside, left_aside};
pub use plan::{TrimPart, TrimPlan, TrimSurvey, plan_trim, survey};
pub use restore::{RestoreReport, restore, runs, verify};
pub use rule::{AgeUnit, Children, Hold, TrimRule, Which};
pub use schedule::{Due, Schedule, ScheduleError};
