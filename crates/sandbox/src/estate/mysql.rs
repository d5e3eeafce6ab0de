//! Estates of MySQL and MariaDB.

use std::time::Duration;

use futures_util::future::try_join_all;

use super::{Estate, EstateOptions};
use crate::SandboxError;
use crate::kind::ServerKind;
use crate::login::Login;
use crate::mysql::quote;
use crate::sandbox::Sandbox;
use crate::server::Server;

const DATABASE: &str = "shop";

pub(super) async fn start(sandbox: &Sandbox, options: &EstateOptions) -> Result<Estate, SandboxError> {
    let names =
        std::iter::once("primary".to_owned()).chain((1..=options.replicas).map(|n| format!("replica-{n}")));
    let mut servers = try_join_all(names.map(|name| options.setup(sandbox, &name).start())).await?;
    let replicas = servers.split_off(1);
    let primary = servers.remove(0);
    let (admin, app, replicator) = (
        Login::random("admin"),
        Login::random("app"),
        Login::random("replicator"),
    );
    for server in replicas.iter().chain([&primary]) {
        empty(server).await?;
    }
    for replica in &replicas {
        replica
            .run_all(&follow(replica.kind, &primary, &replicator, options.gtid))
            .await?;
        make_read_only(replica).await?;
    }
    // From here on everything reaches the replicas by replication.
    primary.run_all(&accounts(&admin, &app, &replicator)).await?;
    for replica in &replicas {
        let question = format!(
            "SELECT COUNT(*) FROM information_schema.schema_privileges WHERE table_schema = '{DATABASE}' \
             AND privilege_type = 'UPDATE'"
        );
        replica.wait_for(&question, "1", Duration::from_secs(30)).await?;
    }
    Ok(Estate {
        primary,
        replicas,
        admin,
        app,
        replicator,
        database: DATABASE.into(),
    })
}

/// Leaves the superuser's account alone and the binary log at its beginning.
async fn empty(server: &Server) -> Result<(), SandboxError> {
    let reset = match server.kind {
        ServerKind::Mysql97 => "RESET BINARY LOGS AND GTIDS",
        ServerKind::Mysql56 => {
            // The ready made data directory has accounts without a name or a password.
            server
                .run_all(&[
                    "DELETE FROM mysql.user WHERE User = '' OR Host <> 'localhost'",
                    "DELETE FROM mysql.db",
                    "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost'",
                    "FLUSH PRIVILEGES",
                ])
                .await?;
            "RESET MASTER"
        }
        _ => "RESET MASTER",
    };
    server.run_all(&[reset]).await
}

fn follow(kind: ServerKind, primary: &Server, replicator: &Login, gtid: bool) -> Vec<String> {
    let (change, word, start) = match kind {
        ServerKind::Mysql97 => ("CHANGE REPLICATION SOURCE TO", "SOURCE", "START REPLICA"),
        _ => ("CHANGE MASTER TO", "MASTER", "START SLAVE"),
    };
    let position = match (kind, gtid) {
        (ServerKind::MariaDb1011, true) => "MASTER_USE_GTID = slave_pos".to_owned(),
        (ServerKind::MariaDb1011, false) => {
            "MASTER_LOG_FILE = 'binlog.000001', MASTER_LOG_POS = 4, MASTER_USE_GTID = no".to_owned()
        }
        (_, true) => format!("{word}_AUTO_POSITION = 1"),
        (_, false) => format!("{word}_LOG_FILE = 'binlog.000001', {word}_LOG_POS = 4"),
    };
    let tls = match kind {
        ServerKind::Mysql56 => String::new(),
        _ => format!(
            ", {word}_SSL = 1, {word}_SSL_CA = {}, {word}_SSL_VERIFY_SERVER_CERT = 1",
            quote(&primary.tls.authority.to_string_lossy())
        ),
    };
    vec![
        format!(
            "{change} {word}_HOST = '127.0.0.1', {word}_PORT = {}, {word}_USER = {}, {word}_PASSWORD = {}, \
             {word}_CONNECT_RETRY = 1, {position}{tls}",
            primary.port(),
            quote(replicator.name()),
            quote(replicator.password())
        ),
        start.to_owned(),
    ]
}

async fn make_read_only(replica: &Server) -> Result<(), SandboxError> {
    let variable = match replica.kind {
        ServerKind::Mysql97 => "super_read_only",
        _ => "read_only",
    };
    replica.set(variable, "ON");
    replica.run_all(&[format!("SET GLOBAL {variable} = ON")]).await
}

fn accounts(admin: &Login, app: &Login, replicator: &Login) -> Vec<String> {
    let create = |login: &Login| {
        format!(
            "CREATE USER {}@'%' IDENTIFIED BY {}",
            quote(login.name()),
            quote(login.password())
        )
    };
    let name = |login: &Login| quote(login.name());
    vec![
        create(replicator),
        format!(
            "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {}@'%'",
            name(replicator)
        ),
        create(admin),
        format!("GRANT ALL ON *.* TO {}@'%' WITH GRANT OPTION", name(admin)),
        create(app),
        format!("CREATE DATABASE {DATABASE}"),
        format!("GRANT ALL ON {DATABASE}.* TO {}@'%'", name(app)),
    ]
}
