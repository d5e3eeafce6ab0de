//! A server's settings as parameters of a cluster: what goes over, what must differ, what Aurora has no use for.
//!
//! Facts from the Aurora user guide: "Aurora MySQL configuration parameters", "Aurora PostgreSQL parameters"; what is not modifiable or
//! not applicable there is named so here.

use serde::Serialize;

use crate::spec::Engine;

/// A setting of the server that is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What becomes of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// The same parameter with the same value, of the cluster's group.
    ClusterParameter,
    /// The same, which is one of instances: of a group that they share, or of one role.
    InstanceParameter,
    /// A parameter that must have another value, or one that the service decides.
    Other,
    /// Nothing: Aurora's storage or the service has no such thing.
    Nothing,
    /// Nobody here knows: it has to be looked up.
    Unknown,
}

/// A setting and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CarriedSetting {
    /// Its name there, which is another where the server is old.
    pub name: String,
    /// Its value on the server that is left.
    pub value: String,
    /// What becomes of it.
    pub becomes: Becomes,
    /// Why, where it does not simply go over.
    pub why: Option<&'static str>,
}

/// A rule: the name, or its beginning with `*`, and what becomes of it.
type Rule = (&'static str, Becomes, Option<&'static str>);

const CLUSTER: Becomes = Becomes::ClusterParameter;
const INSTANCE: Becomes = Becomes::InstanceParameter;
const OTHER: Becomes = Becomes::Other;
const NOTHING: Becomes = Becomes::Nothing;

const STORAGE: Option<&str> = Some("Aurora's storage has no such files, logs or flushing");
const SERVICE: Option<&str> = Some("the service decides it");
const BY_CLASS: Option<&str> =
    Some("it follows from the instance class by default: set it only with a reason");
const BOTH_WAYS: Option<&str> = Some("the plan sets it for replication both ways");

