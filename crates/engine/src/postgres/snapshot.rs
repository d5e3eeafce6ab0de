//! A consistent snapshot with the slot whose changes begin exactly where it ends.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{Lsn, Position, Scope};
use tokio::sync::Semaphore;

use super::classify::trouble;
use super::connection::{Connection, Purpose};
use super::large_rows::LargeRows;
use super::reader::{InSnapshot, Reader};
use super::server::Server;
use super::sizes::Sizes;
use super::{publication, quote};
use crate::{EngineError, ErrorKind, Read, Snapshot};

/// How long a slot may wait for the transactions that are open when it is made. Nobody's writes wait for it.
const OPEN_TRANSACTIONS: Duration = Duration::from_secs(300);

/// Readers of one snapshot.
pub(crate) struct SharedSnapshot {
    position: Position,
    readers: Vec<Box<dyn Read>>,
    /// Holds a share lock on every table until the snapshot ends.
    keeper: Connection,
    /// The first reader's export of it.
    name: Option<String>,
}

/// Takes one.
pub(crate) async fn take(
    server: &Server,
    scope: &Scope,
    readers: usize,
    slot: &str,
    patience: Duration,
) -> Result<Box<dyn Snapshot>, EngineError> {
    let flavor = server.flavor().await?.clone();
    let keeper = Connection::open(&server.endpoint, Purpose::Rows).await?;
    // Made before the slot: the slot's plugin looks the publication up as of each change, from the first one on.
    publication::ensure(&keeper, &flavor, scope, slot).await?;
    hold_tables(&keeper, scope, patience).await?;
    drop_unused_slot(&keeper, slot).await?;
    let mut connections = Vec::with_capacity(readers);
    for _ in 0..readers.max(1) {
        connections.push(Connection::open(&server.endpoint, Purpose::Rows).await?);
    }
    let origin = Connection::open_for_replication(&server.endpoint).await?;
    let shared = import(&origin, connections, slot).await;
    match shared {
        Ok((position, connections)) => {
            let first = connections.first();
            let name = match first {
                Some(first) => {
                    first
                        .value("SELECT pg_export_snapshot()", "failed to share the snapshot")
                        .await?
                }
                None => None,
            };
            let large_rows = Arc::new(Semaphore::new(1));
            let sizes = Arc::new(Sizes::default());
            let reader = |connection| {
                let large = LargeRows::new(server.endpoint.clone(), Arc::clone(&large_rows));
                let reader = Reader::new(
                    connection,
                    flavor.clone(),
                    Some(InSnapshot {
                        large,
                        sizes: Arc::clone(&sizes),
                    }),
                );
                Box::new(reader) as Box<dyn Read>
            };
            Ok(Box::new(SharedSnapshot {
                position,
                readers: connections.into_iter().map(reader).collect(),
                keeper,
                name,
            }))
        }
        Err(error) => {
            drop(origin);
            // On failure nothing stays; what the clean-up itself fails with is less telling than the error.
            if let Err(left) = drop_unused_slot(&keeper, slot).await {
                tracing::warn!(slot, error = %left, "slot left behind");
            }
            Err(error)
        }
    }
}

/// Makes the slot and lets every connection into its snapshot. The exporting connection must say nothing in between:
/// its next command ends the export.
async fn import(
    origin: &Connection,
    connections: Vec<Connection>,
    slot: &str,
) -> Result<(Position, Vec<Connection>), EngineError> {
    let what = format!("failed to create the replication slot `{slot}`");
    let create = format!(
        "CREATE_REPLICATION_SLOT {} LOGICAL pgoutput EXPORT_SNAPSHOT",
        quote::identifier(slot)
    );
    let created = tokio::time::timeout(OPEN_TRANSACTIONS, origin.simple(&create, what.clone())).await;
    let created = created.map_err(|_| {
        let hint = "a transaction has been open since before: end it (`pg_stat_activity`, oldest `xact_start`; prepared ones are in \
                    `pg_prepared_xacts`), then try again";
        trouble(origin.server(), what.clone(), ErrorKind::Lock, Some(hint))
    })??;
    let row = created.first();
    let point = row.and_then(|row| row.get("consistent_point"));
    let point: Option<Lsn> = point.and_then(|point| point.parse().ok());
    let name = row.and_then(|row| row.get("snapshot_name"));
    let (Some(point), Some(name)) = (point, name) else {
        return Err(trouble(origin.server(), what, ErrorKind::Other, None));
    };
    for connection in &connections {
        connection.enter_snapshot(name).await?;
    }
    Ok((Position::Lsn(point), connections))
}

/// Share locks on every table, so that none is dropped, rewritten or truncated while the snapshot is read. They hold up
/// no reader and no writer, only `ALTER TABLE` and its like.
async fn hold_tables(keeper: &Connection, scope: &Scope, patience: Duration) -> Result<(), EngineError> {
    let what = "failed to hold the tables' shape";
    let wait = format!("SET lock_timeout = {}", patience.as_millis().max(1));
    keeper.execute(&wait, what).await?;
    let list = format!(
        "SELECT format('%I.%I', n.nspname, c.relname)
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname = ANY ({}) AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.oid",
        quote::text_array(scope.schemas.iter().map(String::as_str))
    );
    let tables = keeper.simple(&list, what).await?;
    keeper.execute("BEGIN READ ONLY", what).await?;
    for some in tables.chunks(500) {
        let names: Vec<_> = some.iter().filter_map(|row| row.get(0)).collect();
        let lock = format!("LOCK TABLE {} IN ACCESS SHARE MODE", names.join(", "));
        keeper.execute(&lock, what).await?;
    }
    Ok(())
}

/// Drops a slot of this name that nobody uses; one in use is an error.
pub(crate) async fn drop_unused_slot(connection: &Connection, slot: &str) -> Result<(), EngineError> {
    let drop = format!(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = {}",
        quote::literal(slot)
    );
    let what = format!("failed to drop the replication slot `{slot}`");
    connection.execute(&drop, what).await
}

#[async_trait]
impl Snapshot for SharedSnapshot {
    fn position(&self) -> &Position {
        &self.position
    }

    /// The marks of [`Inspect::schema_mark`](crate::Inspect::schema_mark) tell more.
    async fn schema_stands(&mut self) -> Result<Option<bool>, EngineError> {
        Ok(None)
    }

    fn shared_as(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn take_readers(&mut self) -> Vec<Box<dyn Read>> {
        std::mem::take(&mut self.readers)
    }

    async fn close(self: Box<Self>) -> Result<(), EngineError> {
        self.keeper.execute("COMMIT", "failed to end the snapshot").await
    }
}
