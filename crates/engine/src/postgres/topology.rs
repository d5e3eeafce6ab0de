//! Whom a server replicates with.

use super::connection::Connection;
use crate::EngineError;

/// Physical standbys attached right now, as `address (name)`: the server knows the address they came from, not the port
/// they listen at.
pub(crate) async fn replicas(connection: &Connection) -> Result<Vec<String>, EngineError> {
    let rows = connection
        .simple(
            "SELECT r.application_name, coalesce(host(r.client_addr), 'local')
             FROM pg_stat_replication AS r
             WHERE NOT EXISTS (SELECT FROM pg_replication_slots AS s
                               WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
               AND r.application_name <> 'pg_basebackup'
             ORDER BY 2, 1",
            "failed to list replicas",
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let name = row.get(0).unwrap_or_default();
            let address = row.get(1).unwrap_or_default();
            format!("{address} ({name})")
        })
        .collect())
}

/// The server a standby streams from.
pub(crate) async fn follows(connection: &Connection) -> Result<Option<String>, EngineError> {
    let ask =
        "SELECT sender_host || ':' || sender_port FROM pg_stat_wal_receiver WHERE sender_host IS NOT NULL";
    connection.value(ask, "failed to ask whom it follows").await
}
