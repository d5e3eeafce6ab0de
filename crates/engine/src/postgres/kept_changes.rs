//! Changes kept for a later comparison, by a replication slot and a publication of the same name, one pair for each database.

use daybreak_model::{Lsn, Position, Scope, TableName};

use super::changes::{Follower, MOST_HELD};
use super::classify::trouble;
use super::connection::{Connection, Purpose};
use super::server::Server;
use super::{publication, quote, schema};
use crate::{Changes, EngineError, ErrorKind};

/// What the database's slot is called.
async fn name(connection: &Connection) -> Result<String, EngineError> {
    let ask = "SELECT 'daybreak_check_' || oid::text FROM pg_database WHERE datname = current_database()";
    let what = "failed to name the slot for changes";
    let name = connection.value(ask, what).await?;
    name.ok_or_else(|| trouble(connection.server(), what, ErrorKind::Other, None))
}

async fn open(server: &Server) -> Result<(Connection, String), EngineError> {
    let connection = Connection::open(&server.endpoint, Purpose::Rows).await?;
    let name = name(&connection).await?;
    Ok((connection, name))
}

/// Keeps changes from now on; in words, what does.
pub(crate) async fn keep(server: &Server, scope: &Scope) -> Result<String, EngineError> {
    let (connection, name) = open(server).await?;
    drop(&connection, &name).await?;
    let flavor = server.flavor().await?;
    publication::for_changes(&connection, flavor, scope, &name).await?;
    let make = format!(
        "SELECT lsn FROM pg_create_logical_replication_slot({}, 'pgoutput')",
        quote::literal(&name)
    );
    let made = connection
        .value(&make, format!("failed to make the slot `{name}`"))
        .await;
    match made {
        Ok(lsn) => Ok(format!(
            "slot and publication `{name}` on {} keep its write-ahead log from {} on, however large it grows, until `--delta` has \
             compared what is in it, or `--drop-slot` drops them",
            connection.server(),
            lsn.unwrap_or_default()
        )),
        Err(error) => {
            drop(&connection, &name).await?;
            Err(error)
        }
    }
}

/// Gives up what is kept from before a place of the log on.
pub(crate) async fn release(server: &Server, log: &Position) -> Result<(), EngineError> {
    let Position::Lsn(lsn) = log else { return Ok(()) };
    let (connection, name) = open(server).await?;
    let advance = format!(
        "SELECT pg_replication_slot_advance(slot_name, '{lsn}'::pg_lsn) FROM pg_replication_slots
         WHERE slot_name = {} AND confirmed_flush_lsn < '{lsn}'::pg_lsn",
        quote::literal(&name)
    );
    let what = format!("failed to advance the slot `{name}`");
    connection.simple(&advance, what).await.map(|_| ())
}

/// Drops slot and publication; whether there was a slot.
pub(crate) async fn forget(server: &Server) -> Result<bool, EngineError> {
    let (connection, name) = open(server).await?;
    drop(&connection, &name).await
}

async fn drop(connection: &Connection, name: &str) -> Result<bool, EngineError> {
    let what = format!("failed to drop the slot `{name}`");
    let drop = format!(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = {}",
        quote::literal(name)
    );
    let dropped = connection.simple(&drop, what.clone()).await?;
    let drop = format!("DROP PUBLICATION IF EXISTS {}", quote::identifier(name));
    connection.execute(&drop, what).await?;
    Ok(!dropped.is_empty())
}

/// Follows what is kept from a place of the log on.
pub(crate) async fn since(
    server: &Server,
    scope: &Scope,
    log: &Position,
) -> Result<Box<dyn Changes>, EngineError> {
    let (connection, name) = open(server).await?;
    let gone = |why: &str| EngineError {
        what: format!("failed to follow changes from {log} on: {why}"),
        ..trouble(
            connection.server(),
            "",
            ErrorKind::Other,
            Some("run a full check with `--keep-slot`"),
        )
    };
    let Position::Lsn(from) = log else {
        return Err(gone("it is no place in a write-ahead log"));
    };
    let what = "failed to look at the slot for changes";
    // The status of the log that it needs is told since PostgreSQL 13.
    let ask = format!(
        "SELECT confirmed_flush_lsn, coalesce(to_jsonb(slot) ->> 'wal_status', '') FROM pg_replication_slots AS slot
         WHERE slot_name = {}",
        quote::literal(&name)
    );
    let rows = connection.simple(&ask, what).await?;
    let Some(slot) = rows.first() else {
        return Err(gone(&format!("there is no slot `{name}` that kept them")));
    };
    if slot.get(1) == Some("lost") {
        return Err(gone(&format!(
            "the server gave up the log that slot `{name}` needs (`max_slot_wal_keep_size`)"
        )));
    }
    let kept: Option<Lsn> = slot.get(0).and_then(|lsn| lsn.parse().ok());
    match kept {
        Some(kept) if kept <= *from => {}
        _ => {
            let kept = slot.get(0).unwrap_or_default();
            return Err(gone(&format!("slot `{name}` keeps them from {kept} on only")));
        }
    }
    let listed = format!(
        "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = {}",
        quote::literal(&name)
    );
    let listed: Vec<TableName> = connection
        .simple(&listed, what)
        .await?
        .iter()
        .filter_map(|row| Some(TableName::new(row.get(0)?, row.get(1)?)))
        .collect();
    let tables = schema::tables(&connection, scope).await?;
    let unlisted = tables.iter().map(|table| &table.name);
    let unlisted = unlisted
        .filter(|table| !listed.contains(table))
        .cloned()
        .collect();
    Ok(Box::new(Follower::over(
        connection,
        name,
        tables,
        unlisted,
        Some(MOST_HELD),
    )))
}
