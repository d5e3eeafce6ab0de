//! Where a command that looks at an estate begins: a URL with a password from the environment, or the plan's source.

use std::path::Path;

use clap::Args;
use daybreak_engine::{Direction, database};
use daybreak_model::Endpoint;
use daybreak_work::{Topology, Unreached, walk};

use super::server;
use crate::config::{self, Settings};
use crate::exit::Trouble;

/// Flags that say where to begin.
#[derive(Debug, Clone, Args)]
pub(crate) struct Start {
    /// Any one server of the estate: mysql://user@host:3306/ or postgres://user@host:5432/database,
    /// `?tls=verify|require|off`. What looks at a whole estate begins at the plan's source without it.
    #[arg(long, value_name = "URL")]
    source: Option<String>,
    /// Environment variable that holds the account's password.
    #[arg(long, value_name = "NAME", default_value = "DAYBREAK_SOURCE_PASSWORD")]
    source_password_env: String,
    /// A further server of the estate, which no other names: a PostgreSQL standby on a port of its own. May be repeated.
    #[arg(long, value_name = "HOST:PORT")]
    also: Vec<String>,
}

/// Where to begin, and the plan it is from.
pub(crate) struct Begin {
    pub(crate) endpoint: Endpoint,
    /// Absent where a URL was given.
    pub(crate) settings: Option<Settings>,
}

impl Begin {
    /// The target is asked with an account of its own, so that the walk did not reach it where it follows the source already. A
    /// follower that is known to be there and not where is the target, if it is the only one and the target says whom it follows.
    pub(crate) async fn recognise_target(&self, topology: &mut Topology) {
        let Some(settings) = &self.settings else { return };
        let target = &settings.target.endpoint;
        if topology.at(&target.address()).is_some() {
            return;
        }
        let told = database(target.clone()).surroundings().await;
        for tie in told.ties.iter().filter(|tie| tie.direction == Direction::Follows) {
            let Some(above) = topology.above(tie).map(|member| member.endpoint.address()) else {
                continue;
            };
            let named = |server: &&Unreached| server.named_by == above && server.name != target.address();
            if topology.unreached.iter().filter(named).count() == 1 {
                topology.unreached.retain(|server| !named(&server));
            }
        }
    }
}

impl Start {
    /// Whether a server was named on the command line.
    pub(crate) fn names_a_server(&self) -> bool {
        self.source.is_some()
    }

    /// Further servers that were named.
    pub(crate) fn also(&self) -> &[String] {
        &self.also
    }

    /// The server to begin with.
    pub(crate) fn begin(&self, plan: &Path) -> Result<Begin, Trouble> {
        if let Some(url) = &self.source {
            return Ok(Begin {
                endpoint: self.endpoint("source", url)?,
                settings: None,
            });
        }
        let settings = config::read(plan).map_err(|error| {
            let hint = if plan.exists() {
                error.hint()
            } else {
                Some("name a server with `--source URL`, or a plan with `--plan FILE`".to_owned())
            };
            Trouble::usage(error, hint)
        })?;
        Ok(Begin {
            endpoint: settings.source.endpoint.clone(),
            settings: Some(settings),
        })
    }

    /// A server at a URL, with the password from the same variable.
    pub(crate) fn endpoint(&self, label: &str, url: &str) -> Result<Endpoint, Trouble> {
        server::named(label, url, &self.source_password_env)
    }

    /// All servers around it.
    pub(crate) async fn walk(&self, from: &Endpoint) -> Result<Topology, Trouble> {
        walk(from, &self.also).await.map_err(|error| {
            let hint = error.hint().map(str::to_owned);
            Trouble::new(error, hint)
        })
    }
}
