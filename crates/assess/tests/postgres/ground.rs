//! Servers to be assessed.

use std::collections::BTreeSet;
use std::sync::Arc;

use daybreak_assess::{Verdict, assess};
use daybreak_engine::{Database, database};
use daybreak_model::{AuroraLine, Endpoint, Finding, Secret, Told};
use daybreak_sandbox::{Sandbox, Server, available};

pub(crate) const DATABASE: &str = "shop";

const PASSWORD: &str = "dawn-breaks-7-times";

/// Settings of every server here: nothing tidies up behind the defects.
const SETTINGS: &[(&str, &str)] = &[("autovacuum", "off")];

/// A server with the database, and the superuser's way in.
pub(crate) struct Ground {
    pub(crate) server: Server,
    target: &'static AuroraLine,
}

/// A server of this major version, set like this; `None`, with a notice, where it cannot be had.
pub(crate) async fn lay(
    sandbox: &Sandbox,
    major: u8,
    settings: &[(&str, &str)],
    target: &str,
) -> Option<Ground> {
    let setup = SETTINGS
        .iter()
        .chain(settings)
        .fold(sandbox.postgres(major), |setup, (name, value)| {
            setup.setting(name, value)
        });
    let ground = Ground {
        server: available(setup.start().await)?,
        target: AuroraLine::named(target).expect("a line"),
    };
    ground
        .run(
            "postgres",
            &format!("SET password_encryption = 'scram-sha-256'; ALTER ROLE postgres PASSWORD '{PASSWORD}'"),
        )
        .await;
    ground
        .run("postgres", &format!("CREATE DATABASE {DATABASE}"))
        .await;
    Some(ground)
}

impl Ground {
    pub(crate) async fn run(&self, database: &str, statement: &str) {
        let done = self.server.rows_in(database, statement).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }

    /// The server for an account.
    pub(crate) fn database(&self, name: &str, account: &str) -> Arc<dyn Database> {
        let url = format!(
            "postgres://{account}@127.0.0.1:{}/{name}?tls=off",
            self.server.port()
        );
        let mut endpoint = Endpoint::parse("source", &url).expect("a URL");
        endpoint.password = Secret::new(PASSWORD);
        database(endpoint)
    }

    /// What is said of a database, looked at by an account.
    pub(crate) async fn assess_as(&self, name: &str, account: &str) -> Verdict {
        let verdict = assess(&self.database(name, account), self.target).await;
        verdict.unwrap_or_else(|error| panic!("{error}: {error:?}"))
    }

    /// What is said of a database, looked at by the superuser.
    pub(crate) async fn assess(&self, name: &str) -> Verdict {
        self.assess_as(name, "postgres").await
    }

    /// An account that may log in, with these grants in the database.
    pub(crate) async fn admit(&self, account: &str, grants: &[String]) {
        self.run(
            DATABASE,
            &format!("CREATE ROLE {account} LOGIN PASSWORD '{PASSWORD}'"),
        )
        .await;
        for grant in grants {
            self.run(DATABASE, grant).await;
        }
    }
}

/// The checks that found something, or could not tell.
pub(crate) fn ids(findings: &[Finding], told: Told) -> BTreeSet<&str> {
    let of = findings.iter().filter(|finding| finding.told == told);
    of.map(|finding| finding.id.as_str()).collect()
}
