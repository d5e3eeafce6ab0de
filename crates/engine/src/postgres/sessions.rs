//! Client sessions.

use super::connection::{APPLICATION_NAME, Connection};
use super::quote;
use crate::{EngineError, Session};

/// Client sessions of this database, without replication and internal workers.
pub(crate) async fn list(connection: &Connection) -> Result<Vec<Session>, EngineError> {
    let ask = format!(
        "SELECT pid::text, usename, coalesce(host(client_addr), 'local'), coalesce(client_port, -1)::text,
                (xact_start IS NOT NULL OR state IN ('active', 'fastpath function call'))::text,
                coalesce(greatest(extract(epoch FROM clock_timestamp() - xact_start), 0), 0)::text,
                (backend_xid IS NOT NULL OR state IS NULL)::text,
                (pid = pg_backend_pid() OR application_name = {} AND usename = current_user)::text,
                extract(epoch FROM clock_timestamp() - state_change)::text,
                (wait_event_type = 'Lock' AND wait_event = 'relation')::text
         FROM pg_stat_activity
         WHERE datname = current_database() AND backend_type = 'client backend'
         ORDER BY backend_start",
        quote::literal(APPLICATION_NAME)
    );
    let rows = connection.simple(&ask, "failed to list sessions").await?;
    let session = |row: &tokio_postgres::SimpleQueryRow| {
        let text = |column| row.get(column).unwrap_or_default();
        let port: Option<u16> = text(3).parse().ok().filter(|port| *port != 0);
        Some(Session {
            id: text(0).parse().ok()?,
            user: text(1).to_owned(),
            client: port.map_or_else(|| text(2).to_owned(), |port| format!("{}:{port}", text(2))),
            client_port: port,
            in_transaction: text(4) == "true",
            waits_for_table: text(9) == "true",
            transaction_seconds: text(5).parse().unwrap_or(0.0),
            quiet_seconds: text(8).parse().ok(),
            may_have_written: text(6) == "true",
            ours: text(7) == "true",
        })
    };
    Ok(rows.iter().filter_map(session).collect())
}
