//! Defects of tables and what belongs to them: columns, sequences, indexes, constraints, views, triggers.

use super::{On, Planted, SINCE_15, everywhere, on};

pub(super) const PLANTED: &[Planted] = &[
    everywhere(
        "postgresql.table.write_hot",
        "s.hot",
        &[
            "CREATE SCHEMA s",
            "CREATE TABLE s.hot (id integer PRIMARY KEY)",
            "SELECT pg_stat_reset()",
            "INSERT INTO s.hot SELECT i FROM generate_series(1, 500000) AS i",
        ],
    ),
    everywhere(
        "postgresql.table.hot_keys",
        "s.few",
        &[
            "CREATE TABLE s.few (id integer PRIMARY KEY, n integer NOT NULL)",
            "INSERT INTO s.few SELECT i, 0 FROM generate_series(1, 10) AS i",
            "DO $$ BEGIN FOR i IN 1..1500 LOOP UPDATE s.few SET n = n + 1; END LOOP; END $$",
        ],
    ),
    everywhere("postgresql.object.superuser_owned", "role postgres", &[]),
    everywhere(
        "postgresql.table.unlogged",
        "s.unlogged",
        &["CREATE UNLOGGED TABLE s.unlogged (id integer PRIMARY KEY)"],
    ),
    everywhere(
        "postgresql.table.no_key",
        "s.no_key",
        &["CREATE TABLE s.no_key (a integer)"],
    ),
    everywhere(
        "postgresql.table.partitioned_no_key",
        "s.parted",
        &[
            "CREATE TABLE s.parted (a integer) PARTITION BY RANGE (a)",
            "CREATE TABLE s.parted_1 PARTITION OF s.parted FOR VALUES FROM (0) TO (10)",
        ],
    ),
    everywhere(
        "postgresql.table.identity_nothing",
        "s.nothing",
        &[
            "CREATE TABLE s.nothing (id integer PRIMARY KEY)",
            "ALTER TABLE s.nothing REPLICA IDENTITY NOTHING",
        ],
    ),
    everywhere(
        "postgresql.table.identity_index_gone",
        "s.gone",
        &[
            "CREATE TABLE s.gone (id integer NOT NULL)",
            "CREATE UNIQUE INDEX gone_id ON s.gone (id)",
            "ALTER TABLE s.gone REPLICA IDENTITY USING INDEX gone_id",
            "DROP INDEX s.gone_id",
        ],
    ),
    everywhere(
        "postgresql.table.identity_full",
        "s.whole_rows",
        &[
            "CREATE TABLE s.whole_rows (id integer)",
            "ALTER TABLE s.whole_rows REPLICA IDENTITY FULL",
        ],
    ),
    everywhere(
        "postgresql.table.deferrable_key",
        "s.late_key",
        &["CREATE TABLE s.late_key (id integer PRIMARY KEY DEFERRABLE)"],
    ),
    everywhere(
        "postgresql.table.inheritance",
        "s.child",
        &[
            "CREATE TABLE s.parent (id integer PRIMARY KEY)",
            "CREATE TABLE s.child (PRIMARY KEY (id)) INHERITS (s.parent)",
        ],
    ),
    everywhere(
        "postgresql.table.row_security",
        "s.guarded",
        &[
            "CREATE TABLE s.guarded (id integer PRIMARY KEY)",
            "ALTER TABLE s.guarded ENABLE ROW LEVEL SECURITY",
        ],
    ),
    everywhere(
        "postgresql.table.rules",
        "s.ruled",
        &[
            "CREATE TABLE s.ruled (id integer PRIMARY KEY)",
            "CREATE RULE keep AS ON DELETE TO s.ruled DO INSTEAD NOTHING",
        ],
    ),
    // The size is the catalog's estimate: nobody has so large a disk here.
    everywhere(
        "postgresql.table.size_limit",
        "s.huge_1",
        &[
            "CREATE TABLE s.huge_1 (id integer PRIMARY KEY)",
            "UPDATE pg_class SET relpages = -800000000 WHERE oid = 's.huge_1'::regclass",
        ],
    ),
    everywhere(
        "postgresql.database.size",
        "shop",
        &[
            "CREATE TABLE s.huge_2 (id integer PRIMARY KEY)",
            "CREATE TABLE s.huge_3 (id integer PRIMARY KEY)",
            "CREATE TABLE s.huge_4 (id integer PRIMARY KEY)",
            "UPDATE pg_class SET relpages = -1 WHERE oid IN ('s.huge_2'::regclass, 's.huge_3'::regclass, 's.huge_4'::regclass)",
        ],
    ),
    everywhere(
        "postgresql.table.dead_rows",
        "s.dead",
        &[
            "CREATE TABLE s.dead (id integer PRIMARY KEY, n integer)",
            "INSERT INTO s.dead SELECT i, 0 FROM generate_series(1, 20001) AS i",
            "UPDATE s.dead SET n = 1",
        ],
    ),
    everywhere(
        "postgresql.table.stale_statistics",
        "s.unknown_rows",
        &[
            "CREATE TABLE s.unknown_rows (id integer PRIMARY KEY)",
            "INSERT INTO s.unknown_rows SELECT i FROM generate_series(1, 100001) AS i",
        ],
    ),
    everywhere(
        "postgresql.table.wraparound",
        "s.unfrozen",
        &[
            "CREATE TABLE s.unfrozen (id integer PRIMARY KEY)",
            "UPDATE pg_class SET relfrozenxid = '3000000000' WHERE oid = 's.unfrozen'::regclass",
        ],
    ),
    Planted {
        held: Some("BEGIN; CREATE TEMPORARY TABLE scratch (i integer); COMMIT; SELECT pg_sleep(600)"),
        ..everywhere("postgresql.table.temporary", "temporary tables of 1", &[])
    },
    on(
        &[On::Eleven],
        "postgresql.table.with_oids",
        "s.with_oids",
        &[
            "CREATE SCHEMA s",
            "CREATE TABLE s.with_oids (id integer PRIMARY KEY) WITH OIDS",
        ],
    ),
    on(
        &[On::Eleven],
        "postgresql.column.removed_type",
        "s.old_times.since",
        &["CREATE TABLE s.old_times (id integer PRIMARY KEY, since abstime)"],
    ),
    everywhere(
        "postgresql.column.reg_type",
        "s.calls.function",
        &["CREATE TABLE s.calls (id integer PRIMARY KEY, function regproc)"],
    ),
    // No server made since 2017 makes such a column by itself.
    everywhere(
        "postgresql.column.unknown_type",
        "s.literal.what",
        &[
            "CREATE TABLE s.literal (id integer PRIMARY KEY, what text)",
            "UPDATE pg_attribute SET atttypid = 'unknown'::regtype WHERE attrelid = 's.literal'::regclass AND attname = 'what'",
        ],
    ),
    everywhere(
        "postgresql.column.key_end",
        "s.small_key.id",
        &[
            "CREATE SEQUENCE s.large",
            "CREATE TABLE s.small_key (id integer PRIMARY KEY DEFAULT nextval('s.large'))",
            "SELECT setval('s.large', 2000000000)",
        ],
    ),
    everywhere(
        "postgresql.column.generated",
        "s.computed.double",
        &[
            "CREATE TABLE s.computed (id integer PRIMARY KEY, double integer GENERATED ALWAYS AS (id * 2) STORED)",
        ],
    ),
    everywhere(
        "postgresql.column.large_object",
        "s.pictures.picture",
        &["CREATE TABLE s.pictures (id integer PRIMARY KEY, picture oid)"],
    ),
    everywhere(
        "postgresql.large_object",
        "pg_largeobject",
        &["SELECT lo_create(0)"],
    ),
    everywhere(
        "postgresql.sequence.near_end",
        "s.ending",
        &[
            "CREATE SEQUENCE s.ending AS smallint",
            "SELECT setval('s.ending', 32000)",
        ],
    ),
    everywhere(
        "postgresql.sequence.cycle",
        "s.round",
        &["CREATE SEQUENCE s.round MAXVALUE 10 CYCLE"],
    ),
    everywhere(
        "postgresql.index.invalid",
        "s.half_built",
        &[
            "CREATE INDEX half_built ON s.no_key (a)",
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 's.half_built'::regclass",
        ],
    ),
    everywhere(
        "postgresql.index.hash",
        "s.hashed",
        &["CREATE INDEX hashed ON s.parent USING hash (id)"],
    ),
    everywhere(
        "postgresql.index.extension_operators",
        "s.by_home_made",
        &[
            "CREATE EXTENSION btree_gist",
            "CREATE INDEX by_home_made ON s.parent USING gist (id)",
            "UPDATE pg_extension SET extname = 'home_made' WHERE extname = 'btree_gist'",
        ],
    ),
    everywhere(
        "postgresql.constraint.not_valid",
        "positive on s.checked",
        &[
            "CREATE TABLE s.checked (id integer PRIMARY KEY)",
            "ALTER TABLE s.checked ADD CONSTRAINT positive CHECK (id > 0) NOT VALID",
        ],
    ),
    everywhere(
        "postgresql.constraint.deferrable",
        "later on s.refers",
        &[
            "CREATE TABLE s.refers (id integer PRIMARY KEY, CONSTRAINT later FOREIGN KEY (id) REFERENCES s.checked DEFERRABLE)",
        ],
    ),
    everywhere(
        "postgresql.matview.present",
        "s.sums",
        &["CREATE MATERIALIZED VIEW s.sums AS SELECT 1 AS a"],
    ),
    everywhere(
        "postgresql.matview.unpopulated",
        "s.empty_sums",
        &["CREATE MATERIALIZED VIEW s.empty_sums AS SELECT 1 AS a WITH NO DATA"],
    ),
    everywhere(
        "postgresql.view.system_catalog",
        "s.activity",
        &["CREATE VIEW s.activity AS SELECT pid FROM pg_stat_activity"],
    ),
    on(
        SINCE_15,
        "postgresql.view.security_invoker",
        "s.own_rights",
        &["CREATE VIEW s.own_rights WITH (security_invoker = true) AS SELECT id FROM s.parent"],
    ),
    everywhere(
        "postgresql.trigger.event",
        "noted",
        &[
            "CREATE FUNCTION s.noted() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
            "CREATE EVENT TRIGGER noted ON sql_drop EXECUTE FUNCTION s.noted()",
        ],
    ),
    everywhere(
        "postgresql.trigger.always",
        "twice on s.parent",
        &[
            "CREATE FUNCTION s.pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER twice BEFORE INSERT ON s.parent FOR EACH ROW EXECUTE FUNCTION s.pass()",
            "ALTER TABLE s.parent ENABLE ALWAYS TRIGGER twice",
        ],
    ),
    everywhere(
        "postgresql.trigger.disabled",
        "asleep on s.parent",
        &[
            "CREATE TRIGGER asleep BEFORE INSERT ON s.parent FOR EACH ROW EXECUTE FUNCTION s.pass()",
            "ALTER TABLE s.parent DISABLE TRIGGER asleep",
        ],
    ),
];
