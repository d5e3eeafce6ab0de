//! Defects of what an application stands on: collations, rights, extensions, foreign servers, roles, the way in, jobs.

use super::{Planted, SINCE_15, everywhere, on};

pub(super) const PLANTED: &[Planted] = &[
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
        "postgresql.extension.rows",
        "s.settings",
        &[
            "CREATE TABLE s.settings (name text PRIMARY KEY, builtin boolean NOT NULL)",
            "CREATE TABLE s.untouched (LIKE s.settings)",
            "INSERT INTO s.settings VALUES ('theirs', true), ('ours', false)",
            "INSERT INTO s.untouched VALUES ('theirs', true)",
            "ALTER EXTENSION plpgsql ADD TABLE s.settings",
            "ALTER EXTENSION plpgsql ADD TABLE s.untouched",
            "UPDATE pg_extension SET extconfig = ARRAY['s.settings'::regclass::oid, 's.untouched'::regclass::oid], \
             extcondition = ARRAY['WHERE NOT builtin', 'WHERE NOT builtin'] WHERE extname = 'plpgsql'",
        ],
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
];
