//! Whom a server replicates from, and who replicates from it.

use daybreak_model::{LinkSettings, Position, Product};
use mysql_async::prelude::FromValue;
use mysql_async::{Row, Value};

use super::connection::{PROGRAM, Server};
use super::{group, quote};
use crate::{EngineError, ErrorKind, Following};

/// Where the status sends whoever wants to know what an applier's error was.
const WORKERS: &str = "performance_schema.replication_applier_status_by_worker";

/// `SHOW REPLICA STATUS`, in whichever words the server says it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReplicaStatus {
    pub(crate) source_host: String,
    pub(crate) source_port: u16,
    pub(crate) source_uuid: String,
    pub(crate) source_server_id: u32,
    /// `Yes`, `Connecting` or `No`.
    pub(crate) io_running: String,
    /// `Yes` or `No`.
    pub(crate) sql_running: String,
    pub(crate) seconds_behind: Option<u64>,
    pub(crate) io_error: (u32, String),
    pub(crate) sql_error: (u32, String),
    /// How far of it was applied.
    pub(crate) applied: (String, u64),
    /// `Auto_Position` of MySQL, `Using_Gtid` of MariaDB.
    keeps_place_by: String,
}

impl ReplicaStatus {
    /// Reads the statement's one row.
    pub(crate) fn of(row: &Row) -> Self {
        Self {
            source_host: field(row, &["Source_Host", "Master_Host"]),
            source_port: field(row, &["Source_Port", "Master_Port"]),
            source_uuid: field(row, &["Source_UUID", "Master_UUID"]),
            source_server_id: field(row, &["Source_Server_Id", "Master_Server_Id"]),
            io_running: field(row, &["Replica_IO_Running", "Slave_IO_Running"]),
            sql_running: field(row, &["Replica_SQL_Running", "Slave_SQL_Running"]),
            seconds_behind: field(row, &["Seconds_Behind_Source", "Seconds_Behind_Master"]),
            io_error: (field(row, &["Last_IO_Errno"]), field(row, &["Last_IO_Error"])),
            sql_error: (field(row, &["Last_SQL_Errno"]), field(row, &["Last_SQL_Error"])),
            applied: (
                field(row, &["Relay_Source_Log_File", "Relay_Master_Log_File"]),
                field(row, &["Exec_Source_Log_Pos", "Exec_Master_Log_Pos"]),
            ),
            keeps_place_by: field(row, &["Auto_Position", "Using_Gtid"]),
        }
    }

    /// Whether the place is kept by GTID and not by file and offset.
    pub(crate) fn by_gtid(&self) -> bool {
        !matches!(self.keeps_place_by.as_str(), "" | "0" | "No")
    }
}

/// A source the server follows: the channel's name, empty for the default one, and what it says of it.
pub(crate) struct Channel {
    pub(crate) name: String,
    pub(crate) status: ReplicaStatus,
}

/// A column by the first of its names that the server uses; its default when it is absent or NULL.
fn field<T: FromValue + Default>(row: &Row, names: &[&str]) -> T {
    names
        .iter()
        .find_map(|name| row.get::<Value, _>(*name))
        .filter(|value| *value != Value::NULL)
        .and_then(|value| mysql_async::from_value_opt(value).ok())
        .unwrap_or_default()
}

impl Server {
    /// What the server replicates on its default channel, if anything.
    pub(crate) async fn replica_status(&self) -> Result<Option<ReplicaStatus>, EngineError> {
        self.replica_status_on("").await
    }

    /// The same of one channel.
    pub(crate) async fn replica_status_on(
        &self,
        channel: &str,
    ) -> Result<Option<ReplicaStatus>, EngineError> {
        let statement = self.flavor().await?.show_replica_status();
        let rows: Vec<Row> = self
            .rows("failed to ask what the server replicates", statement)
            .await?;
        let status = rows
            .iter()
            .find(|row| field::<String>(row, &["Channel_Name"]) == channel)
            .map(ReplicaStatus::of)
            .filter(|status| !status.source_host.is_empty());
        let Some(mut status) = status else { return Ok(None) };
        if status.sql_error.1.contains(WORKERS) {
            let workers = format!(
                "SELECT LAST_ERROR_NUMBER, LAST_ERROR_MESSAGE FROM {WORKERS} \
                 WHERE CHANNEL_NAME = {} AND LAST_ERROR_NUMBER <> 0 LIMIT 1",
                quote::text(channel)
            );
            let told = self.rows("failed to read the appliers' errors", &workers).await?;
            status.sql_error = told.into_iter().next().unwrap_or(status.sql_error);
        }
        Ok(Some(status))
    }

