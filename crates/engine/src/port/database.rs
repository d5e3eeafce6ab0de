use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{
    Account, Endpoint, FenceProof, Flavor, ForeignKey, IdentityValue, Position, Requirement, SchemaImage,
    Scope, Table, TableName, TablePart, Unmet, WriteState,
};
use serde::{Deserialize, Serialize};

use crate::{
    AccountCopy, CarriedAccount, Changes, Compare, EngineError, IndexStatements, NewIndex, Numbering,
    Partitions, Read, Receiver, Rehearse, RepairFrame, Snapshot, Statement, StatementFigures, Surroundings,
    TableIndex, Trim, Untold, Write,
};

/// What a server is among its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes writes from applications (or could: it follows nobody, or follows as the other half of a pair).
    Primary,
    /// Follows another server and is read-only: a replica, a physical standby, an Aurora reader.
    Replica,
}

/// Who a server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The same for two addresses exactly when they lead to the same server (or the same Aurora instance):
    /// MySQL `@@server_uuid` (5.6+; MariaDB: `@@server_uid` or hostname, port and data directory), PostgreSQL
    /// system identifier plus timeline plus recovery state and listen address.
    pub unique_id: String,
    /// What it runs.
    pub flavor: Flavor,
    /// Its role.
    pub role: Role,
    /// Whether it can be the *from* side of replication as configured (binary log on and in ROW format with full
    /// images; `wal_level = logical`). `None` when it can, else the reason with the remedy.
    pub cannot_be_followed: Option<SettingCheck>,
    /// MySQL family: whether GTIDs are on. PostgreSQL: false.
    pub gtid: bool,
    /// MySQL family: `server_id`, which must differ between the sides. PostgreSQL: absent.
    pub server_id: Option<u32>,
    /// The server's clock minus ours, in milliseconds, to about half a round trip.
    pub clock_offset_ms: i64,
    /// Replicas attached to it right now, as `host:port` or as the server names them.
    pub replicas: Vec<String>,
    /// Whom it replicates from, as `host:port`, if anybody.
    pub follows: Option<String>,
}

/// A setting that does not permit what is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingCheck {
    /// What is set, such as `binlog_format = STATEMENT`.
    pub found: String,
    /// What is needed and how to get it.
    pub hint: String,
}

/// A client connection the server knows of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The server's id of it: what `kill` takes.
    pub id: u64,
    /// Account.
    pub user: String,
    /// Client address, `host:port` where the server knows it.
    pub client: String,
    /// Port of the client's end, where the server knows it; a proxy finds its own connections by it.
    pub client_port: Option<u16>,
    /// Whether a transaction is open or a statement is running.
    pub in_transaction: bool,
    /// Whether it stands still, waiting for the lock of a table. It is no load then, and may well be waiting for us: a schema change waits
    /// for everybody who has read the table in a transaction, and whoever comes later waits behind it.
    pub waits_for_table: bool,
    /// How long that transaction has been open, in seconds (0 when none is).
    pub transaction_seconds: f64,
    /// How long ago its last statement began or ended, in seconds, where the account is shown that; MySQL tells whole seconds.
    pub quiet_seconds: Option<f64>,
    /// Whether it has written in that transaction, as far as the server tells; true when unknown.
    pub may_have_written: bool,
    /// Whether it is one of our own.
    pub ours: bool,
}

/// How far a replica has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Following {
    /// What it has applied, in the positions of the server that it follows.
    pub applied: Position,
    /// How far it is behind, in seconds, where it knows.
    pub lag_seconds: Option<f64>,
}

/// A hash over the versions of the catalogs' rows: equal marks mean that the schema is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaMark(pub u64);

/// An account that is not there, and what runs in its name: using any of that is refused (MySQL error 1449).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentDefiner {
    /// The account as statements have it.
    pub account: String,
    /// The objects, each with its kind.
    pub objects: Vec<String>,
}

/// Where a server keeps its data, on its own machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataFiles {
    /// The name that its machine has for itself.
    pub machine: String,
    /// Its data directory.
    pub directory: PathBuf,
    /// The socket by which programs on that machine reach it.
    pub socket: PathBuf,
}

/// A row of an answer: the values as text, `None` for NULL. Bytes that are no UTF-8 are replaced.
pub type TextRow = Vec<Option<String>>;

/// An account with rights on single tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRights {
    /// Its name as statements write it.
    pub account: String,
    /// The tables and views.
    pub tables: Vec<TableName>,
}

/// Accounts with their tables, from pairs in the order of accounts.
pub(crate) fn by_account(pairs: impl IntoIterator<Item = (String, TableName)>) -> Vec<TableRights> {
    let mut all: Vec<TableRights> = Vec::new();
    for (account, table) in pairs {
        match all.last_mut().filter(|last| last.account == account) {
            Some(last) => last.tables.push(table),
            None => all.push(TableRights {
                account,
                tables: vec![table],
            }),
        }
    }
    all
}

