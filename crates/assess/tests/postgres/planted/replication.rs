//! Defects of replication, and a transaction left prepared. They stand in the way of making any other.

use super::{Planted, SINCE_15, everywhere, on};

pub(super) const PLANTED: &[Planted] = &[
    everywhere(
        "postgresql.replication.logical_slots",
        "slot reader",
        &["SELECT pg_create_logical_replication_slot('reader', 'pgoutput')"],
    ),
    everywhere(
        "postgresql.replication.inactive_slots",
        "slot forgotten",
        &["SELECT pg_create_physical_replication_slot('forgotten', true)"],
    ),
    everywhere(
        "postgresql.replication.subscriptions",
        "feed",
        &[
            "CREATE SUBSCRIPTION feed CONNECTION 'host=127.0.0.1 port=1 dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE)",
        ],
    ),
    everywhere(
        "postgresql.replication.publications",
        "checked",
        &["CREATE PUBLICATION checked FOR TABLE s.checked"],
    ),
    on(
        SINCE_15,
        "postgresql.replication.filters",
        "s.refers in publication few",
        &["CREATE PUBLICATION few FOR TABLE s.refers WHERE (id > 0)"],
    ),
    everywhere(
        "postgresql.replication.all_tables",
        "everything",
        &["CREATE PUBLICATION everything FOR ALL TABLES"],
    ),
    everywhere(
        "postgresql.transaction.prepared",
        "half",
        &["BEGIN; INSERT INTO s.checked VALUES (7); PREPARE TRANSACTION 'half'"],
    ),
];
