//! The role ports. Each trait's prose is its contract; `mysql` and `postgres` implement all of them.

mod carry;
mod check;
mod compare;
mod database;
mod grantee;
mod gtid;
mod index;
mod mend;
mod partitions;
mod read;
mod rehearse;
mod replication;
mod row_file;
mod statements;
mod surroundings;
mod tools;
mod trim;
mod trim_job;
mod write;

pub use carry::{CarriedAccount, CarriedLogin, LeftBehind, NEW_PASSWORD, Receiver};
pub use check::{Check, Chunks, RowRepair};
pub(crate) use compare::added;
pub use compare::{Compare, Hashing};
pub(crate) use database::by_account;
pub use database::{
    AbsentDefiner, DataFiles, Database, Following, Identity, Inspect, Open, Role, SchemaMark, Session,
    SettingCheck, TableRights, TextRow,
};
pub use grantee::{Grantee, JOBS, OwnAccount};
pub use gtid::{
    GtidChange, GtidChannel, GtidConsistency, GtidMode, GtidObstacle, GtidRestartStep, GtidState, GtidWay,
    Numbering,
};
pub use index::{IndexStatements, NewIndex, TableIndex};
pub use mend::{AccountCopy, HASH, Mend, Mended, RepairFrame};
pub use partitions::{Partition, Partitions};
pub use read::{Block, Copied, Read, Snapshot};
pub use rehearse::{Access, Explained, Rehearse, Rehearsed};
pub use replication::{Change, Changes, Replication};
pub use row_file::RowFile;
pub use statements::StatementFigures;
pub use surroundings::{Direction, Surroundings, Tie, TieKind, Untold};
pub use tools::{ClientLogin, ToolCalls, ToolWish};
pub use trim::{Deleted, Fetch, StoredRow, TriggerEvent, Trim, TrimObstacle, Values};
pub use trim_job::{JobRows, TrimJob};
pub use write::{Statement, Write};
