//! Where a command that looks at an estate begins: a URL with a password from the environment, or the plan's source.

use std::path::Path;

use clap::Args;
use daybreak_model::{Endpoint, Part};
use daybreak_work::{Topology, walk};

use super::server;
use crate::config::{self, Settings};
use crate::estate::recognise;
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
    /// Further servers, which no other names: the command line's and the plan's.
    pub(crate) also: Vec<String>,
    /// Absent where a URL was given.
    pub(crate) settings: Option<Settings>,
}

impl Begin {
    /// Servers that the plan has accounts of their own for.
    pub(crate) fn known(&self) -> Vec<Endpoint> {
        let sides = self.settings.as_ref().map(Settings::sides);
        sides.into_iter().flatten().collect()
    }

    /// The tables that the plan moves alone, if it does.
    pub(crate) fn part(&self) -> Option<Part> {
        self.settings.as_ref()?.scope.part.clone()
    }

    /// Knows the plan's target among the servers that the walk did not reach.
    pub(crate) async fn recognise_target(&self, topology: &mut Topology) {
        if let Some(settings) = &self.settings {
            recognise(topology, settings).await;
        }
    }
}

impl Start {
    /// Whether a server was named on the command line.
    pub(crate) fn names_a_server(&self) -> bool {
        self.source.is_some()
    }

    /// The server to begin with.
    pub(crate) fn begin(&self, plan: &Path) -> Result<Begin, Trouble> {
        if let Some(url) = &self.source {
            return Ok(Begin {
                endpoint: self.endpoint("source", url)?,
                also: self.also.clone(),
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
            also: [&*self.also, &*settings.also].concat(),
            settings: Some(settings),
        })
    }

    /// A server at a URL, with the password from the same variable.
    pub(crate) fn endpoint(&self, label: &str, url: &str) -> Result<Endpoint, Trouble> {
        server::named(label, url, &self.source_password_env)
    }

    /// All servers around where to begin.
    pub(crate) async fn around(&self, begin: &Begin) -> Result<Topology, Trouble> {
        walk(&begin.endpoint, &begin.also, &begin.known())
            .await
            .map_err(|error| {
                let hint = error.hint().map(str::to_owned);
                Trouble::new(error, hint)
            })
    }
}