/// Read-only questions: cheap, time-bounded, safe to ask at any moment on production.
#[async_trait]
pub trait Inspect: Send + Sync {
    /// Who the server is and whom it replicates with.
    async fn identity(&self) -> Result<Identity, EngineError>;

    /// Its ties to other servers, its settings and its size. What one question cannot be asked is said among the answers to
    /// the others, with the privilege that is missing.
    async fn surroundings(&self) -> Surroundings;

    /// User schemas present (MySQL databases or PostgreSQL schemas), system ones left out.
    async fn schemas(&self) -> Result<Vec<String>, EngineError>;

    /// Everything in the scope, with the statements that make it on a server of flavor `for_target` and with
    /// whatever cannot be carried there as `refusals`. Asking a source and then the target gives images whose
    /// objects have equal `definition`s exactly when the target has what the source has.
    async fn schema(&self, scope: &Scope, for_target: &Flavor) -> Result<SchemaImage, EngineError>;

    /// The scope's tables that hold rows, with their columns, row keys and estimated sizes: what of [`Inspect::schema`] a
    /// comparison needs, in a fraction of the time.
    async fn tables(&self, scope: &Scope) -> Result<Vec<Table>, EngineError>;

    /// The foreign keys that lead from a table of the scope or to one.
    async fn foreign_keys(&self, scope: &Scope) -> Result<Vec<ForeignKey>, EngineError>;

    /// Where its schema stands, if it can tell: two equal marks spare reading the schema again. A difference proves nothing:
    /// temporary tables make one as well.
    async fn schema_mark(&self) -> Result<Option<SchemaMark>, EngineError>;

    /// The columns, checks and options of tables, and on the MySQL family their keys and indexes, each on its own, in the
    /// tables' order. A table that is gone has none.
    async fn parts(&self, tables: &[TableName]) -> Result<Vec<TablePart>, EngineError>;

    /// What of the scope's schema the account is not shown, with the privilege that would show it: a server lists to each
    /// account only what it may see, so that a missing privilege would look like a missing object.
    async fn unseen(&self, scope: &Scope) -> Result<Vec<Untold>, EngineError>;

    /// Tables of the scope whose rows or columns may be hidden from the account, with the grant that shows them; all of a schema is
    /// called `*`. With `named`, of those tables alone. A server that lists everything and refuses what may not be read hides nothing.
    async fn hidden_rows(
        &self,
        _scope: &Scope,
        _named: &[TableName],
    ) -> Result<Vec<(TableName, String)>, EngineError> {
        Ok(Vec::new())
    }

    /// The accounts or roles, without the server's own, and what they may do: everywhere (MySQL family), or as roles and on
    /// the scope's objects (PostgreSQL).
    async fn accounts(&self, scope: &Scope) -> Result<Vec<Account>, EngineError>;

    /// What makes an account on a server of flavor `to`, by the name and with the password that it has here.
    ///
    /// # Errors
    /// Also when a server of that flavor does not keep passwords as this one keeps the account's.
    async fn copy_account(&self, name: &str, to: &Flavor) -> Result<AccountCopy, EngineError>;

    /// What this server has to give accounts that are carried to it.
    ///
    /// # Errors
    /// Also when our account here may hand on nothing.
    async fn receiver(&self) -> Result<Receiver, EngineError>;

    /// Every account or role that is not the server's own, as the other has to be told of it; rights on objects are those of the
    /// scope (PostgreSQL).
    async fn carried_accounts(
        &self,
        scope: &Scope,
        to: &Receiver,
    ) -> Result<Vec<CarriedAccount>, EngineError>;

    /// Accounts in whose names objects of the scope run and that are not there (MySQL family).
    async fn absent_definers(&self, scope: &Scope) -> Result<Vec<AbsentDefiner>, EngineError>;

    /// What must stand around repairs of the schema. `follower`: they are for this server alone, so they stay out of its
    /// binary log, and a replica that refuses everybody's writes takes ours meanwhile.
    async fn repair_frame(&self, follower: bool) -> Result<RepairFrame, EngineError>;

    /// The same around repairs of a table's rows, so that no trigger of the table adds to them.
    ///
    /// # Errors
    /// With the names of the triggers that cannot be kept from running.
    async fn row_repair_frame(&self, follower: bool, table: &TableName) -> Result<RepairFrame, EngineError>;

    /// How far its change stream has come: what another server must reach to have everything.
    async fn position(&self) -> Result<Position, EngineError>;

    /// How far it has applied what it replicates, in the positions of the server that it follows.
    async fn following(&self) -> Result<Following, EngineError>;

