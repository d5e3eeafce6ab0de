//! Assessment (P1): what a server holds that will not survive the move to Aurora, with the remedy for each.
//!
//! One check, one file. A check is data (id, severity, the crossing that makes it apply) and a look: at facts gathered once
//! for the MySQL family, by one question to the catalog for PostgreSQL. Checks see a server through
//! [`daybreak_engine::Inspect::ask`] alone: none can write.
//!
//! observe: facts and answers · decide: each check's look · there is no act.

// Each imports only from those above it.
mod about;

mod hit;
mod ways;

mod mysql;
mod postgres;

mod verdict;

mod audit;
mod physical;

pub use about::{About, Crossing, Engine};
pub use audit::audit;
pub use hit::Unknown;
pub use mysql::mysql_grants;
pub use physical::{Backup, BackupFile, BackupRefusal, backup_refusals, physical};
pub use postgres::postgresql_grants;
pub use verdict::{Score, Verdict, all_checks, assess};
pub use ways::{Method, Way, end_of_support, ways};
