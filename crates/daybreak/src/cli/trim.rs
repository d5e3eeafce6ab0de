mod archive;
mod ground;
mod run;
mod schedule;
mod shown;

use std::path::Path;

use clap::{Args, Subcommand, ValueEnum};
use daybreak_work::{AgeUnit, Children, TrimError};
use jiff::Span;
use jiff::tz::TimeZone;

use super::source::Start;
use crate::config;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

pub(super) use ground::Ground;
pub(super) use run::carry_out;
pub(super) use shown::report as report_lines;

/// Takes old rows out of tables: shows which, how many, and in which order; with `--execute` archives them in Parquet files that are
/// read back, and deletes them in small transactions that give way to production. Rules are the plan's (`[[trim.rules]]`), or one on
/// the command line (`--source`, `--table`).
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Trim {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    which: Which,
    /// Delete the rows. Ctrl-C ends after the transaction at hand; the same command goes on.
    #[arg(long)]
    execute: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Put rows back as they were, from the folder of a run or of a rule. Shows what it would do; `--execute` does it.
    Restore(archive::Restore),
    /// Look through every file of an archive: each must be the one that was written.
    Verify(archive::Verify),
    /// Print the plan's rules for a scheduler of yours.
    Schedule(schedule::PrintSchedule),
}

/// Which rules, and where.
#[derive(Debug, Clone, Args)]
pub(super) struct Which {
    #[command(flatten)]
    start: Start,
    /// Only this rule of the plan. May be repeated.
    #[arg(long = "rule", value_name = "NAME", conflicts_with = "table")]
    rules: Vec<String>,
    /// Which side of the plan: the one that applications write to, unless it is named.
    #[arg(long, value_enum)]
    on: Option<On>,
    /// A rule of its own: its table.
    #[arg(long, value_name = "SCHEMA.TABLE")]
    table: Option<String>,
    /// Rows for which this expression is true.
    #[arg(long = "where", value_name = "EXPRESSION", requires = "table", conflicts_with_all = ["column", "keep"])]
    condition: Option<String>,
    /// Rows whose value of this column is older than `--keep`.
    #[arg(long, value_name = "NAME", requires_all = ["table", "keep"])]
    column: Option<String>,
    /// How long rows are kept, such as `13 months` or `90 days`.
    #[arg(long, value_name = "SPAN", requires = "column", value_parser = config::span)]
    keep: Option<Span>,
    /// What whole numbers in the column count, from 1970 on.
    #[arg(long, value_enum, default_value = "seconds")]
    unit: Unit,
    /// The time zone of a column that shows what a clock shows.
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = config::zone)]
    time_zone: TimeZone,
    /// What becomes of rows of other tables that refer to such rows: the rule is refused, they go first, or such rows stay.
    #[arg(long, value_enum, default_value = "refuse")]
    children: Referring,
    /// Take partitions that by their bounds hold nothing but such rows out as a whole.
    #[arg(long, requires = "column")]
    partitions: bool,
    /// Delete rows also where that fires triggers.
    #[arg(long, requires = "table")]
    fire_triggers: bool,
    /// The folder that runs are archived in, or `s3://BUCKET/PREFIX`.
    #[arg(long, value_name = "PLACE", default_value = "archive", requires = "table")]
    archive: String,
    /// Delete without a copy.
    #[arg(long, requires = "table")]
    no_archive: bool,
    /// Stand back while a replica is behind by more seconds than this.
    #[arg(long, value_name = "SECONDS")]
    max_lag: Option<f64>,
    /// Stand back while more sessions than this are at work.
    #[arg(long, value_name = "NUMBER")]
    max_running_sessions: Option<usize>,
    /// Delete although a server of the estate cannot be asked how far it is behind.
    #[arg(long)]
    ignore_unreached: bool,
    /// Most rows of one transaction.
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    chunk_rows: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    Source,
    Target,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
}

impl From<Unit> for AgeUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Seconds => Self::Seconds,
            Unit::Milliseconds => Self::Milliseconds,
            Unit::Microseconds => Self::Microseconds,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Referring {
    Refuse,
    First,
    Keep,
}

impl From<Referring> for Children {
    fn from(referring: Referring) -> Self {
        match referring {
            Referring::Refuse => Self::Refuse,
            Referring::First => Self::First,
            Referring::Keep => Self::Keep,
        }
    }
}

fn failed(error: TrimError) -> Trouble {
    let hint = error.hint();
    Trouble::new(error, hint)
}

impl Trim {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        match self.what {
            Some(What::Restore(restore)) => return Box::pin(restore.run(plan, format)).await,
            Some(What::Verify(verify)) => return verify.run(plan, format).await,
            Some(What::Schedule(schedule)) => return schedule.run(plan, format).await,
            None => {}
        }
        let ground = Ground::of(&self.which, plan).await?;
        if !self.execute {
            let outlook = shown::Outlook::of(&ground).await?;
            match format {
                Format::Json => output::json(&outlook),
                Format::Text => outlook.lines().iter().for_each(output::line),
            }
            return Ok(Exit::Done);
        }
        // What is about to be run, before any of it is.
        for plan in &ground.plans {
            shown::statements(plan).iter().for_each(output::say);
        }
        let reports = carry_out(&ground).await?;
        match format {
            Format::Json => output::json(&reports),
            Format::Text => reports.iter().flat_map(shown::report).for_each(output::line),
        }
        Ok(if reports.iter().all(|report| report.whole) {
            Exit::Done
        } else {
            Exit::Waiting
        })
    }
}
