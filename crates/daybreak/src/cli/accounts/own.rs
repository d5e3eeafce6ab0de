use std::path::{Path, PathBuf};

use clap::Args;
use daybreak_engine::{Grantee, database};
use daybreak_work::{CarryError, OwnFiles, OwnWork, own_account_work};

use super::Job;
use super::keeping::Keeping;
use crate::cli::plain;
use crate::cli::source::Start;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// An account of ours, on the server that is named or the plan's source. Shows the statements; `--execute` runs them.
#[derive(Debug, Args)]
pub(super) struct Own {
    #[command(flatten)]
    start: Start,
    /// The account's name.
    #[arg(long, default_value = "daybreak")]
    user: String,
    /// MySQL family: from which hosts it connects.
    #[arg(long, value_name = "PATTERN", default_value = "%")]
    host: String,
    /// MySQL database or PostgreSQL schema to which its jobs are limited. May be repeated; all, if none is named.
    #[arg(long = "schema", value_name = "NAME")]
    schemas: Vec<String>,
    #[command(flatten)]
    keeping: Keeping,
    /// Where is written down which accounts are ours.
    #[arg(long, value_name = "FILE", default_value = ".daybreak/accounts/made.jsonl")]
    made: PathBuf,
    /// Do it.
    #[arg(long)]
    execute: bool,
}

/// An account that is to be made.
#[derive(Debug, Args)]
pub(super) struct Make {
    /// What it is for. May be repeated.
    #[arg(long = "for", value_enum, required = true, value_name = "JOB")]
    jobs: Vec<Job>,
    /// It logs in by IAM and has no password: on Aurora and RDS, where the cluster has `iam_authentication`. Daybreak's own
    /// connections need an account with a password.
    #[arg(long)]
    iam: bool,
    #[command(flatten)]
    own: Own,
}

/// What is to be done.
enum Wish<'a> {
    /// For these jobs; whether it logs in by IAM.
    Make(&'a [Job], bool),
    Rotate,
    Drop,
}

impl Make {
    pub(super) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        self.own
            .work(plan, format, Wish::Make(&self.jobs, self.iam))
            .await
    }
}

impl Own {
    pub(super) async fn rotate(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        self.work(plan, format, Wish::Rotate).await
    }

    pub(super) async fn drop(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        self.work(plan, format, Wish::Drop).await
    }

    async fn work(&self, plan: &Path, format: Format, wish: Wish<'_>) -> Result<Exit, Trouble> {
        let endpoint = self.start.begin(plan)?.endpoint;
        let grantee = Grantee {
            user: self.user.clone(),
            host: self.host.clone(),
            database: endpoint.database.clone().unwrap_or_else(|| "postgres".to_owned()),
            schemas: self.schemas.clone(),
        };
        let server = database(endpoint);
        let flavor = server
            .flavor()
            .await
            .map_err(|error| trouble(CarryError::Engine(error)))?;
        let mut by_hand = Vec::new();
        let work = match wish {
            Wish::Rotate => OwnWork::Rotate,
            Wish::Drop => OwnWork::Drop,
            Wish::Make(jobs, by_iam) => {
                let mut rights = Vec::new();
                for statement in jobs.iter().flat_map(|job| job.statements(&flavor, &grantee)) {
                    // What only a person can fill in stands there as a comment.
                    let list = if statement.starts_with("-- ") {
                        &mut by_hand
                    } else {
                        &mut rights
                    };
                    if !list.contains(&statement) {
                        list.push(statement);
                    }
                }
                OwnWork::Make { rights, by_iam }
            }
        };
        let files = OwnFiles {
            passwords: self.keeping.store(plan).await?,
            made: self.made.clone(),
        };
        let report = own_account_work(server.as_ref(), &grantee, &work, &files, self.execute)
            .await
            .map_err(trouble)?;
        match format {
            Format::Json => output::json(&report),
            Format::Text => {
                output::line(plain(&format!("-- {} on {}", report.account, report.server)));
                for statement in &report.statements {
                    output::line(plain(&format!("{statement};")));
                }
                by_hand
                    .iter()
                    .for_each(|statement| output::line(plain(statement)));
                if let Some(place) = &report.passwords {
                    output::line(format!("-- its password: {place}"));
                }
                if let Some(left) = &report.old_password {
                    output::line(plain(&format!("-- its password: {left}")));
                }
                if !report.executed {
                    output::line("-- nothing was changed; `--execute` does it");
                }
            }
        }
        Ok(Exit::Done)
    }
}

fn trouble(error: CarryError) -> Trouble {
    let hint = error.hint();
    Trouble::new(error, hint)
}
