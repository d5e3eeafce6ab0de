//! Who a server is: flavor, identity, role, position.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use daybreak_model::{Flavor, GtidSet, Hosting, Position, Product, Version};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::connection::Server;
use super::{classify, privileges, quote};
use crate::{DataFiles, EngineError, ErrorKind, Identity, Role, SettingCheck};

/// The server's own schemas, and ours.
pub(super) const SYSTEM_SCHEMAS: &str =
    "'mysql', 'sys', 'information_schema', 'performance_schema', 'daybreak'";

impl Server {
    /// What the server at the other end runs.
    pub(super) async fn detect_flavor(&self, conn: &mut Conn) -> Result<Flavor, EngineError> {
        let what = "failed to ask for the server's version";
        let rows = self
            .rows_on::<(String, String)>(conn, what, "SELECT @@version, @@version_comment")
            .await?;
        let (text, comment) = rows
            .into_iter()
            .next()
            .ok_or_else(|| self.error(ErrorKind::Other, format!("{what}: the server answered nothing")))?;
        let product = product(&text, &comment);
        // MariaDB before 11 says `5.5.5-10.11.6-MariaDB` to clients, but `@@version` has no such prefix.
        let version: Version = text
            .parse()
            .map_err(|error| self.error(ErrorKind::Unsupported, format!("{what}: {error}")))?;
        let hosting = hosting(self, conn).await?;
        Ok(Flavor {
            product,
            version,
            hosting,
        })
    }
}

fn product(version: &str, comment: &str) -> Product {
    if version.contains("MariaDB") || comment.contains("MariaDB") {
        Product::MariaDb
    } else if comment.contains("Percona") {
        Product::PerconaServer
    } else {
        Product::Mysql
    }
}

/// Aurora states its own version, as a variable and as a function; RDS is recognised by its procedures, which are listed for those
/// alone who may run them, and by where its programs lie.
async fn hosting(server: &Server, conn: &mut Conn) -> Result<Hosting, EngineError> {
    for question in [
        "SELECT @@aurora_version",
        "SELECT AURORA_VERSION()",
        "SELECT mysql.aurora_version()",
    ] {
        match conn.query_first::<String, _>(question).await {
            Ok(Some(version)) => return Ok(Hosting::Aurora { version }),
            Ok(None) => {}
            Err(error) if classify::code(&error).is_some() => {}
            Err(error) => return Err(server.failed("failed to ask who hosts the server", error)),
        }
    }
    let told = server
        .rows_on::<(String, u64)>(
            conn,
            "failed to ask who hosts the server",
            "SELECT @@basedir, COUNT(*) FROM information_schema.ROUTINES \
             WHERE ROUTINE_SCHEMA = 'mysql' AND ROUTINE_NAME = 'rds_start_replication'",
        )
        .await?;
    let amazons = |(programs, procedures): &(String, u64)| *procedures > 0 || lies_where_rds_has_it(programs);
    Ok(if told.iter().any(amazons) {
        Hosting::Rds
    } else {
        Hosting::SelfManaged
    })
}

/// `SELECT @@basedir` on RDS: `/rdsdbbin/mysql-8.0.35.R2/`, `/rdsdbbin/mariadb-10.11.6.R2/`.
fn lies_where_rds_has_it(programs: &str) -> bool {
    programs.starts_with("/rdsdbbin/")
}

/// The variables that say how a server logs its changes.
#[derive(Debug)]
struct Logging {
    log_bin: bool,
    format: String,
    row_image: String,
    gtid: bool,
    server_id: u32,
    unique_id: String,
    read_only: bool,
    reader: bool,
}

impl Server {
    async fn logging(&self) -> Result<Logging, EngineError> {
        let flavor = self.flavor().await?;
        let unique = if flavor.has_gtid() {
            "@@server_uuid"
        } else if flavor.version >= Version::new(10, 10, 0) {
            // MariaDB; `@@server_uid` came with 10.10's feedback plugin and is made from machine and port.
            "CONCAT_WS(':', @@server_uid, @@port, @@datadir)"
        } else {
            "CONCAT_WS(':', @@hostname, @@port, @@datadir)"
        };
        let gtid = if flavor.has_gtid() {
            "@@GLOBAL.gtid_mode"
        } else {
            "'OFF'"
        };
        let image = if flavor.has_gtid() || flavor.version >= Version::new(10, 1, 6) {
            "@@GLOBAL.binlog_row_image"
        } else {
            "'FULL'"
        };
        let reader = if flavor.is_managed() {
            "@@innodb_read_only"
        } else {
            "0"
        };
        let sql = format!(
            "SELECT @@GLOBAL.log_bin, @@GLOBAL.binlog_format, {image}, {gtid}, @@GLOBAL.server_id, {unique}, \
             @@GLOBAL.read_only + 0, {reader} + 0"
        );
        let (log_bin, format, row_image, gtid, server_id, unique_id, read_only, reader) = self
            .row::<(u8, String, String, String, u32, String, u8, u8)>(
                "failed to read the server's settings",
                &sql,
            )
            .await?;
        Ok(Logging {
            log_bin: log_bin == 1,
            format,
            row_image,
            gtid: gtid == "ON",
            server_id,
            unique_id,
            read_only: read_only == 1,
            reader: reader == 1,
        })
    }

