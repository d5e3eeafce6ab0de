//! Defects of databases.

use super::{On, Planted, SINCE_15, everywhere, on};

pub(super) const PLANTED: &[Planted] = &[
    everywhere(
        "postgresql.database.others",
        "latin",
        &["CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"],
    ),
    Planted {
        database: "latin",
        ..everywhere("postgresql.database.encoding", "latin", &[])
    },
    on(
        SINCE_15,
        "postgresql.database.settings",
        "shop",
        &["ALTER DATABASE shop SET work_mem = '8MB'"],
    ),
    on(
        &[On::Major(13)],
        "postgresql.database.settings",
        "role teller",
        &["CREATE ROLE teller", "ALTER ROLE teller SET search_path = s"],
    ),
    Planted {
        database: "icu",
        ..on(
            SINCE_15,
            "postgresql.database.locale",
            "icu",
            &["CREATE DATABASE icu LOCALE_PROVIDER icu ICU_LOCALE 'de' TEMPLATE template0"],
        )
    },
    everywhere(
        "postgresql.database.invalid",
        "broken",
        &[
            "CREATE DATABASE broken",
            "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'broken'",
        ],
    ),
    everywhere(
        "postgresql.database.templates",
        "template0",
        &["ALTER DATABASE template0 ALLOW_CONNECTIONS true"],
    ),
    everywhere(
        "postgresql.database.connection_limit",
        "shop",
        &["ALTER DATABASE shop CONNECTION LIMIT 50"],
    ),
    everywhere(
        "postgresql.database.tablespace",
        "elsewhere",
        &["CREATE TABLESPACE elsewhere LOCATION ''"],
    ),
    everywhere(
        "postgresql.transaction.wraparound",
        "latin",
        &["UPDATE pg_database SET datfrozenxid = '3000000000' WHERE datname = 'latin'"],
    ),
];
