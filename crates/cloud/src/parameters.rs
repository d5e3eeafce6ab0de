//! Parameters that a migration needs of a cluster, and how a change of one comes into force.
//!
//! Facts from the Aurora user guide: "Aurora MySQL configuration parameters", "Aurora PostgreSQL parameters", "Configuring your Aurora
//! MySQL cluster for replication", "Setting up logical replication for your Aurora PostgreSQL DB cluster".

mod carry;

use std::collections::BTreeMap;

pub use carry::{Becomes, CarriedSetting, Setting, carried_settings};

use crate::spec::{Engine, Spec};

/// What a cluster of Aurora MySQL needs: to replicate both ways by row and GTID, TLS, and clocks that mean the same everywhere.
const MYSQL: [(&str, &str); 6] = [
    ("binlog_format", "ROW"),
    ("binlog_row_metadata", "FULL"),
    ("enforce_gtid_consistency", "ON"),
    ("gtid-mode", "ON"),
    ("require_secure_transport", "ON"),
    ("time_zone", "UTC"),
];

/// And of Aurora PostgreSQL.
const POSTGRES: [(&str, &str); 2] = [("rds.force_ssl", "1"), ("rds.logical_replication", "1")];

/// Parameters that count from the next start of the writer on.
const STATIC: [&str; 12] = [
    "aurora_enhanced_binlog",
    "binlog_format",
    "enforce_gtid_consistency",
    "gtid-mode",
    "lower_case_table_names",
    "max_logical_replication_workers",
    "max_replication_slots",
    "max_wal_senders",
    "max_worker_processes",
    "performance_schema",
    "rds.logical_replication",
    "shared_preload_libraries",
];

/// The cluster's parameters: what it needs, and over that what the plan says.
pub(crate) fn of_cluster(spec: &Spec) -> BTreeMap<String, String> {
    let needed: &[(&str, &str)] = match spec.engine {
        Engine::Mysql => &MYSQL,
        Engine::Postgres => &POSTGRES,
    };
    let needed = needed
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    needed.chain(spec.parameters.clone()).collect()
}

/// Whether a change of it waits for a restart.
pub(crate) fn waits_for_restart(name: &str) -> bool {
    STATIC.contains(&name)
}

/// The family of parameter groups of a version (facts: `aurora-mysql8.0`, `aurora-postgresql17`).
pub(crate) fn family(spec: &Spec) -> String {
    let mut numbers = spec.version.split('.');
    let major = numbers.next().unwrap_or_default();
    match spec.engine {
        Engine::Mysql => format!("aurora-mysql{major}.{}", numbers.next().unwrap_or_default()),
        Engine::Postgres => format!("aurora-postgresql{major}"),
    }
}
