//! Who a server is.

use std::time::{SystemTime, UNIX_EPOCH};

use daybreak_model::{Flavor, Hosting, Product, Version};
use tokio_postgres::SimpleQueryRow;

use super::classify::trouble;
use super::connection::Connection;
use super::{quote, topology};
use crate::{EngineError, ErrorKind, Identity, Role, SettingCheck};

/// What it runs.
pub(crate) async fn flavor(connection: &Connection) -> Result<Flavor, EngineError> {
    let what = "failed to ask for the version";
    let rows = connection.simple(include_str!("sql/hosting.sql"), what).await?;
    let row = rows.first().ok_or_else(|| no_answer(connection, what))?;
    let version: Version = text(row, 0).parse().map_err(|error| EngineError {
        source: Some(Box::new(error)),
        ..no_answer(connection, what)
    })?;
    let hosting = match (text(row, 1), row.get(2)) {
        ("true", Some(schema)) => {
            let ask = format!("SELECT {}.aurora_version()", quote::identifier(schema));
            let version = connection.value(&ask, what).await?.unwrap_or_default();
            Hosting::Aurora { version }
        }
        ("true", None) => Hosting::Rds,
        _ => Hosting::SelfManaged,
    };
    Ok(Flavor {
        product: Product::Postgres,
        version,
        hosting,
    })
}

/// Everything about a server that its neighbours need to know.
pub(crate) async fn identity(connection: &Connection, flavor: &Flavor) -> Result<Identity, EngineError> {
    let what = "failed to ask who the server is";
    let before = now_ms();
    let rows = connection.simple(include_str!("sql/identity.sql"), what).await?;
    let after = now_ms();
    let row = rows.first().ok_or_else(|| no_answer(connection, what))?;
    let standby = text(row, 2) == "true";
    let server_ms: i64 = text(row, 5).parse().unwrap_or(after);
    Ok(Identity {
        unique_id: unique_id(connection, row, standby).await,
        flavor: flavor.clone(),
        role: if standby { Role::Replica } else { Role::Primary },
        cannot_be_followed: cannot_be_followed(row, standby, flavor),
        gtid: false,
        server_id: None,
        clock_offset_ms: server_ms - (before + after) / 2,
        replicas: topology::replicas(connection).await?,
        follows: topology::follows(connection).await?,
    })
}

/// System identifier, port and data directory: the first is shared with standbys and with copies of the files, the others
/// tell those apart. Where the identifier may not be read, the address stands for it.
async fn unique_id(connection: &Connection, row: &SimpleQueryRow, standby: bool) -> String {
    let ask = "SELECT system_identifier::text FROM pg_control_system()";
    let system = connection
        .value(ask, "failed to ask for the system identifier")
        .await;
    let (port, address) = (text(row, 3), text(row, 4));
    let directory = row.get(8).unwrap_or_default();
    match system {
        Ok(Some(system)) if !standby => format!("{system}/primary/{port}{directory}"),
        Ok(Some(system)) => format!("{system}/standby/{address}/{port}{directory}"),
        _ => format!("unknown/{address}/{port}{directory}"),
    }
}

fn cannot_be_followed(row: &SimpleQueryRow, standby: bool, flavor: &Flavor) -> Option<SettingCheck> {
    let wal_level = text(row, 1);
    let check = |found: String, hint: &str| {
        Some(SettingCheck {
            found,
            hint: hint.to_owned(),
        })
    };
    if standby {
        return check(
            "in recovery".to_owned(),
            "a standby cannot be the origin of a subscription: name its primary (or the cluster's writer)",
        );
    }
    if wal_level != "logical" {
        let hint = if flavor.is_managed() {
            "set `rds.logical_replication = 1` in the cluster's parameter group and reboot the writer"
        } else {
            "run `ALTER SYSTEM SET wal_level = 'logical'` and restart the server"
        };
        return check(format!("wal_level = {wal_level}"), hint);
    }
    for (column, name) in [(6, "max_replication_slots"), (7, "max_wal_senders")] {
        if text(row, column) == "0" {
            return check(
                format!("{name} = 0"),
                "set it to 10 or more and restart the server",
            );
        }
    }
    None
}

fn text(row: &SimpleQueryRow, column: usize) -> &str {
    row.get(column).unwrap_or_default()
}

fn no_answer(connection: &Connection, what: &str) -> EngineError {
    trouble(connection.server(), what, ErrorKind::Other, None)
}

/// Our clock, in milliseconds since 1970.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
