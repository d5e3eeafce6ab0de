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
    let streaming = connection.value(ask, "failed to ask whom it follows").await?;
    if streaming
        .as_ref()
        .is_some_and(|address| !address.starts_with('/'))
    {
        return Ok(streaming);
    }
    // A standby that does not stream at the moment, or whose receiver we may not see, still has its setting; it is shown
    // to superusers and members of pg_read_all_settings (PostgreSQL 12 and later).
    let ask = "SELECT setting FROM pg_settings WHERE name = 'primary_conninfo' AND pg_is_in_recovery()";
    let setting = connection.value(ask, "failed to ask whom it follows").await?;
    Ok(setting.as_deref().and_then(primary_in))
}

/// `host:port` of a connection string of the form `host=… port=…`. A socket's folder is no address.
pub(crate) fn primary_in(conninfo: &str) -> Option<String> {
    let value = |key: &str| {
        conninfo
            .split_whitespace()
            .find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
            .map(|value| value.trim_matches('\''))
            .filter(|value| !value.is_empty())
    };
    let host = value("host").or_else(|| value("hostaddr"))?;
    let host = host.split(',').next().filter(|host| !host.starts_with('/'))?;
    let port = value("port").and_then(|port| port.split(',').next());
    Some(format!("{host}:{}", port.unwrap_or("5432")))
}

#[cfg(test)]
mod tests {
    use super::primary_in;

    #[test]
    fn the_primary_is_read_from_the_setting() {
        for (conninfo, expected) in [
            (
                "user=repl password=s host=10.0.0.5 port=5433 sslmode=prefer",
                Some("10.0.0.5:5433"),
            ),
            ("host='db1.example' user=repl", Some("db1.example:5432")),
            ("host=/run/postgresql port=5432", None),
            ("", None),
        ] {
            assert_eq!(primary_in(conninfo).as_deref(), expected, "{conninfo}");
        }
    }
}
