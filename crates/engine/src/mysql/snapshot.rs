//! A consistent snapshot over several connections, and the position it stands at.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{Position, Product, Scope};
use futures_util::future::try_join_all;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use tokio::time::timeout;

use super::connection::Server;
use super::quote;
use super::reader::Reader;
use super::session::Purpose;
use crate::{EngineError, ErrorKind, Read, Snapshot};

/// The readers of a snapshot, each in a transaction of its own that sees the same rows.
#[derive(Debug)]
pub(crate) struct MysqlSnapshot {
    server: Arc<Server>,
    position: Position,
    /// Schema statements counted under the lock, where that lock waits for those that run.
    counted: Option<SchemaStatements>,
    readers: Vec<Reader>,
}

#[async_trait]
impl Snapshot for MysqlSnapshot {
    fn position(&self) -> &Position {
        &self.position
    }

    async fn schema_stands(&mut self) -> Result<Option<bool>, EngineError> {
        let Some(then) = self.counted else {
            return Ok(None);
        };
        let mut conn = self.server.borrow().await?;
        let now = SchemaStatements::count(&self.server, &mut conn).await?;
        self.server.keep(conn);
        Ok(Some(now == then))
    }

    fn shared_as(&self) -> Option<&str> {
        None
    }

    fn take_readers(&mut self) -> Vec<Box<dyn Read>> {
        let readers = std::mem::take(&mut self.readers);
        readers
            .into_iter()
            .map(|reader| Box::new(reader) as Box<dyn Read>)
            .collect()
    }

    async fn close(self: Box<Self>) -> Result<(), EngineError> {
        // Readers end their transactions with their connections.
        Ok(())
    }
}

/// How many statements that change a schema the server has begun, of all sessions, of routines and events, and of its own
/// replication threads (manual, "Server Status Variables", `Com_xxx`).
///
/// Counted as they begin: an equal count later means an unchanged schema only if none ran when the first was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SchemaStatements(u64);

impl SchemaStatements {
    async fn count(server: &Server, conn: &mut Conn) -> Result<Self, EngineError> {
        let counters =
            "SHOW GLOBAL STATUS WHERE Variable_name REGEXP '^Com_(alter|create|drop|rename|import)_'";
        let counted: Vec<(String, u64)> = server
            .rows_on(conn, "failed to count schema statements", counters)
            .await?;
        Ok(Self(counted.into_iter().map(|(_, number)| number).sum()))
    }
}

/// Stops commits for a moment, begins the readers' transactions, notes the position.
pub(crate) async fn take(
    server: &Arc<Server>,
    scope: &Scope,
    readers: usize,
    patience: Duration,
) -> Result<MysqlSnapshot, EngineError> {
    let mut control = server.connect(Purpose::Ask).await?;
    let mut conns = Vec::with_capacity(readers);
    for _ in 0..readers.max(1) {
        conns.push(server.connect(Purpose::Read).await?);
    }
    let seconds = patience.as_secs_f64().ceil().clamp(1.0, 3600.0);
    server
        .rows_on::<(u8,)>(
            &mut control,
            "failed to prepare a snapshot",
            &format!("SET SESSION lock_wait_timeout = {seconds}"),
        )
        .await?;
    let lock = lock(server, &mut control, scope, patience).await?;
    let taken = match refuse_prepared(server, &mut control).await {
        Ok(()) => within_lock(server, &mut control, &mut conns, lock).await,
        Err(error) => Err(error),
    };
    // Whatever happened, writes go on at once; losing this connection releases the lock as well.
    let unlocked = control.query_drop("UNLOCK TABLES").await;
    let (position, counted) = taken?;
    unlocked.map_err(|error| server.failed("failed to release the snapshot's lock", error))?;
    Ok(MysqlSnapshot {
        server: Arc::clone(server),
        position,
        counted,
        readers: conns
            .into_iter()
            .map(|conn| Reader::new(Arc::clone(server), conn, true))
            .collect(),
    })
}