const MYSQL: &[Rule] = &[
    ("auto_increment_increment", INSTANCE, None),
    ("auto_increment_offset", INSTANCE, None),
    ("character_set_server", CLUSTER, None),
    ("collation_server", CLUSTER, None),
    ("div_precision_increment", INSTANCE, None),
    ("default_week_format", INSTANCE, None),
    ("event_scheduler", CLUSTER, None),
    ("explicit_defaults_for_timestamp", INSTANCE, None),
    ("ft_min_word_len", INSTANCE, None),
    ("group_concat_max_len", INSTANCE, None),
    ("init_connect", CLUSTER, None),
    ("innodb_autoinc_lock_mode", CLUSTER, None),
    ("innodb_ft_*", INSTANCE, None),
    ("innodb_lock_wait_timeout", INSTANCE, None),
    ("innodb_print_all_deadlocks", INSTANCE, None),
    ("innodb_strict_mode", CLUSTER, None),
    ("interactive_timeout", INSTANCE, None),
    ("join_buffer_size", INSTANCE, None),
    ("local_infile", INSTANCE, None),
    ("lock_wait_timeout", INSTANCE, None),
    ("log_bin_trust_function_creators", INSTANCE, None),
    ("long_query_time", INSTANCE, None),
    (
        "lower_case_table_names",
        CLUSTER,
        Some("it is set when the cluster is made, and never after"),
    ),
    ("max_allowed_packet", INSTANCE, None),
    (
        "max_connections",
        INSTANCE,
        Some("the default follows from the class: see that it is enough instead"),
    ),
    ("max_execution_time", INSTANCE, None),
    ("max_heap_table_size", INSTANCE, None),
    ("net_read_timeout", INSTANCE, None),
    ("net_write_timeout", INSTANCE, None),
    (
        "optimizer_switch",
        INSTANCE,
        Some("take over only what was changed on purpose"),
    ),
    ("read_rnd_buffer_size", INSTANCE, None),
    ("slow_query_log", INSTANCE, None),
    ("sort_buffer_size", INSTANCE, None),
    ("sql_mode", INSTANCE, None),
    ("time_zone", CLUSTER, None),
    ("tmp_table_size", INSTANCE, None),
    ("transaction_isolation", INSTANCE, None),
    (
        "tx_isolation",
        INSTANCE,
        Some("it is called transaction_isolation there"),
    ),
    (
        "wait_timeout",
        INSTANCE,
        Some("the smaller of it and interactive_timeout counts there"),
    ),
    ("binlog_format", OTHER, BOTH_WAYS),
    ("binlog_row_metadata", OTHER, BOTH_WAYS),
    ("enforce_gtid_consistency", OTHER, BOTH_WAYS),
    ("gtid_mode", OTHER, BOTH_WAYS),
    (
        "require_secure_transport",
        OTHER,
        Some("the plan sets it: clients use TLS"),
    ),
    (
        "innodb_flush_log_at_trx_commit",
        OTHER,
        Some("every commit is safe there; other values lose some for little"),
    ),
    ("sync_binlog", OTHER, SERVICE),
    ("default_authentication_plugin", OTHER, SERVICE),
    ("authentication_policy", OTHER, SERVICE),
    (
        "default_time_zone",
        OTHER,
        Some("it is the parameter time_zone there"),
    ),
    (
        "expire_logs_days",
        OTHER,
        Some("CALL mysql.rds_set_configuration('binlog retention hours', n)"),
    ),
    (
        "binlog_expire_logs_*",
        OTHER,
        Some("CALL mysql.rds_set_configuration('binlog retention hours', n)"),
    ),
    ("binlog_*", OTHER, Some("look whether replication back needs it")),
    ("innodb_buffer_pool_size", OTHER, BY_CLASS),
    ("table_open_cache*", OTHER, BY_CLASS),
    ("table_definition_cache", OTHER, BY_CLASS),
    ("performance_schema*", OTHER, BY_CLASS),
    ("thread_cache_size", OTHER, BY_CLASS),
    ("read_only", OTHER, SERVICE),
    ("super_read_only", OTHER, SERVICE),
    ("log_bin*", OTHER, SERVICE),
    ("log_slave_updates", OTHER, SERVICE),
    ("log_replica_updates", OTHER, SERVICE),
    ("secure_file_priv", OTHER, SERVICE),
    ("server_id", OTHER, SERVICE),
    ("innodb_adaptive_flushing*", NOTHING, STORAGE),
    ("innodb_buffer_pool_*", NOTHING, STORAGE),
    ("innodb_change_buffering", NOTHING, STORAGE),
    ("innodb_checksum_algorithm", NOTHING, STORAGE),
    ("innodb_data_*", NOTHING, STORAGE),
    ("innodb_dedicated_server", NOTHING, STORAGE),
    ("innodb_doublewrite*", NOTHING, STORAGE),
    ("innodb_flush_*", NOTHING, STORAGE),
    ("innodb_io_capacity*", NOTHING, STORAGE),
    ("innodb_log_*", NOTHING, STORAGE),
    ("innodb_max_dirty_pages_pct*", NOTHING, STORAGE),
    ("innodb_page_size", NOTHING, STORAGE),
    ("innodb_read_io_threads", NOTHING, STORAGE),
    ("innodb_redo_log_*", NOTHING, STORAGE),
    ("innodb_temp_*", NOTHING, STORAGE),
    ("innodb_undo_*", NOTHING, STORAGE),
    ("innodb_use_native_aio", NOTHING, STORAGE),
    ("innodb_write_io_threads", NOTHING, STORAGE),
    ("big_tables", NOTHING, STORAGE),
    ("bind_address", NOTHING, SERVICE),
    ("admin_*", NOTHING, SERVICE),
    ("mysqlx*", NOTHING, Some("there is no X protocol")),
    (
        "query_cache_*",
        NOTHING,
        Some("there is no query cache since MySQL 8.0"),
    ),
    ("ssl_*", NOTHING, SERVICE),
    ("tls_*", NOTHING, SERVICE),
    ("basedir", NOTHING, SERVICE),
    ("datadir", NOTHING, SERVICE),
    ("tmpdir", NOTHING, SERVICE),
    ("socket", NOTHING, SERVICE),
    ("port", NOTHING, SERVICE),
    ("pid_file", NOTHING, SERVICE),
    ("plugin_dir", NOTHING, SERVICE),
    ("log_error*", NOTHING, SERVICE),
    ("general_log*", NOTHING, SERVICE),
    ("slow_query_log_file", NOTHING, SERVICE),
    ("relay_log*", NOTHING, SERVICE),
    (
        "replica_*",
        OTHER,
        Some("look whether following the old side needs it"),
    ),
    ("slave_*", OTHER, Some("it is called replica_… there")),
    ("report_*", NOTHING, SERVICE),
    ("skip_name_resolve", NOTHING, SERVICE),
    ("user", NOTHING, SERVICE),
];