    /// Who the server is and whom it replicates with.
    pub(crate) async fn identity(&self) -> Result<Identity, EngineError> {
        let flavor = self.flavor().await?.clone();
        let logging = self.logging().await?;
        let (status, attached) = match self.replica_status().await {
            Ok(status) => (status, self.attached_replicas().await?),
            Err(error) if error.kind == ErrorKind::Privilege => {
                let grants = privileges::grants("topology", &flavor, &self.account().await, &[]);
                return Err(EngineError {
                    hint: grants.map(|statements| statements.join("; ")),
                    ..error
                });
            }
            Err(error) => return Err(error),
        };
        // The other half of a pair follows the server that it leads.
        let pair = status.as_ref().is_some_and(|status| {
            attached.iter().any(|replica| {
                if replica.uuid.is_empty() {
                    replica.server_id == status.source_server_id
                } else {
                    replica.uuid == status.source_uuid
                }
            })
        });
        let follower = logging.reader || (status.is_some() && logging.read_only && !pair);
        Ok(Identity {
            unique_id: logging.unique_id.clone(),
            role: if follower { Role::Replica } else { Role::Primary },
            cannot_be_followed: cannot_be_followed(&logging, &flavor),
            gtid: logging.gtid,
            server_id: Some(logging.server_id),
            clock_offset_ms: self.clock_offset_ms().await?,
            replicas: attached.iter().map(ToString::to_string).collect(),
            follows: status.map(|status| format!("{}:{}", status.source_host, status.source_port)),
            flavor,
        })
    }