/// A transaction that XA has prepared is logged already and seen by no snapshot: its rows would not be loaded, and its
/// `XA COMMIT`, which is logged apart, would stop the replica (1397). Without XA_RECOVER_ADMIN the server does not tell.
async fn refuse_prepared(server: &Server, control: &mut Conn) -> Result<(), EngineError> {
    let what = "failed to look for transactions that XA has prepared";
    let prepared = match server.rows_on::<Row>(control, what, "XA RECOVER").await {
        Ok(rows) => rows.len(),
        Err(error) if error.code.is_some() => 0,
        Err(error) => return Err(error),
    };
    if prepared == 0 {
        return Ok(());
    }
    Err(EngineError {
        hint: Some("commit or roll them back: `XA RECOVER` lists them".to_owned()),
        ..server.error(
            ErrorKind::Lock,
            format!(
                "failed to take a snapshot: {prepared} transactions are prepared by XA and not committed"
            ),
        )
    })
}

async fn within_lock(
    server: &Server,
    control: &mut Conn,
    conns: &mut [Conn],
    lock: Lock,
) -> Result<(Position, Option<SchemaStatements>), EngineError> {
    let begin = conns.iter_mut().map(|conn| async move {
        conn.query_drop("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            .await?;
        conn.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT")
            .await
    });
    let begun = timeout(Duration::from_secs(10), try_join_all(begin)).await;
    begun
        .map_err(|_| {
            server.error(
                ErrorKind::Interrupted,
                "failed to begin a snapshot: no answer within 10 s",
            )
        })?
        .map_err(|error| server.failed("failed to begin a snapshot", error))?;
    // MySQL's global read lock is given only when every schema statement has ended; MariaDB's lets one that copies a table go on.
    let counted = if lock == Lock::Global && server.flavor().await?.product != Product::MariaDb {
        Some(SchemaStatements::count(server, control).await?)
    } else {
        None
    };
    Ok((server.position_on(control).await?, counted))
}

/// What holds writes up while a snapshot is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lock {
    /// `FLUSH TABLES WITH READ LOCK`.
    Global,
    /// `LOCK TABLES` of the scope's tables.
    Tables,
}

/// Takes the global read lock, or locks the scope's tables where the account may not.
async fn lock(
    server: &Server,
    control: &mut Conn,
    scope: &Scope,
    patience: Duration,
) -> Result<Lock, EngineError> {
    match locked_by(server, control, "FLUSH TABLES WITH READ LOCK", patience).await {
        Ok(()) => return Ok(Lock::Global),
        Err(error) if error.kind == ErrorKind::Privilege || error.kind == ErrorKind::Authentication => {}
        Err(error) => return Err(error),
    }
    let tables: Vec<(String, String)> = server
        .rows_on(
            control,
            "failed to list the tables",
            &format!(
                "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES \
                 WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA IN ({})",
                quote::texts(&scope.schemas)
            ),
        )
        .await?;
    if tables.is_empty() {
        return Ok(Lock::Tables);
    }
    // Only so does InnoDB lock the tables too, and wait for whoever has written to them and not committed: a lock of names alone
    // does not (manual, "LOCK TABLES and UNLOCK TABLES Statements", "Interaction of Table Locking and Transactions").
    control
        .query_drop("SET autocommit = 0")
        .await
        .map_err(|error| server.failed("failed to prepare a snapshot", error))?;
    let list: Vec<_> = tables
        .iter()
        .map(|(schema, name)| format!("{}.{} READ", quote::name(schema), quote::name(name)))
        .collect();
    locked_by(
        server,
        control,
        &format!("LOCK TABLES {}", list.join(", ")),
        patience,
    )
    .await
    .map(|()| Lock::Tables)
}

/// Runs a locking statement for at most `patience`. A lock still waited for holds up every write, so it is killed then.
async fn locked_by(
    server: &Server,
    control: &mut Conn,
    sql: &str,
    patience: Duration,
) -> Result<(), EngineError> {
    let what = "failed to lock tables for a snapshot";
    let id = control.id();
    match timeout(patience, control.query_drop(sql)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(server.failed(what, error)),
        Err(_) => {
            server
                .run("failed to end the wait for a lock", &format!("KILL {id}"))
                .await?;
            Err(EngineError {
                hint: Some("a statement or transaction on the server runs longer than that: see its sessions, or allow more patience".to_owned()),
                ..server.error(
                    ErrorKind::Lock,
                    format!("{what}: not obtained within {} ms", patience.as_millis()),
                )
            })
        }
    }
}