const POSTGRES: &[Rule] = &[
    ("autovacuum*", CLUSTER, None),
    ("bytea_output", CLUSTER, None),
    ("DateStyle", CLUSTER, None),
    ("deadlock_timeout", CLUSTER, None),
    ("default_statistics_target", CLUSTER, None),
    ("default_transaction_isolation", CLUSTER, None),
    ("effective_cache_size", OTHER, BY_CLASS),
    ("effective_io_concurrency", CLUSTER, None),
    ("enable_*", CLUSTER, None),
    ("escape_string_warning", CLUSTER, None),
    ("extra_float_digits", CLUSTER, None),
    ("from_collapse_limit", CLUSTER, None),
    ("idle_in_transaction_session_timeout", CLUSTER, None),
    ("idle_session_timeout", CLUSTER, None),
    ("IntervalStyle", CLUSTER, None),
    ("jit*", CLUSTER, None),
    ("join_collapse_limit", CLUSTER, None),
    (
        "lc_*",
        NOTHING,
        Some("it is set when the cluster, or a database, is made"),
    ),
    ("lock_timeout", CLUSTER, None),
    ("log_autovacuum_min_duration", CLUSTER, None),
    ("log_checkpoints", NOTHING, STORAGE),
    ("log_connections", CLUSTER, None),
    ("log_disconnections", CLUSTER, None),
    ("log_lock_waits", CLUSTER, None),
    ("log_min_duration_statement", CLUSTER, None),
    ("log_min_error_statement", CLUSTER, None),
    ("log_statement", CLUSTER, None),
    ("log_temp_files", CLUSTER, None),
    ("maintenance_work_mem", CLUSTER, None),
    ("max_connections", OTHER, BY_CLASS),
    ("max_locks_per_transaction", CLUSTER, None),
    ("max_parallel_*", CLUSTER, None),
    ("password_encryption", CLUSTER, None),
    ("pg_stat_statements.*", CLUSTER, None),
    ("auto_explain.*", CLUSTER, None),
    ("plan_cache_mode", CLUSTER, None),
    ("random_page_cost", CLUSTER, None),
    ("search_path", CLUSTER, None),
    ("seq_page_cost", CLUSTER, None),
    (
        "shared_preload_libraries",
        CLUSTER,
        Some("only what Aurora has; it counts from the next start on"),
    ),
    ("standard_conforming_strings", CLUSTER, None),
    ("statement_timeout", CLUSTER, None),
    ("tcp_keepalives_*", CLUSTER, None),
    ("temp_buffers", CLUSTER, None),
    ("TimeZone", CLUSTER, None),
    ("track_*", CLUSTER, None),
    ("vacuum_*", CLUSTER, None),
    ("work_mem", CLUSTER, None),
    ("shared_buffers", OTHER, BY_CLASS),
    ("wal_level", OTHER, Some("the plan sets rds.logical_replication")),
    ("max_replication_slots", CLUSTER, None),
    ("max_wal_senders", CLUSTER, None),
    ("max_logical_replication_workers", CLUSTER, None),
    ("max_sync_workers_per_subscription", CLUSTER, None),
    ("max_worker_processes", OTHER, BY_CLASS),
    ("ssl", OTHER, Some("the plan sets rds.force_ssl")),
    ("ssl_*", NOTHING, SERVICE),
    (
        "synchronous_commit",
        OTHER,
        Some("every commit is safe there; off loses some for little"),
    ),
    ("synchronous_standby_names", NOTHING, STORAGE),
    ("archive_*", NOTHING, STORAGE),
    ("bgwriter_*", NOTHING, STORAGE),
    ("checkpoint_*", NOTHING, STORAGE),
    ("full_page_writes", NOTHING, STORAGE),
    ("fsync", NOTHING, STORAGE),
    ("max_wal_size", NOTHING, STORAGE),
    ("min_wal_size", NOTHING, STORAGE),
    ("wal_*", NOTHING, STORAGE),
    ("hot_standby*", NOTHING, STORAGE),
    ("primary_*", NOTHING, STORAGE),
    ("restore_command", NOTHING, STORAGE),
    ("huge_pages*", NOTHING, SERVICE),
    ("dynamic_shared_memory_type", NOTHING, SERVICE),
    ("shared_memory_type", NOTHING, SERVICE),
    ("unix_socket_*", NOTHING, SERVICE),
    ("listen_addresses", NOTHING, SERVICE),
    ("port", NOTHING, SERVICE),
    ("data_directory*", NOTHING, SERVICE),
    ("hba_file", NOTHING, SERVICE),
    ("ident_file", NOTHING, SERVICE),
    ("config_file", NOTHING, SERVICE),
    ("external_pid_file", NOTHING, SERVICE),
    ("cluster_name", NOTHING, SERVICE),
    ("logging_collector", NOTHING, SERVICE),
    ("log_directory", NOTHING, SERVICE),
    ("log_filename", NOTHING, SERVICE),
    ("log_destination", NOTHING, SERVICE),
    ("log_line_prefix", NOTHING, SERVICE),
    ("log_timezone", NOTHING, SERVICE),
    ("log_rotation_*", NOTHING, SERVICE),
    ("stats_temp_directory", NOTHING, SERVICE),
    ("default_text_search_config", CLUSTER, None),
    ("client_encoding", NOTHING, Some("clients set it")),
    ("application_name", NOTHING, Some("clients set it")),
    (
        "transaction_*",
        NOTHING,
        Some("it is a transaction's, and no server's"),
    ),
];

