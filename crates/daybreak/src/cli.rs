//! The command line: one file per command.

mod accounts;
mod approve;
mod assess;
mod audit;
mod bar;
mod bench;
mod certificates;
mod data_check;
mod demo;
mod gate;
mod gtid;
mod init;
mod load;
mod log;
mod plan;
mod provision;
mod reach;
mod report;
mod run;
mod schema_check;
mod serve;
mod server;
mod slow;
mod source;
mod split;
mod status;
mod topology;
mod trim;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::config::{self, Settings};
use crate::exit::{Exit, Trouble};
use crate::output::Format;

/// Takes a company's own MySQL, MariaDB or PostgreSQL servers to Amazon Aurora, along a DBA's runbook.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 120)]
pub(crate) struct Cli {
    /// The plan file.
    #[arg(long, global = true, default_value = "daybreak.toml", value_name = "FILE")]
    plan: PathBuf,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value = "text")]
    format: Wanted,
    /// Tell more on standard error.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    command: Command,
}

/// What may be asked of `--format`: the last two of `provision export` alone.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Wanted {
    /// For people.
    Text,
    /// For programs: one JSON value, or one per line while something goes on.
    Json,
    /// A template of CloudFormation.
    #[value(hide = true)]
    Cloudformation,
    /// A module of Terraform.
    #[value(hide = true)]
    Terraform,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Migrate real local servers under live load: load, replicate, verify, cut over, fail back, cut over again, audit.
    Demo(demo::Demo),
    /// Find the whole estate from any one of its servers and show who follows whom.
    Topology(topology::ShowTopology),
    /// Compare the schema of every server of the estate, and of the target.
    SchemaCheck(schema_check::SchemaCheck),
    /// Compare the rows of every server of the estate, and of the target, while all are at work.
    DataCheck(data_check::DataCheck),
    /// Tell whether GTIDs are on and can be, and turn them on or off over the whole estate while it is at work.
    Gtid(gtid::Gtid),
    /// Read slow query logs: which classes of statements take the time, how often, how long; and what became of them since.
    Slow(slow::Slow),
    /// Make the plan's Aurora cluster by roles, with its network, parameters, secret and alarms; find what drifted; take it away.
    Provision(provision::Provision),
    /// Go from here to the plan's servers, step by step, and say what stands in the way: name, port, TLS, login.
    Reach(reach::Reach),
    /// Tell which of Amazon's certificate authorities are on this machine, and bring them: a cluster's certificate is verified by them.
    Certificates(certificates::Certificates),
    /// Tell which tables serve one purpose, and what would break where purposes are parted.
    Split(split::Split),
    /// Take old rows out of tables, archived and verified, while all are at work; put them back.
    Trim(trim::Trim),
    /// Look for holes: who is let in, how, and whether anybody would notice; on every server, in the plan file, and at AWS.
    Audit(audit::Audit),
    /// Stay, and run the plan's rules of `trim` when they are due.
    Serve(serve::Serve),
    /// Print the exact statements that let an account do a job, or carry the source's accounts to the target.
    Accounts(accounts::Accounts),
    /// Load by hand what `run` would load: straight, through files in a directory or in S3, by a backup of data files or the servers' own
    /// programs; `load advise` says what fits.
    Load(load::Load),
    /// Look at a source and write a commented plan file.
    Init(init::Init),
    /// Look at every server of the estate for what will not survive the move, with the remedy of each.
    Assess(assess::Assess),
    /// Print the runbook made from the plan: every step, its statements, what undoes it, how long it took last time.
    Plan(plan::Plan),
    /// Carry the runbook out, up to and including the cut-over; goes on where an earlier run stopped.
    Run(run::Run),
    /// Move writes home again, without losing one.
    Failback(run::Failback),
    /// Take back what was done, in reverse, while that is still possible.
    Rollback(run::Rollback),
    /// Where the migration stands.
    Status(status::Status),
    /// Approve the step that waits for a person.
    Approve(approve::Approve),
    /// Ask a running conductor to pause at the next step.
    Pause(approve::Pause),
    /// Let a paused run go on.
    Resume(approve::Resume),
    /// Ask a running conductor to stop and undo, where that is still possible.
    Abort(approve::Abort),
    /// Print the journal and check its chain.
    Log(log::Log),
    /// Write the report: one HTML file, and the same as JSON.
    Report(report::Report),
    /// Run the gate: the proxy in front of the application.
    Gate(gate::Gate),
    /// Measure on this machine, beside the tools that others use.
    Bench(bench::Bench),
}

impl Cli {
    pub(crate) async fn run(self) -> Result<Exit, Trouble> {
        let settings = || settings(&self.plan);
        let format = match (self.format, &self.command) {
            (Wanted::Text, _) => Format::Text,
            (Wanted::Json, _) => Format::Json,
            (template, Command::Provision(provision)) => {
                let template = match template {
                    Wanted::Terraform => provision::Template::Terraform,
                    _ => provision::Template::Cloudformation,
                };
                return provision.export(&self.plan, template);
            }
            _ => {
                let error = anyhow::anyhow!("that format is one of `provision export` alone");
                return Err(Trouble::usage(
                    error,
                    Some("use `--format text` or `--format json`".to_owned()),
                ));
            }
        };
        match self.command {
            Command::Demo(command) => command.run(format).await,
            Command::Topology(command) => command.run(&self.plan, format).await,
            Command::SchemaCheck(command) => command.run(&self.plan, format).await,
            Command::Slow(command) => command.run(&self.plan, format).await,
            Command::Provision(command) => command.run(&self.plan, format).await,
            Command::Reach(command) => Ok(command.run(settings()?, format).await),
            Command::Certificates(command) => command.run(format).await,
            Command::Split(command) => command.run(&self.plan, format).await,
            Command::Audit(command) => Box::pin(command.run(&self.plan, format)).await,
            Command::Trim(command) => Box::pin(command.run(&self.plan, format)).await,
            Command::Serve(command) => Box::pin(command.run(settings()?, format)).await,
            Command::Gtid(command) => command.run(&self.plan, format).await,
            Command::Accounts(command) => command.run(&self.plan, format).await,
            Command::DataCheck(command) => command.run(&self.plan, format).await,
            Command::Load(command) => Box::pin(command.run(&self.plan, format)).await,
            Command::Init(command) => command.run(&self.plan).await,
            Command::Assess(command) => command.run(&self.plan, format).await,
            Command::Plan(command) => command.run(settings()?, format).await,
            Command::Run(command) => command.run(settings()?, format).await,
            Command::Failback(command) => command.run(settings()?, format).await,
            Command::Rollback(command) => command.run(settings()?, format).await,
            Command::Status(command) => command.run(settings()?, format).await,
            Command::Approve(command) => command.run(settings()?).await,
            Command::Pause(command) => command.run(settings()?).await,
            Command::Resume(command) => command.run(settings()?).await,
            Command::Abort(command) => command.run(settings()?).await,
            Command::Log(command) => command.run(settings()?, format).await,
            Command::Report(command) => command.run(settings()?).await,
            Command::Gate(command) => command.run(settings()?).await,
            Command::Bench(command) => command.run(format).await,
        }
    }
}

fn settings(plan: &std::path::Path) -> Result<Settings, Trouble> {
    config::read(plan).map_err(|error| {
        let hint = error.hint();
        Trouble::usage(error, hint)
    })
}

/// The text on one line: what servers say cannot end a line of ours.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
