mod carry;
mod keeping;
mod own;

use std::path::Path;

use clap::{Args, Subcommand, ValueEnum};
use daybreak_assess::{mysql_grants, postgresql_grants};
use daybreak_engine::{Grantee, database, grants};
use daybreak_model::{Endpoint, Family, Flavor, Hosting, Product, Version};
use serde::Serialize;

use super::source::Start;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Prints the exact statements that let an account do a job, and nothing else, and runs none of them (`--for`); or carries the source's
/// accounts to the target (`carry`).
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Accounts {
    #[command(subcommand)]
    what: Option<What>,
    /// What the account is for. May be repeated.
    #[arg(long = "for", value_enum, required = true, value_name = "JOB")]
    jobs: Vec<Job>,
    #[command(flatten)]
    start: Start,
    /// What the server runs, where none is asked.
    #[arg(long, value_enum, default_value = "mysql")]
    engine: Engine,
    /// Its version, where none is asked; the newest long-term one by default.
    #[arg(long, value_name = "VERSION")]
    engine_version: Option<Version>,
    /// The account's name.
    #[arg(long, default_value = "daybreak")]
    user: String,
    /// MySQL family: from which hosts it connects.
    #[arg(long, value_name = "PATTERN", default_value = "%")]
    host: String,
    /// PostgreSQL: the database; that of `--source`, or `postgres`.
    #[arg(long)]
    database: Option<String>,
    /// MySQL database or PostgreSQL schema to which the job is limited. May be repeated; all, if none is named.
    #[arg(long = "schema", value_name = "NAME")]
    schemas: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum What {
    Carry(carry::Carry),
    /// Make an account for jobs, with exactly the rights that `--for` prints and a new password in a file.
    Make(own::Make),
    /// Give an account that `make` made a new password.
    Rotate(own::Own),
    /// Take an account away that `make` made.
    Drop(own::Own),
}

/// Jobs, read-only ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Job {
    /// `topology`, `init`: find the estate.
    Topology,
    /// `assess`: every server's readiness.
    Assess,
    /// `schema-check`: compare schemas.
    SchemaCheck,
    /// `data-check`: compare rows.
    #[value(alias = "data-check")]
    Check,
    /// `data-check --delta` and `--keep-slot`: compare what changed since, too.
    Delta,
    /// `gtid`: turn GTIDs on or off.
    Gtid,
    /// `slow --live`: what servers have counted of statements.
    Slow,
    /// `trim`: take old rows out, and put them back.
    Trim,
    /// The source's side of the load.
    Copy,
    /// The target's side of the load.
    Load,
    /// The side that is replicated from.
    Lead,
    /// The side that replicates.
    Follow,
    /// Both sides of replication: `lead` and `follow`, so that the way back is open.
    Replicate,
    /// A cut-over: closing a side to writes and opening it.
    Fence,
}

impl Job {
    /// What the engine calls it.
    const fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Topology => &["topology"],
            // It begins with a walk; what the checks ask they know themselves.
            Self::Assess => &["topology"],
            Self::SchemaCheck => &["schema-check"],
            Self::Check => &["check"],
            Self::Delta => &["delta"],
            Self::Copy => &["read"],
            Self::Load => &["write", "wake"],
            Self::Lead => &["lead"],
            Self::Follow => &["follow"],
            Self::Replicate => &["lead", "follow"],
            Self::Fence => &["fence"],
            Self::Gtid => &["gtid"],
            Self::Slow => &["slow"],
            Self::Trim => &["trim"],
        }
    }

    fn statements(self, flavor: &Flavor, grantee: &Grantee) -> Vec<String> {
        let mut statements: Vec<String> = Vec::new();
        for part in self.parts() {
            let part = grants(part, flavor, grantee).expect("the engine knows every part of a job");
            for statement in part {
                if !statements.contains(&statement) {
                    statements.push(statement);
                }
            }
        }
        if self == Self::Assess {
            let checks = match flavor.family() {
                Family::Mysql => mysql_grants(flavor, &grantee.user, &grantee.host),
                Family::Postgres => postgresql_grants(&grantee.user, &grantee.database, &grantee.schemas),
            };
            statements.extend(checks);
            let mut seen = std::collections::BTreeSet::new();
            statements.retain(|statement| seen.insert(statement.clone()));
        }
        statements
    }

    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

/// Which product.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Engine {
    /// MySQL, and Percona Server.
    Mysql,
    /// MariaDB.
    Mariadb,
    /// PostgreSQL.
    Postgres,
}

/// A job and its statements. The names of these fields are public.
#[derive(Serialize)]
struct Printed {
    job: String,
    flavor: String,
    statements: Vec<String>,
}

impl Accounts {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        match self.what {
            Some(What::Carry(carry)) => return carry.run(plan, format).await,
            Some(What::Make(make)) => return make.run(plan, format).await,
            Some(What::Rotate(own)) => return own.rotate(plan, format).await,
            Some(What::Drop(own)) => return own.drop(plan, format).await,
            None => {}
        }
        let asked = match self.start.names_a_server() {
            true => Some(self.start.begin(plan)?.endpoint),
            false => None,
        };
        let database = asked.as_ref().and_then(|endpoint| endpoint.database.clone());
        let flavor = self.flavor(asked).await?;
        let grantee = Grantee {
            user: self.user.clone(),
            host: self.host.clone(),
            database: self
                .database
                .clone()
                .or(database)
                .unwrap_or_else(|| "postgres".to_owned()),
            schemas: self.schemas.clone(),
        };
        for job in &self.jobs {
            let statements = job.statements(&flavor, &grantee);
            let printed = Printed {
                job: job.name(),
                flavor: flavor.to_string(),
                statements,
            };
            match format {
                Format::Json => output::json(&printed),
                Format::Text => {
                    output::line(format!("-- {} on {}", printed.job, printed.flavor));
                    for statement in &printed.statements {
                        output::line(format!("{statement};"));
                    }
                }
            }
        }
        Ok(Exit::Done)
    }

    /// What a server that was named runs, or what the flags say.
    async fn flavor(&self, asked: Option<Endpoint>) -> Result<Flavor, Trouble> {
        if let Some(endpoint) = asked {
            return database(endpoint).flavor().await.map_err(|error| {
                let hint = error.hint().map(str::to_owned);
                Trouble::new(error, hint)
            });
        }
        let (product, newest) = match self.engine {
            Engine::Mysql => (Product::Mysql, Version::new(8, 4, 0)),
            Engine::Mariadb => (Product::MariaDb, Version::new(11, 8, 0)),
            Engine::Postgres => (Product::Postgres, Version::new(17, 0, 0)),
        };
        Ok(Flavor {
            product,
            version: self.engine_version.unwrap_or(newest),
            hosting: Hosting::SelfManaged,
        })
    }
}
