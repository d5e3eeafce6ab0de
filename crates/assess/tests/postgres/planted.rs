//! Every defect, and the statements that make it.

mod databases;
mod programs;
mod replication;
mod servers;
mod surroundings;
mod tables;

/// A server that defects are planted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// A server of this major version.
    Major(u8),
    /// One that is set badly in every way.
    BadlySet,
    /// One whose connections are almost all in use.
    Crowded,
    /// One that is newer than the target.
    TooNew,
    /// PostgreSQL 11.
    Eleven,
}

/// A defect.
pub(crate) struct Planted {
    /// The check that finds it.
    pub(crate) id: &'static str,
    /// Where it is planted.
    pub(crate) on: &'static [On],
    /// The database it is in.
    pub(crate) database: &'static str,
    /// What the finding's object holds.
    pub(crate) object: &'static str,
    /// The statements that make it, as the superuser.
    pub(crate) by: &'static [&'static str],
    /// A statement that goes on for as long as the test.
    pub(crate) held: Option<&'static str>,
}

const EVERYWHERE: &[On] = &[On::Major(13), On::Major(15), On::Major(17), On::Major(18)];
const SINCE_15: &[On] = &[On::Major(15), On::Major(17), On::Major(18)];

const fn on(
    on: &'static [On],
    id: &'static str,
    object: &'static str,
    by: &'static [&'static str],
) -> Planted {
    Planted {
        id,
        on,
        database: "shop",
        object,
        by,
        held: None,
    }
}

const fn everywhere(id: &'static str, object: &'static str, by: &'static [&'static str]) -> Planted {
    on(EVERYWHERE, id, object, by)
}

const fn badly_set(id: &'static str, object: &'static str) -> Planted {
    on(&[On::BadlySet], id, object, &[])
}

/// Settings of [`On::BadlySet`].
pub(crate) const BAD_SETTINGS: &[(&str, &str)] = &[
    ("wal_level", "replica"),
    ("max_replication_slots", "1"),
    ("max_wal_senders", "1"),
    ("max_slot_wal_keep_size", "2GB"),
    ("synchronous_standby_names", "elsewhere"),
    ("synchronous_commit", "local"),
    ("recovery_min_apply_delay", "5min"),
    ("max_standby_streaming_delay", "-1"),
    ("max_connections", "5001"),
    ("max_locks_per_transaction", "10"),
    // A zone in words of its own needs no table of zones.
    ("timezone", "<+02>-02"),
    ("full_page_writes", "off"),
    ("zero_damaged_pages", "on"),
    ("archive_mode", "on"),
    ("archive_command", "/bin/true"),
    ("shared_preload_libraries", "passwordcheck"),
    ("wal_compression", "on"),
    ("statement_timeout", "60s"),
    ("password_encryption", "md5"),
    ("ssl", "off"),
];

/// Checks whose defect no server here can have, or none can within a test's time: their decisions are pure, and tested as tables
/// beside them.
pub(crate) const PURE: &[&str] = &[
    "postgresql.database.many_tables",
    "postgresql.replication.lag",
    "postgresql.server.block_size",
    "postgresql.table.growth",
    "postgresql.transaction.long",
];

/// What servers of a kind are without any doing; and a load makes the healthy application's routine, which runs as its owner, as ours.
pub(crate) fn by_nature(major: u8) -> &'static [&'static str] {
    match major {
        ..=13 => &[
            "postgresql.owner.runs_as_ours",
            "postgresql.schema.public_create",
            "postgresql.server.checksums",
            "postgresql.server.end_of_support",
        ],
        14..=17 => &["postgresql.owner.runs_as_ours", "postgresql.server.checksums"],
        18.. => &["postgresql.owner.runs_as_ours"],
    }
}

/// All of them, in the order in which they are made: the last stand in the way of what is made before.
pub(crate) fn planted() -> impl Iterator<Item = &'static Planted> {
    let subjects = [
        databases::PLANTED,
        tables::PLANTED,
        programs::PLANTED,
        surroundings::PLANTED,
        servers::PLANTED,
        replication::PLANTED,
    ];
    subjects.into_iter().flatten()
}
