//! The Aurora PostgreSQL stand-in's servers.

use std::sync::Arc;
use std::time::Duration;

use crate::SandboxError;
use crate::login::Login;
use crate::postgres::{identifier, make_standby, quote};
use crate::server::Server;
use crate::setup::Settings;

/// The hidden account that owns the service.
pub(super) const SERVICE: &str = "rdsadmin";

/// What the functions for replication origins are that a subscriber with a copy of its own needs.
const ORIGIN_FUNCTIONS: &[&str] = &[
    "pg_replication_origin_create(text)",
    "pg_replication_origin_drop(text)",
    "pg_replication_origin_oid(text)",
    "pg_replication_origin_advance(text, pg_lsn)",
    "pg_replication_origin_progress(text, boolean)",
    "pg_replication_origin_session_setup(text)",
    "pg_replication_origin_session_reset()",
    "pg_replication_origin_session_is_setup()",
    "pg_replication_origin_session_progress(boolean)",
    "pg_replication_origin_xact_setup(pg_lsn, timestamptz)",
    "pg_replication_origin_xact_reset()",
    "pg_show_replication_origin_status()",
];

/// By which Aurora tells itself from RDS; there, too, its numbers are PostgreSQL's with one more behind.
const VERSION_FUNCTION: &str = "SET allow_system_table_mods = on; \
     CREATE FUNCTION pg_catalog.aurora_version() RETURNS text LANGUAGE sql STABLE \
     RETURN split_part(current_setting('server_version'), ' ', 1) || '.0'; \
     RESET allow_system_table_mods";

/// The server's own settings that follow from Aurora's parameters.
pub(super) fn settings(parameters: &Settings) -> Settings {
    let mut settings = Settings::new();
    for (name, value) in parameters {
        settings.extend(translate(name, value));
    }
    settings
        .entry("wal_level".into())
        .or_insert_with(|| "replica".into());
    settings
}

/// The lines of a configuration file that a cluster parameter stands for.
pub(super) fn translate(name: &str, value: &str) -> Vec<(String, String)> {
    let on = matches!(value, "1" | "on" | "true" | "yes");
    let shown = if on { "on" } else { "off" };
    match name {
        "rds.logical_replication" => vec![
            (name.into(), shown.into()),
            ("wal_level".into(), if on { "logical" } else { "replica" }.into()),
        ],
        "rds.force_ssl" => vec![(name.into(), shown.into())],
        _ => vec![(name.into(), value.into())],
    }
}

/// Gives the writer Aurora's roles, accounts and the customer's database.
pub(super) async fn bootstrap(
    writer: &Server,
    admin: &Login,
    replication: &Login,
    database: &str,
) -> Result<(), SandboxError> {
    let admin_name = identifier(admin.name());
    writer
        .run_all(&[
            "CREATE ROLE rds_replication NOLOGIN".to_owned(),
            "CREATE ROLE rds_superuser NOLOGIN".to_owned(),
            "GRANT pg_monitor, pg_signal_backend, pg_checkpoint, pg_create_subscription, \
             pg_use_reserved_connections, rds_replication TO rds_superuser WITH ADMIN OPTION"
                .to_owned(),
            format!(
                "CREATE ROLE {admin_name} LOGIN NOSUPERUSER CREATEDB CREATEROLE REPLICATION PASSWORD {}",
                quote(admin.password())
            ),
            format!("GRANT rds_superuser TO {admin_name} WITH ADMIN OPTION"),
            format!(
                "CREATE ROLE {} LOGIN REPLICATION PASSWORD {}",
                identifier(replication.name()),
                quote(replication.password())
            ),
        ])
        .await?;
    for place in ["template1", "postgres"] {
        writer.rows_in(place, VERSION_FUNCTION).await?;
        for function in ORIGIN_FUNCTIONS {
            writer
                .rows_in(
                    place,
                    &format!("GRANT EXECUTE ON FUNCTION pg_catalog.{function} TO rds_superuser"),
                )
                .await?;
        }
    }
    writer
        .run_all(&[format!(
            "CREATE DATABASE {} OWNER {admin_name}",
            identifier(database)
        )])
        .await
}

/// Turns a prepared copy of the writer's data into a reader.
pub(super) fn follow(reader: &Server, storage: u16, replication: &Login) -> Result<(), SandboxError> {
    reader.set(
        "primary_conninfo",
        &crate::estate::connection(storage, replication),
    );
    make_standby(&reader.data_dir())
}

/// Waits until a reader has reached the writer.
pub(super) async fn wait_until_it_follows(reader: &Server) -> Result<(), SandboxError> {
    let status = "SELECT status FROM pg_stat_wal_receiver";
    reader
        .wait_for(status, "streaming", Duration::from_secs(30))
        .await
}

/// Makes membership in `rds_replication` what it is on Aurora, the right to replicate: on the server underneath that is an attribute
/// of each role, which this hands on for as long as the cluster lives.
pub(super) async fn hand_on_replication(instances: Arc<Vec<super::cluster::Instance>>) {
    let statement = "DO $$ DECLARE member name; BEGIN FOR member IN SELECT r.rolname FROM pg_roles r \
         WHERE NOT r.rolreplication AND r.rolcanlogin AND NOT r.rolsuper AND pg_has_role(r.oid, 'rds_replication', 'MEMBER') \
         LOOP EXECUTE format('ALTER ROLE %I REPLICATION', member); END LOOP; END $$";
    loop {
        for instance in instances.iter().filter(|instance| instance.writes()) {
            // While it fails over there is nobody to ask; the next round asks again.
            let _ = instance.server.rows(statement).await;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Makes a dynamic parameter count on a running server.
pub(super) async fn apply_now(server: &Server, name: &str, value: &str) -> Result<(), SandboxError> {
    if name == "rds.force_ssl" {
        server.set_require_tls(matches!(value, "1" | "on"));
    }
    crate::postgres::write_configuration(server)?;
    server.run_all(&["SELECT pg_reload_conf()"]).await
}
