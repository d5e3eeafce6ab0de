//! Aurora has its own system databases, which nobody but Amazon writes to (Aurora prechecks `checkTableMysqlSchema`,
//! `auroraUpgradeCheckForSysSchemaObjectTypeMismatch`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.schema.system_object",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "tables of applications in the databases mysql and sys",
        remedy: "move the table to a database of its own: system databases are not carried",
    },
    look,
};

/// What servers of 5.6 to 9.7 and MariaDB keep in mysql, beside what `mysql.name.system_table` knows.
const OWN: &[&str] = &[
    "column_stats",
    "columns_priv",
    "component",
    "db",
    "default_roles",
    "engine_cost",
    "event",
    "firewall_group_allowlist",
    "firewall_groups",
    "firewall_membership",
    "firewall_users",
    "firewall_whitelist",
    "func",
    "general_log",
    "global_grants",
    "global_priv",
    "gtid_executed",
    "gtid_slave_pos",
    "help_category",
    "help_keyword",
    "help_relation",
    "help_topic",
    "host",
    "index_stats",
    "innodb_index_stats",
    "innodb_table_stats",
    "ndb_binlog_index",
    "password_history",
    "plugin",
    "proc",
    "procs_priv",
    "proxies_priv",
    "replication_asynchronous_connection_failover",
    "replication_asynchronous_connection_failover_managed",
    "replication_group_configuration_version",
    "replication_group_member_actions",
    "role_edges",
    "roles_mapping",
    "server_cost",
    "servers",
    "slave_master_info",
    "slave_relay_log_info",
    "slave_worker_info",
    "slow_log",
    "table_stats",
    "tables_priv",
    "time_zone",
    "time_zone_leap_second",
    "time_zone_name",
    "time_zone_transition",
    "time_zone_transition_type",
    "transaction_registry",
    "user",
    "audit_log_filter",
    "audit_log_user",
    "innodb_ddl_log",
    "innodb_dynamic_metadata",
    "password_reuse_check_history",
    "wsrep_cluster",
    "wsrep_cluster_members",
    "wsrep_streaming_log",
    "wsrep_allowlist",
    "spider_tables",
    "backup_history",
    "backup_progress",
    "backup_sbt_history",
    "masking_policies",
    "masking_policy_rules",
    "telemetry_options",
];

fn look(facts: &Facts) -> Looked {
    let foreign = facts
        .system_tables
        .known()?
        .iter()
        .filter(|(table, kind)| match table.schema.as_str() {
            "sys" => kind == "BASE TABLE" && table.name != "sys_config",
            // Amazon's own tables, and those that an upgrade meets.
            _ => {
                kind == "BASE TABLE"
                    && !OWN.contains(&table.name.as_str())
                    && !table.name.starts_with("rds_")
                    && !table.name.starts_with("ro_replica")
            }
        });
    Ok(foreign
        .map(|(table, _)| {
            Hit::new(
                table.to_string(),
                format!("no table of the server's own in {}", table.schema),
            )
        })
        .collect())
}
