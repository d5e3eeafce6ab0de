//! The vocabulary of a migration: pure values, no I/O, no clock, no database driver.
//!
//! Everything that two crates must mean the same thing by is defined here once: which server, which flavor of
//! database, which position in its change stream, which table and which range of its rows.

mod secret;

mod name;

mod flavor;
mod gtid_set;

mod aurora;
mod finding;

mod account;
mod endpoint;
mod position;
mod schema;
mod scope;

mod foreign_key;
mod requirement;
mod row;
mod value_form;

mod replication;
mod row_filter;
mod write_state;

pub use account::Account;
pub use aurora::{AURORA_LINES, AuroraLine, Day, NoSuchLine};
pub use endpoint::{ClientCertificate, Endpoint, EndpointError, Tls};
pub use finding::{Finding, Severity, Told};
pub use flavor::{Family, Flavor, Hosting, Product, Version, VersionError};
pub use foreign_key::ForeignKey;
pub use gtid_set::{GtidSet, GtidSetError};
pub use name::TableName;
pub use position::{Lsn, LsnError, Position, PositionError};
pub use replication::{Behind, LinkSettings, ReplicationFault, ReplicationStatus};
pub use requirement::{Requirement, Unmet, some_of};
pub use row::{ChunkDigest, KeyBound, KeyPart, KeyRange, RowDigest, RowHash, RowRange};
pub use row_filter::RowFilter;
pub use schema::{
    Column, IdentityValue, KeyColumn, ObjectKind, PartKind, Phase, Refusal, RowKey, SchemaImage,
    SchemaObject, Table, TablePart,
};
pub use scope::{Part, Scope};
pub use secret::Secret;
pub use value_form::ValueForm;
pub use write_state::{FenceProof, WriteState};
