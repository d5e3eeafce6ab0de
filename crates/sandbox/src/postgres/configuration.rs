//! The configuration files and the command line of a PostgreSQL server.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::SandboxError;
use crate::account::{give, tied};
use crate::failure::at;
use crate::kind::ServerKind;
use crate::server::{Server, text};
use crate::setup::Settings;

/// What a server is started with unless told otherwise: logical decoding possible, durable commits, little memory.
pub(crate) fn settings(kind: ServerKind) -> Settings {
    let mut settings = Settings::new();
    let mut set = |name: &str, value: &str| settings.insert(name.to_owned(), value.to_owned());
    set("wal_level", "logical");
    set("max_connections", "200");
    set("max_wal_senders", "20");
    set("max_replication_slots", "20");
    set("max_worker_processes", "20");
    set("max_logical_replication_workers", "10");
    set("max_sync_workers_per_subscription", "4");
    set("shared_buffers", "64MB");
    set("max_wal_size", "512MB");
    set("fsync", "on");
    set("hot_standby", "on");
    set("jit", "off");
    set("password_encryption", "scram-sha-256");
    set("timezone", "UTC");
    set("log_timezone", "UTC");
    // Everything of ours lies in our folder, so that removing the folder removes all of it.
    set("dynamic_shared_memory_type", "mmap");
    let keep = if matches!(kind, ServerKind::Postgres(..13)) {
        "wal_keep_segments"
    } else {
        "wal_keep_size"
    };
    set(keep, if keep == "wal_keep_size" { "512MB" } else { "32" });
    settings
}

/// Writes the configuration files: main, access, and names.
pub(crate) fn write_configuration(server: &Server) -> Result<[String; 3], SandboxError> {
    Ok([
        write(&server.folder, "postgresql.conf", &configuration(server))?,
        write(&server.folder, "pg_hba.conf", &access(server))?,
        write(&server.folder, "pg_ident.conf", "")?,
    ])
}

/// Writes the configuration files and gives the command that starts the server with them.
pub(crate) fn command(server: &Server) -> Result<Command, SandboxError> {
    let [main, access, map] = write_configuration(server)?;
    let mut command = tied(server.binaries.program("postgres")?, super::END);
    command
        .arg("-D")
        .arg(server.data_dir())
        .arg("-c")
        .arg(format!("config_file={main}"))
        .arg("-c")
        .arg(format!("hba_file={access}"))
        .arg("-c")
        .arg(format!("ident_file={map}"));
    Ok(command)
}

fn write(folder: &Path, name: &str, content: &str) -> Result<String, SandboxError> {
    let path = folder.join(name);
    fs::write(&path, content).map_err(at("write", &path))?;
    give(&path)?;
    Ok(text(&path))
}

fn configuration(server: &Server) -> String {
    let mut settings = Settings::new();
    let mut set = |name: &str, value: String| settings.insert(name.to_owned(), value);
    set("listen_addresses", "127.0.0.1".into());
    set("port", server.port().to_string());
    set("unix_socket_directories", text(&server.folder));
    set("external_pid_file", text(&server.folder.join("pid")));
    set("ssl", "on".into());
    set("ssl_ca_file", text(&server.tls.authority));
    set("ssl_cert_file", text(&server.tls.certificate));
    set("ssl_key_file", text(&server.tls.key));
    settings.extend(server.current_settings());
    let mut file = String::new();
    for (name, value) in settings {
        let _ = writeln!(file, "{name} = '{}'", value.replace('\'', "''"));
    }
    file
}

/// Who may come in, and how: the superuser over the socket, which lies in a closed folder; all others by password.
fn access(server: &Server) -> String {
    let plain = if server.tls_required() {
        "reject"
    } else {
        "scram-sha-256"
    };
    let superuser = server.superuser;
    format!(
        "local all {superuser} trust\n\
         local replication {superuser} trust\n\
         local all all scram-sha-256\n\
         hostnossl all all 127.0.0.1/32 {plain}\n\
         hostnossl replication all 127.0.0.1/32 {plain}\n\
         hostssl all all 127.0.0.1/32 scram-sha-256\n\
         hostssl replication all 127.0.0.1/32 scram-sha-256\n"
    )
}