    async fn clock_offset_ms(&self) -> Result<i64, EngineError> {
        let now = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        };
        // The first question may have to connect; the second measures.
        let mut offset = 0;
        for _ in 0..2 {
            let before = now();
            let (theirs,) = self
                .row::<(i64,)>(
                    "failed to ask for the server's time",
                    "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)",
                )
                .await?;
            offset = theirs - i64::midpoint(before, now());
        }
        Ok(offset)
    }

    /// How far its change stream has come.
    pub(crate) async fn position(&self) -> Result<Position, EngineError> {
        let mut conn = self.borrow().await?;
        let position = self.position_on(&mut conn).await?;
        self.keep(conn);
        Ok(position)
    }

    /// The same, on a connection of the caller's.
    pub(crate) async fn position_on(&self, conn: &mut Conn) -> Result<Position, EngineError> {
        let what = "failed to read the server's position";
        let flavor = self.flavor().await?;
        if flavor.has_gtid() {
            let sql = "SELECT @@GLOBAL.gtid_mode, @@GLOBAL.gtid_executed";
            let rows = self.rows_on::<(String, String)>(conn, what, sql).await?;
            if let Some((mode, executed)) = rows.into_iter().next()
                && mode == "ON"
            {
                return Ok(Position::Gtid(self.gtid_set(&executed)?));
            }
        }
        let (file, offset) = self.binary_log_end(conn).await?;
        Ok(Position::BinlogFile { file, offset })
    }

    /// File and offset at which the next change will be logged.
    pub(crate) async fn binary_log_end(&self, conn: &mut Conn) -> Result<(String, u64), EngineError> {
        let statement = self.flavor().await?.show_binary_log_status();
        let rows: Vec<Row> = self
            .rows_on(conn, "failed to read the server's position", statement)
            .await?;
        rows.first()
            .and_then(|row| Some((row.get::<String, _>(0)?, row.get::<u64, _>(1)?)))
            .ok_or_else(|| EngineError {
                hint: Some("switch the binary log on (`log_bin`; Aurora: `binlog_format = ROW` in the cluster parameter group) and restart".to_owned()),
                ..self.error(ErrorKind::Unsupported, "failed to read a position: the binary log is off")
            })
    }

    /// A set the server printed.
    pub(crate) fn gtid_set(&self, text: &str) -> Result<GtidSet, EngineError> {
        text.parse().map_err(|error| {
            self.error(
                ErrorKind::Other,
                format!("failed to understand the server's GTID set: {error}"),
            )
        })
    }

    /// Whether clients can connect with TLS. `have_ssl` says so until MySQL 8.0; later a table of performance_schema does,
    /// and where that is switched off TLS is on, for it can only be switched off on purpose.
    pub(crate) async fn offers_tls(&self) -> Result<bool, EngineError> {
        let what = "failed to ask for TLS";
        let said: Vec<(String, String)> = self.rows(what, "SHOW GLOBAL VARIABLES LIKE 'have_ssl'").await?;
        if let Some((_, value)) = said.first() {
            return Ok(value == "YES");
        }
        let sql = "SELECT VALUE FROM performance_schema.tls_channel_status \
                   WHERE CHANNEL = 'mysql_main' AND PROPERTY = 'Enabled'";
        let said: Vec<(String,)> = self.rows(what, sql).await?;
        Ok(said
            .first()
            .is_none_or(|(value,)| value.eq_ignore_ascii_case("yes")))
    }

    /// Databases that are not the server's own, nor ours.
    pub(crate) async fn schemas(&self) -> Result<Vec<String>, EngineError> {
        let names: Vec<(String,)> = self
            .rows(
                "failed to list the databases",
                &format!(
                    "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ({SYSTEM_SCHEMAS}) \
                     AND SCHEMA_NAME NOT LIKE '#mysql50#%' ORDER BY SCHEMA_NAME"
                ),
            )
            .await?;
        Ok(names.into_iter().map(|(name,)| name).collect())
    }

    /// Where its data lie on its own machine.
    pub(crate) async fn data_files(&self) -> Result<DataFiles, EngineError> {
        let (machine, directory, socket) = self
            .row::<(String, String, String)>(
                "failed to ask where its data files lie",
                "SELECT @@GLOBAL.hostname, @@GLOBAL.datadir, @@GLOBAL.socket",
            )
            .await?;
        let directory = PathBuf::from(directory);
        // A socket may be named as the data directory has it.
        let socket = directory.join(socket);
        Ok(DataFiles {
            machine,
            directory,
            socket,
        })
    }

    /// Whether no table of these databases holds a row.
    pub(crate) async fn is_empty(&self, schemas: &[String]) -> Result<bool, EngineError> {
        let tables: Vec<(String, String)> = self
            .rows(
                "failed to list the tables",
                &format!(
                    "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES \
                     WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA IN ({})",
                    quote::texts(schemas)
                ),
            )
            .await?;
        for (schema, name) in tables {
            let sql = format!(
                "SELECT 1 FROM {}.{} LIMIT 1",
                quote::name(&schema),
                quote::name(&name)
            );
            let found: Vec<(u8,)> = self
                .rows(&format!("failed to look into {schema}.{name}"), &sql)
                .await?;
            if !found.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Why the server cannot be replicated from as it is set, if so.
fn cannot_be_followed(logging: &Logging, flavor: &Flavor) -> Option<SettingCheck> {
    let where_to_set = if flavor.is_managed() {
        "in the cluster parameter group, then restart the writer"
    } else {
        "in the server's configuration"
    };
    if !logging.log_bin {
        Some(SettingCheck {
            found: "log_bin = OFF".to_owned(),
            hint: if flavor.is_managed() {
                format!("set `binlog_format = ROW` {where_to_set}")
            } else {
                "set `log_bin`, `server_id` and `binlog_format = ROW` in the server's configuration and restart it"
                    .to_owned()
            },
        })
    } else if logging.format != "ROW" {
        Some(SettingCheck {
            found: format!("binlog_format = {}", logging.format),
            hint: format!(
                "set `binlog_format = ROW` {where_to_set}, and let sessions that use another format end"
            ),
        })
    } else if logging.row_image != "FULL" {
        Some(SettingCheck {
            found: format!("binlog_row_image = {}", logging.row_image),
            hint: format!("set `binlog_row_image = FULL` {where_to_set}"),
        })
    } else if logging.server_id == 0 {
        Some(SettingCheck {
            found: "server_id = 0".to_owned(),
            hint: format!("give the server a `server_id` of its own {where_to_set}"),
        })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::Product;

    use super::{lies_where_rds_has_it, product};

    /// `@@version` and `@@version_comment` as each product's own builds show them.
    #[test]
    fn products_are_told_apart_by_what_they_say() {
        for (version, comment, expected) in [
            ("8.0.36", "MySQL Community Server - GPL", Product::Mysql),
            ("9.7.4-2", "(Debian)", Product::Mysql),
            ("8.0.35", "Source distribution", Product::Mysql),
            (
                "8.0.36-28",
                "Percona Server (GPL), Release 28, Revision 47601f19",
                Product::PerconaServer,
            ),
            (
                "5.6.51-91.0-log",
                "Percona Server (GPL), Release 91.0, Revision b59139e",
                Product::PerconaServer,
            ),
            ("10.11.6-MariaDB-0+deb12u1-log", "Debian 12", Product::MariaDb),
            (
                "10.11.6-MariaDB-log",
                "managed by https://aws.amazon.com/rds/",
                Product::MariaDb,
            ),
            ("11.4.2", "MariaDB Server", Product::MariaDb),
        ] {
            assert_eq!(product(version, comment), expected, "{version} {comment}");
        }
    }

    #[test]
    fn rds_is_known_by_where_its_programs_lie() {
        assert!(lies_where_rds_has_it("/rdsdbbin/mysql-8.0.35.R2/"));
        for elsewhere in ["/usr/", "/opt/rdsdbbin/", ""] {
            assert!(!lies_where_rds_has_it(elsewhere), "{elsewhere}");
        }
    }
}