/// What becomes of each setting, in the order of what is to be done with it.
#[must_use]
pub fn carried_settings(engine: Engine, settings: &[Setting]) -> Vec<CarriedSetting> {
    let rules = match engine {
        Engine::Mysql => MYSQL,
        Engine::Postgres => POSTGRES,
    };
    let mut carried: Vec<CarriedSetting> = settings
        .iter()
        .map(|setting| {
            let rule = rules.iter().find(|(name, ..)| matches(name, &setting.name));
            let (becomes, why) = rule.map_or((Becomes::Unknown, None), |(_, becomes, why)| (*becomes, *why));
            CarriedSetting {
                name: called_there(&setting.name).to_owned(),
                value: setting.value.clone(),
                becomes,
                why,
            }
        })
        .collect();
    carried.sort_by(|a, b| (a.becomes, &a.name).cmp(&(b.becomes, &b.name)));
    carried
}

/// What a parameter is called that servers called otherwise.
fn called_there(name: &str) -> &str {
    match name {
        "tx_isolation" => "transaction_isolation",
        "DateStyle" => "datestyle",
        "IntervalStyle" => "intervalstyle",
        "TimeZone" => "timezone",
        other => other,
    }
}

fn matches(rule: &str, name: &str) -> bool {
    match rule.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => rule == name,
    }
}

#[cfg(test)]
mod tests {
    use super::{Becomes, MYSQL, POSTGRES, Setting, carried_settings, matches};
    use crate::spec::Engine;

    #[test]
    fn the_first_rule_counts_and_none_stands_in_the_shadow_of_another() {
        for rules in [MYSQL, POSTGRES] {
            for (place, (name, ..)) in rules.iter().enumerate() {
                let before = &rules[..place];
                let bare = name.trim_end_matches('*');
                let shadow = before.iter().find(|(earlier, ..)| matches(earlier, bare));
                assert!(shadow.is_none(), "{name} stands behind {shadow:?}");
            }
        }
    }

    #[test]
    fn settings_come_in_the_order_of_what_is_to_be_done() {
        let settings = [
            ("innodb_io_capacity_max", "4000"),
            ("tx_isolation", "READ-COMMITTED"),
            ("nobody_knows", "1"),
            ("binlog_format", "STATEMENT"),
            ("character_set_server", "latin1"),
        ];
        let settings: Vec<Setting> = settings
            .iter()
            .map(|(name, value)| Setting {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
            })
            .collect();
        let carried = carried_settings(Engine::Mysql, &settings);
        let told: Vec<(Becomes, &str)> = carried
            .iter()
            .map(|one| (one.becomes, one.name.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Becomes::ClusterParameter, "character_set_server"),
                (Becomes::InstanceParameter, "transaction_isolation"),
                (Becomes::Other, "binlog_format"),
                (Becomes::Nothing, "innodb_io_capacity_max"),
                (Becomes::Unknown, "nobody_knows"),
            ]
        );
    }
}
