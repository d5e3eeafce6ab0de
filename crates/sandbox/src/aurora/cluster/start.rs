//! Starting a cluster.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use futures_util::future::try_join_all;

use super::super::endpoint::Endpoints;
use super::super::options::AuroraOptions;
use super::super::{mysql, postgres};
use super::{AuroraStandIn, Instance};
use crate::SandboxError;
use crate::kind::{Engine, ServerKind};
use crate::login::Login;
use crate::sandbox::Sandbox;
use crate::server::Server;

const DATABASE: &str = "shop";

impl AuroraStandIn {
    /// Starts a cluster and waits until every reader follows.
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] when the server underneath cannot be had here; otherwise what a server refused.
    pub async fn start(sandbox: &Sandbox, options: AuroraOptions) -> Result<Self, SandboxError> {
        let (admin, replication) = (Login::random("admin"), Login::random("rdsrepladmin"));
        let endpoints = Endpoints::new().await?;
        let storage = endpoints.storage.port();
        let servers = match options.engine() {
            Engine::Mysql => {
                Self::start_mysql(sandbox, &options, storage, &admin, &replication, &endpoints).await?
            }
            Engine::Postgres => {
                Self::start_postgres(sandbox, &options, storage, &admin, &replication, &endpoints).await?
            }
        };
        let instances: Vec<Instance> = servers
            .into_iter()
            .zip(&options.tiers)
            .enumerate()
            .map(|(number, (server, &tier))| Instance {
                server,
                tier,
                writer: AtomicBool::new(number == 0),
                pending: Mutex::default(),
            })
            .collect();
        let instances = Arc::new(instances);
        let watching = (options.engine() == Engine::Postgres)
            .then(|| tokio::spawn(postgres::hand_on_replication(Arc::clone(&instances))).abort_handle());
        let cluster = Self {
            instances,
            endpoints,
            custom: Mutex::default(),
            admin,
            database: DATABASE.into(),
            changing: tokio::sync::Mutex::default(),
            watching,
        };
        cluster.aim();
        Ok(cluster)
    }

    async fn start_mysql(
        sandbox: &Sandbox,
        options: &AuroraOptions,
        storage: u16,
        admin: &Login,
        replication: &Login,
        endpoints: &Endpoints,
    ) -> Result<Vec<Server>, SandboxError> {
        let mut settings = mysql::settings();
        for (name, value) in &options.settings {
            mysql::check(name, value, options.tiers.len())?;
            settings.extend(mysql::translate(name, value));
        }
        let starts = (1..=options.tiers.len()).map(|number| {
            let setup = sandbox
                .server(options.kind)
                .name(&format!("aurora-{number}"))
                .beginning(mysql::SERVICE, mysql::bootstrap())
                .gtid(options.gtid)
                .require_tls(options.require_tls);
            settings
                .iter()
                .fold(options.place(setup), |setup, (name, value)| {
                    setup.setting(name, value)
                })
                .start()
        });
        let servers = try_join_all(starts).await?;
        let (writer, readers) = servers.split_first().expect("a cluster has a writer");
        endpoints.aim(writer.port(), &[]);
        for server in &servers {
            mysql::set_passwords(server, admin, replication).await?;
        }
        writer.run_all(&[format!("CREATE DATABASE {DATABASE}")]).await?;
        for reader in readers {
            mysql::follow(reader, storage, replication).await?;
        }
        Ok(servers)
    }

    async fn start_postgres(
        sandbox: &Sandbox,
        options: &AuroraOptions,
        storage: u16,
        admin: &Login,
        replication: &Login,
        endpoints: &Endpoints,
    ) -> Result<Vec<Server>, SandboxError> {
        if matches!(options.kind, ServerKind::Postgres(..16)) {
            return Err(SandboxError::NotPossible(format!(
                "{} cannot stand in for Aurora: it needs 16 or newer",
                options.kind
            )));
        }
        let settings = postgres::settings(&options.settings);
        let setup = |number: usize| {
            let setup = sandbox
                .server(options.kind)
                .name(&format!("aurora-{number}"))
                .beginning(postgres::SERVICE, Vec::new())
                .require_tls(options.require_tls);
            settings
                .iter()
                .fold(options.place(setup), |setup, (name, value)| {
                    setup.setting(name, value)
                })
        };
        let writer = setup(1).start().await?;
        postgres::bootstrap(&writer, admin, replication, DATABASE).await?;
        endpoints.aim(writer.port(), &[]);
        let mut readers = Vec::new();
        if options.tiers.len() > 1 {
            writer.stop().await?;
            for number in 2..=options.tiers.len() {
                let reader = setup(number).copy_of(&writer.data_dir()).prepare().await?;
                postgres::follow(&reader, storage, replication)?;
                readers.push(reader);
            }
            writer.start().await?;
            try_join_all(readers.iter().map(Server::start)).await?;
            for reader in &readers {
                postgres::wait_until_it_follows(reader).await?;
            }
        }
        // Whoever becomes a reader later reaches the storage the same way.
        writer.set(
            "primary_conninfo",
            &crate::estate::connection(storage, replication),
        );
        Ok(std::iter::once(writer).chain(readers).collect())
    }
}