    /// What it has counted of statements, class by class.
    ///
    /// # Errors
    /// Also when it counts none.
    async fn statement_figures(&self) -> Result<Vec<StatementFigures>, EngineError>;

    /// The indexes of tables, with what the account is told of their size and use.
    async fn indexes(&self, tables: &[TableName]) -> Result<Vec<TableIndex>, EngineError>;

    /// Who may do something with single tables of the scope, or with some of their columns: each account with its tables. Rights on
    /// whole databases or schemas, and those of owners, are not among them.
    async fn table_rights(&self, scope: &Scope) -> Result<Vec<TableRights>, EngineError>;

    /// Client sessions, without replication threads and internal workers.
    async fn sessions(&self) -> Result<Vec<Session>, EngineError>;

    /// Privileges that `job`'s statements need and the account lacks; empty when it has all.
    /// Jobs: `"read"` (snapshot and copy from), `"write"` (create and load), `"follow"` (steer replication into it),
    /// `"lead"` (be replicated from), `"fence"`, `"gtid"`; those of [`JOBS`](crate::JOBS).
    async fn missing_privileges(&self, job: &str) -> Result<Vec<String>, EngineError>;

    /// What the objects of the scope need from whichever server they are on, beside themselves.
    async fn requirements(&self, scope: &Scope) -> Result<Vec<Requirement>, EngineError>;

    /// Which of these requirements, read from another server, this one does not meet.
    async fn unmet(&self, requirements: &[Requirement]) -> Result<Unmet, EngineError>;

    /// Why the server may throw its change stream away before another has read it (MySQL: less than a day of binary
    /// log; PostgreSQL: slots limited to less than 1 GiB of log or dropped within a day); `None` when it keeps enough.
    async fn short_retention(&self) -> Result<Option<SettingCheck>, EngineError>;

    /// The next values that AUTO_INCREMENT columns or sequences in the scope would hand out.
    async fn identity_values(&self, scope: &Scope) -> Result<Vec<IdentityValue>, EngineError>;

    /// The rows a read-only question answers with, every value as text. The question is a constant of the program or made
    /// of quoted names: nothing from outside is ever pasted in. Bounded in time as every question is.
    async fn ask(&self, what: &str, question: &str) -> Result<Vec<TextRow>, EngineError>;

    /// Where its data files lie, as it names the place on its own machine; `None` where no file is a backup's business (PostgreSQL,
    /// whose files Aurora does not restore).
    async fn data_files(&self) -> Result<Option<DataFiles>, EngineError>;

    /// Whether no table of the scope holds any row. Cheap: looks at one row of each.
    async fn is_empty(&self, scope: &Scope) -> Result<bool, EngineError>;
}

/// Who may write: the fence. Every method is idempotent; none leaves the server between two states unnoticed,
/// because [`Open::write_state`] reads every path each time.
#[async_trait]
pub trait Open: Send + Sync {
    /// Whether applications can write now. Reads the server, remembers nothing.
    async fn write_state(&self) -> Result<WriteState, EngineError>;

    /// The statements [`Open::fence`] runs, for the plan.
    fn fence_statements(&self) -> Vec<String>;

    /// The statements [`Open::open`] runs, for the plan.
    fn open_statements(&self) -> Vec<String>;

    /// The same for a person to run, one after the other in one session of the account that fenced it: complete, with nothing to
    /// fill in.
    fn statements_to_open_by_hand(&self) -> Vec<String> {
        self.open_statements()
    }

    /// The statements of [`Open::prepare_fence`], secrets left open.
    fn prepare_fence_statements(&self) -> Vec<String>;

    /// Makes ready whatever can be made ready before the pause: warm connections, the account that will prove the
    /// fence. Applications notice nothing, and a server that restarts comes up open as before.
    async fn prepare_fence(&self, scope: &Scope) -> Result<(), EngineError>;

    /// From now on the server comes up fenced should it restart, where it can keep that; open it stays until then. Right
    /// before the pause, and for a side that is to stay closed. [`Open::open`] takes it back.
    async fn stay_fenced_after_restart(&self) -> Result<(), EngineError>;

    /// Refuses writes from applications on every path, from now on and after a restart where the server can keep
    /// that; replication goes on applying. When it returns, no write by an application can still succeed, and
    /// every write that was acknowledged is at or before the position read next.
    async fn fence(&self, scope: &Scope) -> Result<(), EngineError>;

    /// Tries a write as an application could and returns the server's refusal.
    ///
    /// # Errors
    /// When the write was *accepted* (it is rolled back), or could not be tried.
    async fn prove_fence(&self) -> Result<FenceProof, EngineError>;

    /// Lets applications write, taking back all that [`Open::fence`] did, exactly.
    async fn open(&self, scope: &Scope) -> Result<(), EngineError>;

