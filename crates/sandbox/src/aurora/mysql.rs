//! The Aurora MySQL stand-in's servers.

use std::time::Duration;

use crate::SandboxError;
use crate::login::Login;
use crate::mysql::quote;
use crate::server::Server;
use crate::setup::Settings;

/// The hidden account that owns the service.
pub(super) const SERVICE: &str = "rdsadmin";

/// The channel between writer and readers. Aurora replicates through its storage and needs none.
const CHANNEL: &str = "aurora_internal";

/// The statements that give a fresh data directory Aurora's procedures, role and accounts, each on one line.
pub(super) fn bootstrap() -> Vec<String> {
    let file: String = include_str!("procedures.sql")
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .map(|line| format!("{} ", line.trim()))
        .collect();
    file.split(";; ")
        .map(|statement| statement.trim().to_owned())
        .filter(|s| !s.is_empty())
        .collect()
}

/// What Aurora sets and community servers do not.
pub(super) fn settings() -> Settings {
    [
        ("activate_all_roles_on_login", "ON"),
        ("default_time_zone", "+00:00"),
        ("replica_parallel_workers", "4"),
        // After a fail-over, replication from outside waits for rds_start_replication.
        ("skip_replica_start", "ON"),
        ("binlog_expire_logs_seconds", "86400"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Gives the accounts of the fresh data directory their passwords. Not logged: every instance gets them this way.
pub(super) async fn set_passwords(
    server: &Server,
    admin: &Login,
    replication: &Login,
) -> Result<(), SandboxError> {
    // One session, because the log is off for a session.
    let unlock = |login: &Login| {
        format!(
            "ALTER USER {}@'%' IDENTIFIED BY {} ACCOUNT UNLOCK",
            quote(login.name()),
            quote(login.password())
        )
    };
    server
        .rows(&format!(
            "SET SESSION sql_log_bin = 0; {}; {}",
            unlock(admin),
            unlock(replication)
        ))
        .await
        .map(drop)
}

/// Makes a reader follow the writer from the beginning of its log.
pub(super) async fn follow(reader: &Server, storage: u16, replication: &Login) -> Result<(), SandboxError> {
    reader
        .run_all(&[
            format!(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {storage}, SOURCE_USER = {}, \
                 SOURCE_PASSWORD = {}, SOURCE_LOG_FILE = 'binlog.000001', SOURCE_LOG_POS = 4, SOURCE_SSL = 1, \
                 SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 1000000 FOR CHANNEL '{CHANNEL}'",
                quote(replication.name()),
                quote(replication.password())
            ),
            "SET GLOBAL super_read_only = ON".to_owned(),
        ])
        .await?;
    reader.set("super_read_only", "ON");
    go_on(reader).await?;
    let connected = format!(
        "SELECT service_state FROM performance_schema.replication_connection_status WHERE channel_name = '{CHANNEL}'"
    );
    reader.wait_for(&connected, "ON", Duration::from_secs(30)).await
}

/// Lets a reader go on following, after a start.
pub(super) async fn go_on(reader: &Server) -> Result<(), SandboxError> {
    reader
        .run_all(&[format!("START REPLICA FOR CHANNEL '{CHANNEL}'")])
        .await
}

/// The lines of a configuration file that a cluster parameter stands for.
pub(super) fn translate(name: &str, value: &str) -> Vec<(String, String)> {
    let value = value.to_owned();
    match name {
        "time_zone" => vec![("default_time_zone".into(), value)],
        // Aurora has no other way to say that there is no binary log.
        "binlog_format" if value.eq_ignore_ascii_case("OFF") => {
            vec![
                ("skip_log_bin".into(), "ON".into()),
                ("log_bin".into(), String::new()),
            ]
        }
        "binlog_format" => vec![
            ("skip_log_bin".into(), String::new()),
            ("log_bin".into(), "binlog".into()),
            ("binlog_format".into(), value),
        ],
        _ => vec![(name.into(), value)],
    }
}

/// Makes a dynamic parameter count on a running server. Open sessions keep what they had, as on Aurora.
pub(super) async fn apply_now(server: &Server, name: &str, value: &str) -> Result<(), SandboxError> {
    if name == "require_secure_transport" {
        server.set_require_tls(matches!(value.to_ascii_uppercase().as_str(), "1" | "ON"));
    }
    let number = value.parse::<f64>().is_ok();
    let value = if number { value.to_owned() } else { quote(value) };
    server
        .run_all(&[format!("SET GLOBAL `{}` = {value}", name.replace('`', "``"))])
        .await
}

/// Refuses what the stand-in cannot do: its readers follow by the binary log.
pub(super) fn check(name: &str, value: &str, instances: usize) -> Result<(), SandboxError> {
    if name == "binlog_format" && value.eq_ignore_ascii_case("OFF") && instances > 1 {
        return Err(SandboxError::NotPossible(
            "the stand-in's readers follow by the binary log: only a lone writer can do without".into(),
        ));
    }
    Ok(())
}
