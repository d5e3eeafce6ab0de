//! Cluster parameters: which exist, which count at once and which from the next reboot on.

use std::sync::PoisonError;

use super::cluster::AuroraStandIn;
use super::{mysql, postgres};
use crate::SandboxError;
use crate::kind::Engine;

/// When a change of a parameter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apply {
    /// At once.
    Dynamic,
    /// From the next reboot on.
    Static,
}

/// How a parameter of this name is applied (Aurora user guide, "Aurora MySQL configuration parameters" and
/// "Aurora PostgreSQL cluster parameters").
pub(super) fn apply(engine: Engine, name: &str) -> Result<Apply, SandboxError> {
    let (dynamic, fixed, locked): (&[&str], &[&str], &[&str]) = match engine {
        Engine::Mysql => (MYSQL_DYNAMIC, MYSQL_STATIC, MYSQL_LOCKED),
        Engine::Postgres => (POSTGRES_DYNAMIC, POSTGRES_STATIC, POSTGRES_LOCKED),
    };
    if locked.contains(&name) {
        return Err(SandboxError::NotPossible(format!(
            "parameter {name} cannot be modified"
        )));
    }
    if dynamic.contains(&name) {
        return Ok(Apply::Dynamic);
    }
    if fixed.contains(&name) {
        return Ok(Apply::Static);
    }
    Err(SandboxError::NotPossible(format!(
        "the stand-in has no cluster parameter {name}"
    )))
}

const MYSQL_DYNAMIC: &[&str] = &[
    "binlog_checksum",
    "binlog_group_commit_sync_delay",
    "binlog_row_metadata",
    "binlog_rows_query_log_events",
    "binlog_transaction_compression",
    "character_set_server",
    "collation_server",
    "event_scheduler",
    "init_connect",
    "innodb_flush_log_at_trx_commit",
    "innodb_lock_wait_timeout",
    "innodb_strict_mode",
    "local_infile",
    "log_bin_trust_function_creators",
    "long_query_time",
    "max_allowed_packet",
    "max_connections",
    "read_only",
    "replica_parallel_workers",
    "replica_preserve_commit_order",
    "replica_type_conversions",
    "require_secure_transport",
    "slow_query_log",
    "sql_mode",
    "time_zone",
    "wait_timeout",
];

const MYSQL_STATIC: &[&str] = &[
    "binlog_format",
    "enforce_gtid_consistency",
    "gtid_mode",
    "innodb_autoinc_lock_mode",
    "performance_schema",
    "replica_skip_errors",
    "tls_version",
];

const MYSQL_LOCKED: &[&str] = &[
    "binlog_row_image",
    "default_storage_engine",
    "innodb_read_only",
    "log_bin",
    "log_replica_updates",
    // Version 3 takes it at creation only.
    "lower_case_table_names",
    "max_binlog_size",
    "secure_file_priv",
    "server_id",
    "skip_name_resolve",
    "sync_binlog",
];

const POSTGRES_DYNAMIC: &[&str] = &[
    "default_transaction_read_only",
    "idle_in_transaction_session_timeout",
    "lock_timeout",
    "log_min_duration_statement",
    "logical_decoding_work_mem",
    "maintenance_work_mem",
    "max_slot_wal_keep_size",
    "max_sync_workers_per_subscription",
    "rds.force_ssl",
    "session_replication_role",
    "statement_timeout",
    "timezone",
    "wal_receiver_timeout",
    "wal_sender_timeout",
    "work_mem",
];

const POSTGRES_STATIC: &[&str] = &[
    "max_connections",
    "max_logical_replication_workers",
    "max_replication_slots",
    "max_wal_senders",
    "max_worker_processes",
    "rds.logical_replication",
    "track_commit_timestamp",
];

const POSTGRES_LOCKED: &[&str] = &["fsync", "full_page_writes", "hot_standby", "wal_level"];

/// The name as the server underneath spells it: Aurora writes some with hyphens.
fn spelled(engine: Engine, name: &str) -> String {
    match engine {
        Engine::Mysql => name.replace('-', "_"),
        Engine::Postgres => name.to_owned(),
    }
}

impl AuroraStandIn {
    /// Sets a cluster parameter: a dynamic one counts at once on every instance, a static one from each instance's next reboot.
    ///
    /// # Errors
    /// When Aurora has no such parameter or does not let it be modified, or a server refuses the value.
    pub async fn set_parameter(&self, name: &str, value: &str) -> Result<Apply, SandboxError> {
        let _one = self.changing.lock().await;
        let engine = self.writer().kind.engine();
        let name = &spelled(engine, name);
        let apply = apply(engine, name)?;
        if engine == Engine::Mysql {
            mysql::check(name, value, self.instances.len())?;
        }
        for instance in self.instances.iter() {
            let server = &instance.server;
            let lines = match engine {
                Engine::Mysql => mysql::translate(name, value),
                Engine::Postgres => postgres::translate(name, value),
            };
            for (line, value) in &lines {
                server.set(line, value);
            }
            match apply {
                Apply::Static => {
                    let mut pending = instance.pending.lock().unwrap_or_else(PoisonError::into_inner);
                    if !pending.contains(name) {
                        pending.push(name.clone());
                    }
                }
                // Its value is TrueIfClusterReplica: readers are read-only whatever it says.
                Apply::Dynamic if name == "read_only" && !instance.writes() => {}
                Apply::Dynamic => match engine {
                    Engine::Mysql => mysql::apply_now(server, name, value).await?,
                    Engine::Postgres => postgres::apply_now(server, name, value).await?,
                },
            }
        }
        Ok(apply)
    }

    /// The static parameters that wait for a reboot: instance and parameter.
    #[must_use]
    pub fn pending_reboot(&self) -> Vec<(String, String)> {
        self.instances
            .iter()
            .flat_map(|instance| {
                let pending = instance
                    .pending
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                pending
                    .into_iter()
                    .map(|parameter| (instance.server.name.clone(), parameter))
            })
            .collect()
    }
}