    /// Takes away what `prepare_fence` left in the way of each write, where it did: the triggers of a part. Only while it is open.
    async fn disarm_fence(&self) -> Result<(), EngineError>;

    /// Ends client sessions by id; a session that is gone already is no error.
    async fn kill(&self, sessions: &[u64]) -> Result<(), EngineError>;
}

/// One database server, reached when first needed and again whenever the connection breaks.
#[async_trait]
pub trait Database: Inspect + Open + Numbering + Send + Sync {
    /// Where it is.
    fn endpoint(&self) -> &Endpoint;

    /// What it runs; asked once, then remembered.
    async fn flavor(&self) -> Result<Flavor, EngineError>;

    /// What a session begins with that is to take repairs of rows as they are written.
    fn repair_preamble(&self) -> Vec<String>;

    /// Whether what [`Write::begin`] makes and what is written after it can be taken back together: PostgreSQL's schema
    /// statements belong to transactions, MySQL's commit by themselves.
    fn schema_is_transactional(&self) -> bool;

    /// A consistent snapshot of everything in the scope, readable by `readers` connections at once, with the
    /// position it stands at: a change is either in the snapshot or after the position, never both or neither.
    /// Writes on the server are held up at most `patience` while it is taken; on failure nothing is left behind.
    /// With PostgreSQL it creates the slot named after `link_name` (replacing an unused one of that name), whose
    /// changes begin exactly where the snapshot ends.
    async fn snapshot(
        &self,
        scope: &Scope,
        readers: usize,
        link_name: &str,
        patience: Duration,
    ) -> Result<Box<dyn Snapshot>, EngineError>;

    /// A connection that reads rows as they are now, outside any snapshot.
    async fn reader(&self) -> Result<Box<dyn Read>, EngineError>;

    /// A connection that writes rows and schema during a load, with the session set so that values arrive exactly
    /// (no strictness that rejects what the source holds, no triggers, no foreign-key checks, UTC).
    async fn writer(&self) -> Result<Box<dyn Write>, EngineError>;

    /// A connection that takes rows out of tables. In filters, tables without a schema's name are this schema's.
    async fn trimmer(&self, schema: &str) -> Result<Box<dyn Trim>, EngineError>;

    /// A connection that takes partitions out of tables as a whole.
    async fn partitions(&self) -> Result<Box<dyn Partitions>, EngineError>;

    /// A connection on which statements of the workload are tried, none of which may take longer than `longest`. Tables without a
    /// schema's name are this schema's.
    async fn rehearsal(&self, schema: &str, longest: Duration) -> Result<Box<dyn Rehearse>, EngineError>;

    /// The statements that make and drop an index while others write, for [`Database::run`].
    fn index_statements(&self, index: &NewIndex) -> IndexStatements;

    /// A connection that computes digests inside the server.
    async fn checker(&self) -> Result<Box<dyn Compare>, EngineError>;

    /// Follows which rows of the scope change from now on.
    async fn changes(&self, scope: &Scope) -> Result<Box<dyn Changes>, EngineError>;

    /// Where its log ends now, as [`Database::changes_since`] takes it: MySQL family: file and offset, also with GTIDs.
    async fn log_end(&self) -> Result<Position, EngineError>;

    /// From now on its log is kept for [`Database::changes_since`], until [`Database::forget_changes`]. Returns in words what is
    /// kept where that is this call's doing (PostgreSQL: a slot and a publication, made anew); none where the server keeps its
    /// log by itself (MySQL family).
    async fn keep_changes(&self, scope: &Scope) -> Result<Option<String>, EngineError>;

    /// Gives up what is kept from before `log` on; where nothing is kept, does nothing.
    async fn release_changes(&self, log: &Position) -> Result<(), EngineError>;

    /// Ends what [`Database::keep_changes`] began; whether there was anything.
    async fn forget_changes(&self) -> Result<bool, EngineError>;

    /// The rows of the scope that changed after `log`. Of very many, whole tables. To be asked once; leaves what is kept as it is.
    ///
    /// # Errors
    /// When the log does not reach back so far.
    async fn changes_since(&self, scope: &Scope, log: &Position) -> Result<Box<dyn Changes>, EngineError>;

    /// Runs statements shown in the plan, in order, outside any load. Stops at the first that fails.
    async fn run(&self, statements: &[Statement]) -> Result<(), EngineError>;

    /// Raises AUTO_INCREMENT counters or sequences so that none can hand out a value the other side has used;
    /// never lowers one. Returns how many were raised. Also on a fenced server, which goes on refusing applications, and is then to be
    /// opened or fenced again: its accounts that may pass `read_only` are no longer held back by it.
    async fn raise_identity_values(&self, values: &[IdentityValue]) -> Result<usize, EngineError>;
}
