//! The configuration file and the command line of a MySQL or MariaDB server.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::SandboxError;
use crate::account::{give, tied};
use crate::failure::at;
use crate::fetch::Binaries;
use crate::kind::ServerKind;
use crate::server::{Server, text};
use crate::setup::Settings;
use crate::small_disk;

/// What a server is started with unless told otherwise: row based binary log, commits that outlive
/// the server's process, little memory.
pub(crate) fn settings(kind: ServerKind, gtid: bool, server_id: u16) -> Settings {
    let mut settings = Settings::new();
    let mut set = |name: &str, value: &str| settings.insert(name.to_owned(), value.to_owned());
    set("server_id", &server_id.to_string());
    set("log_bin", "binlog");
    set("binlog_format", "ROW");
    set("binlog_row_image", "FULL");
    // What a commit wrote is in the page cache, which outlives a server that is killed. Waiting for the disk would only let
    // followers on a busy machine fall behind their leaders.
    set("sync_binlog", "0");
    set("innodb_flush_log_at_trx_commit", "2");
    set("innodb_buffer_pool_size", "64M");
    set("max_connections", "400");
    set("table_open_cache", "800");
    set("performance_schema", "ON");
    set("local_infile", "ON");
    set("relay_log_recovery", "ON");
    // Host names are neither needed nor asked for, as on Aurora.
    set("skip_name_resolve", "ON");
    let gtid = if gtid { "ON" } else { "OFF" };
    match kind {
        ServerKind::Mysql97 => {
            set("log_replica_updates", "ON");
            set("gtid_mode", gtid);
            set("enforce_gtid_consistency", gtid);
            set("innodb_redo_log_capacity", "128M");
            set("mysqlx", "OFF");
        }
        ServerKind::Mysql56 => {
            set("log_slave_updates", "ON");
            set("gtid_mode", gtid);
            set("enforce_gtid_consistency", gtid);
            // Where a crash cannot tear the position from the data.
            set("master_info_repository", "TABLE");
            set("relay_log_info_repository", "TABLE");
            set("explicit_defaults_for_timestamp", "ON");
            set("sql_mode", "NO_ENGINE_SUBSTITUTION,STRICT_TRANS_TABLES");
        }
        ServerKind::MariaDb1011 => {
            set("log_slave_updates", "ON");
            set("gtid_strict_mode", "ON");
        }
        ServerKind::Postgres(_) => unreachable!("not a MySQL server"),
    }
    settings
}

/// The options that tell a server where its own files are.
pub(super) fn own_files(binaries: &Binaries) -> Vec<(&'static str, PathBuf)> {
    let (base, messages, plugins) = match binaries.kind() {
        ServerKind::Mysql56 => ("package/server", "package/server/share", "package/server/plugin"),
        ServerKind::MariaDb1011 => ("usr", "usr/share/mysql", "usr/lib/mysql/plugin"),
        _ => ("usr", "usr/share/mysql", "usr/lib/mysql/plugin"),
    };
    let characters = format!("{messages}/charsets");
    [
        ("basedir", base),
        ("lc_messages_dir", messages),
        ("character_sets_dir", &characters),
        ("plugin_dir", plugins),
    ]
    .into_iter()
    .filter_map(|(option, folder)| Some((option, binaries.support(folder)?)))
    .collect()
}

/// The server's program.
pub(super) fn program(binaries: &Binaries) -> Result<PathBuf, SandboxError> {
    binaries.program(match binaries.kind() {
        ServerKind::MariaDb1011 => "mariadbd",
        _ => "mysqld",
    })
}

/// Writes the configuration file and gives the command that starts the server with it.
pub(crate) fn command(server: &Server) -> Result<Command, SandboxError> {
    let file = server.folder.join("my.cnf");
    fs::write(&file, configuration(server)).map_err(at("write", &file))?;
    give(&file)?;
    let program = program(&server.binaries)?;
    let data = server.data_dir();
    let keeper = small_disk::keeper_of(&data);
    let mut command = match keeper {
        None => tied(program, super::END),
        // It asks what its folders are really called, and finds them by that name only where they are mounted.
        Some(keeper) => {
            let mut command = tied("nsenter", super::END);
            command
                .args([
                    "--preserve-credentials",
                    "--user",
                    "--mount",
                    "--target",
                    keeper,
                    "--",
                ])
                .arg(program);
            command
        }
    };
    command
        .arg(format!("--defaults-file={}", file.display()))
        .arg(format!("--datadir={}", data.display()));
    if keeper.is_some() {
        // So is the account called there that may do no more than ours.
        command.arg("--user=root");
    }
    Ok(command)
}

fn configuration(server: &Server) -> String {
    let mut settings = Settings::new();
    let mut set = |name: &str, value: String| settings.insert(name.to_owned(), value);
    for (option, folder) in own_files(&server.binaries) {
        set(option, text(&folder));
    }
    set("bind_address", "127.0.0.1".into());
    set("port", server.port().to_string());
    set("socket", text(&server.socket()));
    set("pid_file", text(&server.folder.join("pid")));
    set("tmpdir", text(&server.folder));
    set("secure_file_priv", String::new());
    set("report_host", "127.0.0.1".into());
    set("report_port", server.port().to_string());
    if server.kind != ServerKind::Mysql56 {
        set("ssl_ca", text(&server.tls.authority));
        set("ssl_cert", text(&server.tls.certificate));
        set("ssl_key", text(&server.tls.key));
        set(
            "require_secure_transport",
            if server.tls_required() { "ON" } else { "OFF" }.into(),
        );
    }
    settings.extend(server.current_settings());
    let mut file = String::from("[mysqld]\n");
    for (name, value) in settings {
        // An empty value takes a line out again, except where empty means something.
        if !value.is_empty() || name == "secure_file_priv" {
            // A parameter of Aurora's that lists tables is an option for each of them.
            for value in value.split(|c| c == ',' && name == "replicate-do-table") {
                let _ = writeln!(file, "{name} = {value}");
            }
        }
    }
    file
}