    /// The statement that shows all sources of the server. MariaDB shows the default one alone to the older words.
    pub(crate) async fn show_channels(&self) -> Result<&'static str, EngineError> {
        let flavor = self.flavor().await?;
        Ok(match flavor.product {
            Product::MariaDb => "SHOW ALL SLAVES STATUS",
            _ => flavor.show_replica_status(),
        })
    }

    /// What the server replicates on every channel.
    pub(crate) async fn channels(&self) -> Result<Vec<Channel>, EngineError> {
        let statement = self.show_channels().await?;
        let rows: Vec<Row> = self
            .rows("failed to ask what the server replicates", statement)
            .await?;
        let channel = |row: &Row| Channel {
            name: field(row, &["Channel_Name", "Connection_name"]),
            status: ReplicaStatus::of(row),
        };
        let channels = rows.iter().map(channel);
        Ok(channels
            // The group's own channels follow nobody by name.
            .filter(|channel| {
                !channel.status.source_host.is_empty() && !channel.name.starts_with(group::CHANNEL)
            })
            .collect())
    }

    /// How far it has come with what it replicates: by GTID where it has them, else in the files of its source.
    pub(crate) async fn following(&self) -> Result<Following, EngineError> {
        let status = self.replica_status().await?;
        let lag = status.as_ref().and_then(|status| status.seconds_behind);
        let own = self.position().await?;
        let applied = match (own, status) {
            (Position::BinlogFile { .. }, Some(status)) => {
                let (file, offset) = status.applied;
                Position::BinlogFile { file, offset }
            }
            (own, _) => own,
        };
        Ok(Following {
            applied,
            lag_seconds: lag.and_then(|seconds| u32::try_from(seconds).ok()).map(f64::from),
        })
    }

    /// The replicas attached to the server: id, UUID where it has one, and host and port where it reported them.
    pub(crate) async fn attached_replicas(&self) -> Result<Vec<AttachedReplica>, EngineError> {
        let statement = self.flavor().await?.show_replicas();
        let what = "failed to list the server's replicas";
        let rows: Vec<Row> = match self.rows(what, statement).await {
            // MySQL 5.6 sends a row with a column too few for a follower that gave no UUID, which no client can read; the
            // connections tell then.
            Err(error) if error.kind == ErrorKind::ConnectionLost => {
                let hosts = self.follower_hosts().await?.into_iter();
                return Ok(hosts
                    .map(|host| AttachedReplica {
                        host,
                        ..AttachedReplica::default()
                    })
                    .collect());
            }
            other => other?,
        };
        let parts = self.followers_of_parts().await;
        let attached: Vec<_> = rows
            .iter()
            .map(|row| AttachedReplica {
                server_id: field(row, &["Server_Id", "Server_id"]),
                uuid: field(row, &["Replica_UUID", "Slave_UUID"]),
                host: field(row, &["Host"]),
                port: field(row, &["Port"]),
            })
            // What follows changes for us is listed for a while after it has ended.
            .filter(|replica| replica.host != PROGRAM && !parts.contains(&replica.uuid))
            .collect();
        if attached.iter().all(|replica| !replica.host.is_empty()) {
            return Ok(attached);
        }
        // Hosts that replicas did not report are known from their connections.
        let mut hosts = self.follower_hosts().await?;
        hosts.dedup();
        let only = (hosts.len() == 1).then(|| hosts[0].clone());
        Ok(attached
            .into_iter()
            .map(|replica| match (&only, replica.host.is_empty()) {
                (Some(host), true) => AttachedReplica {
                    host: host.clone(),
                    ..replica
                },
                _ => replica,
            })
            .collect())
    }
}

impl Server {
    /// The UUIDs of those that follow a part of the server alone, by the account that they read by, where the server tells it
    /// (manual, "Performance Schema User-Defined Variable Tables": a replica sets one to its UUID).
    async fn followers_of_parts(&self) -> Vec<String> {
        let ask = format!(
            "SELECT DISTINCT CONVERT(v.VARIABLE_VALUE USING utf8mb4) FROM performance_schema.user_variables_by_thread AS v \
             JOIN performance_schema.threads AS t ON t.THREAD_ID = v.THREAD_ID \
             WHERE v.VARIABLE_NAME IN ('slave_uuid', 'replica_uuid') AND t.PROCESSLIST_USER LIKE '{}%'",
            LinkSettings::PART_USER.replace('_', "\\_")
        );
        let told: Result<Vec<(String,)>, _> = self.rows("failed to ask who follows a part", &ask).await;
        // MySQL before 5.7 and some of MariaDB's do not have it.
        let told = told.unwrap_or_default().into_iter();
        told.map(|(uuid,)| uuid).filter(|uuid| !uuid.is_empty()).collect()
    }

    /// The hosts from which the binary log is being read.
    async fn follower_hosts(&self) -> Result<Vec<String>, EngineError> {
        let dumps: Vec<(String,)> = self
            .rows(
                "failed to list the server's replicas",
                "SELECT HOST FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%' ORDER BY ID",
            )
            .await?;
        let hosts = dumps.into_iter().map(|(host,)| without_port(&host).to_owned());
        Ok(hosts.collect())
    }
}

/// A replica as its source lists it.
#[derive(Debug, Clone, Default)]
pub(crate) struct AttachedReplica {
    pub(crate) server_id: u32,
    pub(crate) uuid: String,
    host: String,
    port: u16,
}

impl std::fmt::Display for AttachedReplica {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = if self.host.is_empty() { "?" } else { &self.host };
        write!(formatter, "{host}:{}", self.port)
    }
}

/// `host` of `host:port`.
pub(crate) fn without_port(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}
