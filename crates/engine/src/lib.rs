//! The databases behind role ports: everything that speaks a database's protocol or knows its dialect.
//!
//! Callers see ports and values only; `mysql` and `postgres` are private, have the same file names, and never
//! import each other. SQL of more than a line lives in `.sql` files that can be pasted into a shell.

mod error;

mod certificates;
mod private_file;

mod port;

mod doomed;
mod gathered;
mod grouping;
mod part;
mod row_filter;

mod mysql;
mod postgres;

mod connect;

pub use certificates::{AmazonPartition, amazon_authorities, count_amazon_authorities};
pub use connect::{
    backup_login, client_login, database, database_part, grants, gtid_restart, load_file, load_session, mend,
    new_password, own_account, replication, script, tool_calls, tool_position, trim_job,
};
pub use error::{EngineError, ErrorKind};
pub use port::{
    AbsentDefiner, Access, AccountCopy, Block, CarriedAccount, CarriedLogin, Change, Changes, Check, Chunks,
    ClientLogin, Compare, Copied, DataFiles, Database, Deleted, Direction, Explained, Fetch, Following,
    Grantee, GtidChange, GtidChannel, GtidConsistency, GtidMode, GtidObstacle, GtidRestartStep, GtidState,
    GtidWay, HASH, Hashing, Identity, IndexStatements, Inspect, JOBS, JobRows, LeftBehind, Mend, Mended,
    NEW_PASSWORD, NewIndex, Numbering, Open, OwnAccount, Partition, Partitions, Read, Receiver, Rehearse,
    Rehearsed, RepairFrame, Replication, Role, RowFile, RowRepair, SchemaMark, Session, SettingCheck,
    Snapshot, Statement, StatementFigures, StoredRow, Surroundings, TableIndex, TableRights, TextRow, Tie,
    TieKind, ToolCalls, ToolWish, TriggerEvent, Trim, TrimJob, TrimObstacle, Untold, Values, Write,
};
