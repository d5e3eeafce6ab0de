//! A server's place in its estate, as it tells it itself: whom it follows, who follows it, how it logs, how large it is.
//!
//! Facts from the manuals: MySQL "SHOW REPLICA STATUS", "SHOW REPLICAS", "Semisynchronous Replication Monitoring"; MariaDB
//! "SHOW ALL SLAVES STATUS", "Semisynchronous Replication".

use daybreak_model::LinkSettings;

use super::connection::Server;
use super::identity::SYSTEM_SCHEMAS;
use super::{group, privileges};
use crate::{Direction, EngineError, ErrorKind, Surroundings, Tie, TieKind, Untold};

/// Variables that decide how a server replicates; each server knows some of them.
const SETTINGS: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version_comment', 'server_id', 'server_uuid', \
    'log_bin', 'binlog_format', 'binlog_row_image', 'sync_binlog', 'innodb_flush_log_at_trx_commit', \
    'binlog_expire_logs_seconds', 'expire_logs_days', 'log_replica_updates', 'log_slave_updates', 'gtid_mode', \
    'enforce_gtid_consistency', 'gtid_domain_id', 'gtid_strict_mode', 'read_only', 'super_read_only', \
    'lower_case_table_names', 'group_replication_group_name', 'rpl_semi_sync_source_enabled', 'rpl_semi_sync_master_enabled', \
    'rpl_semi_sync_source_timeout', 'rpl_semi_sync_master_timeout', 'rpl_semi_sync_replica_enabled', \
    'rpl_semi_sync_slave_enabled')";

/// Whether the connection to the source acknowledges what it gets: the status of the replica's side.
const SEMI_SYNC: &str = "SHOW GLOBAL STATUS WHERE Variable_name IN ('Rpl_semi_sync_replica_status', 'Rpl_semi_sync_slave_status')";

impl Server {
    /// Everything it tells of its place; what it does not tell is among it.
    pub(crate) async fn surroundings(&self) -> Surroundings {
        let mut told = Surroundings::default();
        if let Err(error) = self.tell(&mut told).await {
            let what = "the rest of its place in the estate";
            told.untold.push(self.untold(what, &error).await);
        }
        told
    }

    /// Asks one thing after the other; an error where no further question would be answered either.
    async fn tell(&self, told: &mut Surroundings) -> Result<(), EngineError> {
        match self.followed().await {
            Ok(ties) => told.ties.extend(ties),
            Err(error) => self.gap("whom it follows", error, told).await?,
        }
        match self.followers().await {
            Ok(ties) => told.ties.extend(ties),
            Err(error) => self.gap("who follows it", error, told).await?,
        }
        match self.group().await {
            Ok(ties) => told.ties.extend(ties),
            Err(error) => told.untold.push(Untold {
                what: "the other members of its group".to_owned(),
                why: error.in_words(),
                grant: match error.kind {
                    ErrorKind::Privilege => Some(format!("{} {}", group::NEEDS, self.account().await)),
                    _ => None,
                },
            }),
        }
        match self
            .rows::<(String, String)>("failed to read the settings of replication", SETTINGS)
            .await
        {
            Ok(settings) => told.settings.extend(settings),
            Err(error) => self.gap("its settings", error, told).await?,
        }
        match self.position().await {
            Ok(position) => told.position = Some(position.to_string()),
            Err(error) => self.gap("its position", error, told).await?,
        }
        let size = format!(
            "SELECT COUNT(*), CAST(COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) AS UNSIGNED) FROM information_schema.TABLES \
             WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND TABLE_SCHEMA NOT IN ({SYSTEM_SCHEMAS})"
        );
        match self.row::<(u64, u64)>("failed to ask for the size", &size).await {
            Ok((tables, bytes)) => (told.tables, told.bytes) = (Some(tables), Some(bytes)),
            Err(error) => self.gap("its size", error, told).await?,
        }
        if let Ok(false) = self.lists_all_tables().await {
            told.untold.push(Untold {
                what: "the size of all of its tables".to_owned(),
                why: "a server lists to an account only what it has privileges for".to_owned(),
                grant: Some(format!("GRANT SHOW VIEW ON *.* TO {}", self.account().await)),
            });
        }
        Ok(())
    }

    /// Notes what a server refused to tell. One that is gone or silent would let every further question wait as long.
    async fn gap(&self, what: &str, error: EngineError, told: &mut Surroundings) -> Result<(), EngineError> {
        if error.code.is_none() && error.is_transient() {
            return Err(error);
        }
        told.untold.push(self.untold(what, &error).await);
        Ok(())
    }

    async fn followed(&self) -> Result<Vec<Tie>, EngineError> {
        let channels = self.channels().await?;
        if channels.is_empty() {
            return Ok(Vec::new());
        }
        let question = self.show_channels().await?;
        let status: Vec<(String, String)> = self.rows("failed to ask for semi-sync", SEMI_SYNC).await?;
        let semi_sync = status.first().map(|(_, value)| value == "ON");
        let tie = |channel: super::topology::Channel| {
            let status = channel.status;
            Tie {
                kind: TieKind::BinaryLog,
                direction: Direction::Follows,
                other: format!("{}:{}", status.source_host, status.source_port),
                name: channel.name,
                question: question.to_owned(),
                running: Some(status.io_running == "Yes" && status.sql_running == "Yes"),
                lag_seconds: status.seconds_behind.map(seconds),
                semi_sync,
            }
        };
        let estates = channels
            .into_iter()
            .filter(|channel| !channel.name.starts_with(LinkSettings::OF_A_PART));
        Ok(estates.map(tie).collect())
    }

    async fn followers(&self) -> Result<Vec<Tie>, EngineError> {
        let question = self.flavor().await?.show_replicas();
        let tie = |other: String| Tie {
            kind: TieKind::BinaryLog,
            direction: Direction::FollowedBy,
            other,
            name: String::new(),
            question: question.to_owned(),
            running: None,
            lag_seconds: None,
            semi_sync: None,
        };
        let attached = self.attached_replicas().await?;
        Ok(attached.iter().map(ToString::to_string).map(tie).collect())
    }

    async fn lists_all_tables(&self) -> Result<bool, EngineError> {
        Ok(privileges::lists_all_tables(&self.grants().await?))
    }

    async fn untold(&self, what: &str, error: &EngineError) -> Untold {
        let grant = match (error.kind, self.flavor().await) {
            (ErrorKind::Privilege, Ok(flavor)) => {
                let account = self.account().await;
                let statements = privileges::grants("topology", flavor, &account, &[]);
                statements.map(|statements| statements.join("; "))
            }
            _ => None,
        };
        Untold {
            what: what.to_owned(),
            why: error.in_words(),
            grant,
        }
    }

    /// The account that the server took us for, as a statement names it.
    pub(crate) async fn account(&self) -> String {
        let told = self
            .row::<(String,)>("failed to ask for the account", "SELECT CURRENT_USER()")
            .await;
        let (account,) = told.unwrap_or_else(|_| (format!("{}@%", self.endpoint.user),));
        let (user, host) = account.rsplit_once('@').unwrap_or((&account, "%"));
        privileges::account(user, host)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a lag of 2^53 seconds is not met with")]
const fn seconds(lag: u64) -> f64 {
    lag as f64
}
