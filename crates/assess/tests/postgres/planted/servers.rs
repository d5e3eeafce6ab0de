//! Defects of a server's settings and of the server itself.

use super::{On, Planted, badly_set, on};

pub(super) const PLANTED: &[Planted] = &[
    badly_set("postgresql.replication.wal_level", "wal_level"),
    badly_set("postgresql.replication.slots", "max_replication_slots"),
    badly_set("postgresql.replication.senders", "max_wal_senders"),
    badly_set("postgresql.replication.slot_limits", "max_slot_wal_keep_size"),
    badly_set("postgresql.replication.synchronous", "synchronous_standby_names"),
    badly_set("postgresql.replication.delayed", "recovery_min_apply_delay"),
    badly_set(
        "postgresql.replication.standby_conflicts",
        "max_standby_streaming_delay",
    ),
    badly_set("postgresql.parameter.max_connections", "max_connections"),
    badly_set("postgresql.parameter.timezone", "TimeZone"),
    badly_set("postgresql.parameter.durability", "full_page_writes"),
    badly_set("postgresql.parameter.damage_ignored", "zero_damaged_pages"),
    badly_set("postgresql.parameter.asynchronous_commit", "synchronous_commit"),
    badly_set("postgresql.parameter.archive", "archive_mode"),
    badly_set("postgresql.parameter.preload_libraries", "passwordcheck"),
    badly_set("postgresql.parameter.no_counterpart", "wal_compression"),
    badly_set("postgresql.parameter.parity", "statement_timeout"),
    badly_set("postgresql.parameter.password_encryption", "password_encryption"),
    badly_set("postgresql.connection.tls_off", "ssl"),
    on(
        &[On::Crowded],
        "postgresql.parameter.connections_used",
        "max_connections",
        &[],
    ),
    on(&[On::TooNew], "postgresql.server.newer", "the server", &[]),
    on(
        &[On::Major(13)],
        "postgresql.server.end_of_support",
        "the server",
        &[],
    ),
    on(
        &[On::Major(13), On::Major(15), On::Major(17)],
        "postgresql.server.checksums",
        "data_checksums",
        &[],
    ),
];
