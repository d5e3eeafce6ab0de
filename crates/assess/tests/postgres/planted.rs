//! Every defect, and the statements that make it.

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

/// What servers of a kind are without any doing.
pub(crate) fn by_nature(major: u8) -> &'static [&'static str] {
    match major {
        ..=13 => &[
            "postgresql.schema.public_create",
            "postgresql.server.checksums",
            "postgresql.server.end_of_support",
        ],
        14..=17 => &["postgresql.server.checksums"],
        18.. => &[],
    }
}

/// All of them, in the order in which they are made.
pub(crate) const PLANTED: &[Planted] = &[
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
    // The handler is another language's: nothing is ever run in it.
    everywhere(
        "postgresql.language.own",
        "language wild",
        &["CREATE LANGUAGE wild HANDLER plpgsql_call_handler"],
    ),
    everywhere(
        "postgresql.function.untrusted_language",
        "s.wild()",
        &["CREATE FUNCTION s.wild() RETURNS integer LANGUAGE wild AS ''"],
    ),
    everywhere(
        "postgresql.function.c",
        "s.from_library()",
        &[
            "CREATE FUNCTION s.from_library() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'",
        ],
    ),
    everywhere(
        "postgresql.function.internal",
        "s.inside(double precision)",
        &[
            "CREATE FUNCTION s.inside(double precision) RETURNS double precision LANGUAGE internal STRICT AS 'dsqrt'",
        ],
    ),
    everywhere(
        "postgresql.function.superuser_definer",
        "s.as_root()",
        &["CREATE FUNCTION s.as_root() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"],
    ),
    everywhere(
        "postgresql.function.security_definer",
        "s.as_clerk()",
        &[
            "CREATE ROLE clerk",
            "CREATE FUNCTION s.as_clerk() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            "ALTER FUNCTION s.as_clerk() OWNER TO clerk",
        ],
    ),
    everywhere(
        "postgresql.function.server_files",
        "s.exports()",
        &[
            "CREATE FUNCTION s.exports() RETURNS void LANGUAGE plpgsql AS $$ BEGIN COPY s.parent TO PROGRAM 'cat'; END $$",
        ],
    ),
    everywhere(
        "postgresql.function.server_files",
        "s.reads()",
        &[
            "CREATE FUNCTION s.reads() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN pg_read_file('/etc/hostname'); END $$",
        ],
    ),
    everywhere(
        "postgresql.function.remote",
        "s.asks()",
        &[
            "CREATE FUNCTION s.asks() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN dblink_connect('host=elsewhere'); END $$",
        ],
    ),
    everywhere(
        "postgresql.function.session_state",
        "s.prepares()",
        &[
            "CREATE FUNCTION s.prepares() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE TEMP TABLE t (i integer); END $$",
        ],
    ),
    everywhere(
        "postgresql.function.notify",
        "s.tells()",
        &[
            "CREATE FUNCTION s.tells() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('orders', 'new'); END $$",
        ],
    ),
    everywhere(
        "postgresql.function.administration",
        "s.administers()",
        &[
            "CREATE FUNCTION s.administers() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_reload_conf(); END $$",
        ],
    ),
    everywhere(
        "postgresql.function.removed",
        "s.backs_up()",
        &[
            "CREATE FUNCTION s.backs_up() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_start_backup('x'); END $$",
        ],
    ),
    on(
        &[On::Major(13)],
        "postgresql.function.removed",
        "s.by_backup.backing_up",
        &["CREATE TABLE s.by_backup (id integer PRIMARY KEY, backing_up boolean DEFAULT pg_is_in_backup())"],
    ),
    on(
        &[On::Major(13)],
        "postgresql.function.removed",
        "s.backup_now",
        &["CREATE VIEW s.backup_now AS SELECT pg_backup_start_time() AS since"],
    ),
    everywhere(
        "postgresql.type.own_base",
        "s.label",
        &[
            "CREATE TYPE s.label",
            "CREATE FUNCTION s.label_in(cstring) RETURNS s.label LANGUAGE internal IMMUTABLE STRICT AS 'textin'",
            "CREATE FUNCTION s.label_out(s.label) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'",
            "CREATE TYPE s.label (INPUT = s.label_in, OUTPUT = s.label_out, LIKE = text)",
        ],
    ),
    everywhere(
        "postgresql.cast.own",
        "s.pair AS text",
        &[
            "CREATE TYPE s.pair AS (a integer, b integer)",
            "CREATE FUNCTION s.words(s.pair) RETURNS text LANGUAGE sql AS 'SELECT ''pair''::text'",
            "CREATE CAST (s.pair AS text) WITH FUNCTION s.words(s.pair)",
        ],
    ),
    everywhere(
        "postgresql.operator.class_own",
        "s.numbers",
        &[
            "CREATE OPERATOR CLASS s.numbers FOR TYPE integer USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, \
         OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer)",
        ],
    ),
    on(
        &[On::Major(13)],
        "postgresql.operator.postfix",
        "s.@#(integer,NONE)",
        &["CREATE OPERATOR s.@# (LEFTARG = integer, PROCEDURE = int4um)"],
    ),
    on(
        &[On::Major(13)],
        "postgresql.aggregate.array",
        "s.collect(anyelement)",
        &["CREATE AGGREGATE s.collect(anyelement) (SFUNC = array_append, STYPE = anyarray, INITCOND = '{}')"],
    ),
    everywhere(
        "postgresql.aggregate.internal_state",
        "s.middle",
        &[
            "CREATE AGGREGATE s.middle(double precision ORDER BY double precision) \
             (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)",
        ],
    ),
    everywhere(
        "postgresql.access.method_own",
        "heap_of_ours",
        &["CREATE ACCESS METHOD heap_of_ours TYPE TABLE HANDLER heap_tableam_handler"],
    ),
    everywhere(
        "postgresql.text.search_own",
        "s.simple_of_ours",
        &["CREATE TEXT SEARCH TEMPLATE s.simple_of_ours (INIT = dsimple_init, LEXIZE = dsimple_lexize)"],
    ),
    everywhere(
        "postgresql.text.search_files",
        "s.own_stop_words",
        &[
            "CREATE TEXT SEARCH DICTIONARY s.own_stop_words (TEMPLATE = simple, STOPWORDS = english)",
            "UPDATE pg_ts_dict SET dictinitoption = 'stopwords = ''house''' WHERE dictname = 'own_stop_words'",
        ],
    ),
    everywhere(
        "postgresql.text.search_files",
        "s.synonyms",
        &["CREATE TEXT SEARCH DICTIONARY s.synonyms (TEMPLATE = synonym, SYNONYMS = synonym_sample)"],
    ),
    everywhere(
        "postgresql.transform.own",
        "transform for integer",
        &["CREATE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))"],
    ),
    everywhere(
        "postgresql.conversion.own",
        "s.converts",
        &["CREATE CONVERSION s.converts FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8"],
    ),
    everywhere(
        "postgresql.collation.own",
        "s.bytes",
        &["CREATE COLLATION s.bytes (LOCALE = 'C')"],
    ),
    everywhere(
        "postgresql.collation.nondeterministic",
        "s.loose_texts.t",
        &[
            "CREATE COLLATION s.loose (PROVIDER = icu, LOCALE = 'und', DETERMINISTIC = false)",
            "CREATE TABLE s.loose_texts (id integer PRIMARY KEY, t text COLLATE s.loose)",
        ],
    ),
    everywhere(
        "postgresql.collation.version",
        "s.stale",
        &[
            "CREATE COLLATION s.stale (PROVIDER = icu, LOCALE = 'de')",
            "UPDATE pg_collation SET collversion = '1' WHERE collname = 'stale'",
        ],
    ),
    on(
        SINCE_15,
        "postgresql.schema.public_create",
        "public",
        &["GRANT CREATE ON SCHEMA public TO PUBLIC"],
    ),
    everywhere(
        "postgresql.schema.default_privileges",
        "role postgres",
        &["ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO clerk"],
    ),
    everywhere(
        "postgresql.object.security_label",
        "s.no_key",
        &[
            "INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label) \
         VALUES ('s.no_key'::regclass, 'pg_class'::regclass, 0, 'selinux', 'secret')",
        ],
    ),
    everywhere(
        "postgresql.extension.not_offered",
        "file_fdw",
        &["CREATE EXTENSION file_fdw"],
    ),
    // Extensions that cannot be had here are played by others.
    everywhere(
        "postgresql.extension.newer",
        "vector",
        &[
            "CREATE EXTENSION isn",
            "UPDATE pg_extension SET extname = 'vector', extversion = '99.0' WHERE extname = 'isn'",
        ],
    ),
    everywhere(
        "postgresql.extension.unversioned",
        "hypopg",
        &[
            "CREATE EXTENSION tcn",
            "UPDATE pg_extension SET extname = 'hypopg', extversion = 'unpackaged' WHERE extname = 'tcn'",
        ],
    ),
    everywhere(
        "postgresql.extension.comment",
        "extension lo",
        &[
            "CREATE EXTENSION lo",
            "COMMENT ON EXTENSION lo IS 'ask Ann before use'",
        ],
    ),
    everywhere(
        "postgresql.extension.outdated",
        "pg_stat_statements",
        &["CREATE EXTENSION pg_stat_statements VERSION '1.4'"],
    ),
    everywhere(
        "postgresql.extension.postgis",
        "postgis",
        &[
            "CREATE EXTENSION seg",
            "UPDATE pg_extension SET extname = 'postgis' WHERE extname = 'seg'",
        ],
    ),
    everywhere(
        "postgresql.extension.abandoned",
        "chkpass",
        &[
            "CREATE EXTENSION cube",
            "UPDATE pg_extension SET extname = 'chkpass' WHERE extname = 'cube'",
        ],
    ),
    everywhere(
        "postgresql.foreign.server",
        "elsewhere",
        &[
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '10.0.0.9')",
        ],
    ),
    everywhere(
        "postgresql.foreign.user_mapping",
        "for server elsewhere",
        &["CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (user 'u', password 'p')"],
    ),
    everywhere(
        "postgresql.table.foreign",
        "s.far",
        &["CREATE FOREIGN TABLE s.far (a integer) SERVER elsewhere"],
    ),
    everywhere(
        "postgresql.foreign.data_wrapper",
        "wrapper_of_ours",
        &["CREATE FOREIGN DATA WRAPPER wrapper_of_ours"],
    ),
    everywhere(
        "postgresql.role.superuser",
        "boss",
        &["CREATE ROLE boss SUPERUSER"],
    ),
    everywhere(
        "postgresql.role.replication",
        "follower",
        &["CREATE ROLE follower REPLICATION"],
    ),
    everywhere(
        "postgresql.role.bypasses_row_security",
        "auditor",
        &["CREATE ROLE auditor BYPASSRLS"],
    ),
    everywhere(
        "postgresql.role.md5_password",
        "veteran",
        &["SET password_encryption = 'md5'; CREATE ROLE veteran PASSWORD 'long ago'"],
    ),
    everywhere(
        "postgresql.role.reserved_name",
        "rds_password",
        &["CREATE ROLE rds_password"],
    ),
    everywhere(
        "postgresql.role.server_files",
        "clerk",
        &["GRANT pg_read_server_files TO clerk"],
    ),
    everywhere(
        "postgresql.connection.trust",
        "line",
        &[
            "DO $$ BEGIN EXECUTE format('COPY (SELECT ''host all nobody 127.0.0.1/32 trust'') TO PROGRAM %L', 'cat >> ' || current_setting('hba_file')); END $$",
        ],
    ),
    everywhere(
        "postgresql.connection.md5",
        "line",
        &[
            "DO $$ BEGIN EXECUTE format('COPY (SELECT ''host all nobody 127.0.0.1/32 md5'') TO PROGRAM %L', 'cat >> ' || current_setting('hba_file')); END $$",
        ],
    ),
    everywhere(
        "postgresql.connection.external",
        "line",
        &[
            "DO $$ BEGIN EXECUTE format('COPY (SELECT ''host all nobody 127.0.0.1/32 ident'') TO PROGRAM %L', 'cat >> ' || current_setting('hba_file')); END $$",
        ],
    ),
    everywhere(
        "postgresql.job.scheduled",
        "cron.job",
        &[
            "CREATE SCHEMA cron",
            "CREATE TABLE cron.job (jobid bigint PRIMARY KEY)",
        ],
    ),
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
    // What follows stands in the way of what is above.
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
