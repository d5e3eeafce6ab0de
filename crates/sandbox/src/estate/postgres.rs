//! Estates of PostgreSQL: a primary and streaming standbys.

use std::time::Duration;

use futures_util::future::try_join_all;

use super::{Estate, EstateOptions};
use crate::SandboxError;
use crate::login::Login;
use crate::postgres::{identifier, make_standby, quote};
use crate::sandbox::Sandbox;

const DATABASE: &str = "shop";

pub(super) async fn start(sandbox: &Sandbox, options: &EstateOptions) -> Result<Estate, SandboxError> {
    let primary = options.setup(sandbox, "primary").start().await?;
    let (admin, app, replicator) = (
        Login::random("admin"),
        Login::random("app"),
        Login::random("replicator"),
    );
    primary.run_all(&accounts(&admin, &app, &replicator)).await?;
    let mut replicas = Vec::new();
    if options.replicas > 0 {
        // Standbys begin as copies of the stopped primary: that needs no tool, on any version.
        primary.stop().await?;
        for number in 1..=options.replicas {
            let replica = options
                .setup(sandbox, &format!("replica-{number}"))
                .copy_of(&primary.data_dir())
                .setting("primary_conninfo", &connection(primary.port(), &replicator))
                .prepare()
                .await?;
            make_standby(&replica.data_dir())?;
            replicas.push(replica);
        }
        primary.start().await?;
        try_join_all(replicas.iter().map(|replica| replica.start())).await?;
        for replica in &replicas {
            replica
                .wait_for(
                    "SELECT status FROM pg_stat_wal_receiver",
                    "streaming",
                    Duration::from_secs(30),
                )
                .await?;
        }
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

/// How a standby reaches its primary.
pub(crate) fn connection(port: u16, replicator: &Login) -> String {
    format!(
        "host=127.0.0.1 port={port} user={} password={} sslmode=prefer",
        replicator.name(),
        replicator.password()
    )
}

fn accounts(admin: &Login, app: &Login, replicator: &Login) -> Vec<String> {
    let create = |login: &Login, attributes: &str| {
        format!(
            "CREATE ROLE {} LOGIN {attributes} PASSWORD {}",
            identifier(login.name()),
            quote(login.password())
        )
    };
    vec![
        create(replicator, "REPLICATION"),
        create(admin, "SUPERUSER"),
        create(app, ""),
        format!("CREATE DATABASE {DATABASE} OWNER {}", identifier(app.name())),
    ]
}
