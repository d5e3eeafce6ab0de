mod advise;
mod clone;
mod table;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use daybreak_engine::database;
use daybreak_model::Family;
use daybreak_work::{
    Became, Digest, DigestError, Filter, Input, Ranking, compare_digests, digest, digest_transactions, follow,
};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};

use super::source::Start;
use crate::assessment::{day_of, judge};
use crate::captures;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};
use crate::slow_limits;

/// Reads logs of statements, plain or packed (gz, zst), and tells which classes take the time: slow query logs of the MySQL family, by the
/// fingerprints and ids of pt-query-digest, and PostgreSQL's logs (standard error, csvlog, jsonlog), each by what it begins with. With
/// `--live` what the servers of an estate have counted themselves, by the same classes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Slow {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    logs: Logs,
    /// What puts a class first: its time in all, the number of its statements (a round trip each), or variance over mean.
    #[arg(long, value_enum, default_value = "time")]
    by: By,
    /// Classes shown; 0 shows all.
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Show only classes whose id begins so.
    #[arg(long, value_name = "ID")]
    class: Option<String>,
    /// Follow one log that grows, from its end on, through rotations, and tell what was added every so many seconds.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "10", value_parser = clap::value_parser!(u32).range(1..))]
    follow: Option<u32>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read logs and keep what they come to under a name, in `.daybreak/slow` beside the plan file.
    Capture {
        /// Its name: letters, digits, `-` and `_`.
        name: String,
        #[command(flatten)]
        logs: Logs,
    },
    /// Tell what could be done about the classes that take the time: how a server carries them out, what they could do better
    /// themselves, which index would help. With `--prove` by making it on a clone and running them there. Changes no server of the
    /// company's without `--execute`.
    Advise(Box<advise::Advise>),
    /// Tell which classes are over the limits that the plan sets in `[slow]`, by what was captured. Ends with 3 if any is that no waiver
    /// accepts: the runbook goes no further then.
    Check,
    /// Compare two that were kept: which classes are gone, better, worse or new. Ends with 3 if any is worse or new.
    Diff {
        /// The earlier one.
        before: String,
        /// The later one.
        after: String,
    },
}

/// Which logs, and which of their statements.
#[derive(Debug, Clone, Args)]
struct Logs {
    /// Logs; `-` is standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Ask every server of the estate (`--source URL`, or the plan's) what it has counted since it was started: the Performance Schema of the
    /// MySQL family, pg_stat_statements of PostgreSQL.
    #[arg(long, conflicts_with_all = ["files", "since", "until", "min_time"])]
    live: bool,
    /// Read as well which statements stand in one transaction, and which repeat: by one processor, which takes longer.
    #[arg(long, conflicts_with = "live")]
    transactions: bool,
    #[command(flatten)]
    start: Start,
    /// Only statements of this user. May be repeated.
    #[arg(long = "user", value_name = "NAME")]
    users: Vec<String>,
    /// Only statements in this database. May be repeated.
    #[arg(long = "database", value_name = "NAME")]
    databases: Vec<String>,
    /// Only statements logged from this moment on, such as 2026-11-26T08:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<jiff::Timestamp>,
    /// Only statements logged before this moment.
    #[arg(long, value_name = "TIME")]
    until: Option<jiff::Timestamp>,
    /// Only statements that took at least so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, value_parser = seconds)]
    min_time: f64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Time,
    Count,
    Variance,
}

impl From<By> for Ranking {
    fn from(by: By) -> Self {
        match by {
            By::Time => Self::Time,
            By::Count => Self::Count,
            By::Variance => Self::Variance,
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    if seconds.is_finite() && seconds >= 0.0 {
        Ok(seconds)
    } else {
        Err("seconds are 0 or more".to_owned())
    }
}

impl Slow {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let folder = captures::folder(plan.parent().unwrap_or(Path::new(".")));
        match &self.what {
            Some(What::Capture { name, logs }) => {
                let report = logs.read(plan).await?.report(Ranking::Time, 0);
                let path = captures::write(&folder, name, &report)?;
                output::say(format!(
                    "{} statements of {} classes kept in {}",
                    report.statements,
                    report.unique,
                    path.display()
                ));
                Ok(Exit::Done)
            }
            Some(What::Advise(advise)) => advise.run(plan, format).await,
            Some(What::Check) => check(plan, format),
            Some(What::Diff { before, after }) => {
                let changes = compare_digests(
                    &captures::read(&folder, before)?,
                    &captures::read(&folder, after)?,
                );
                match format {
                    Format::Json => output::json(&changes),
                    Format::Text => table::changes(&changes).iter().for_each(output::line),
                }
                let bad = changes
                    .iter()
                    .any(|change| matches!(change.became, Became::Worse | Became::New));
                Ok(if bad { Exit::Different } else { Exit::Done })
            }
            None => match self.follow {
                Some(every) => self.follow(Duration::from_secs(every.into()), format).await,
                None => {
                    let digest = self.logs.read(plan).await?;
                    self.print(&digest, format);
                    Ok(Exit::Done)
                }
            },
        }
    }

    fn print(&self, digest: &Digest, format: Format) {
        let mut report = digest.report(self.by.into(), if self.class.is_some() { 0 } else { self.top });
        if let Some(id) = &self.class {
            report
                .classes
                .retain(|class| class.id.starts_with(&id.to_uppercase()));
        }
        match format {
            Format::Json => output::json(&report),
            Format::Text => table::classes(&report).iter().for_each(output::line),
        }
    }

    /// Tells what was added, again and again, until it is told to end.
    async fn follow(&self, every: Duration, format: Format) -> Result<Exit, Trouble> {
        let [file] = self.logs.files.as_slice() else {
            let error = anyhow::anyhow!(
                "one log can be followed, and {} were named",
                self.logs.files.len()
            );
            return Err(Trouble::usage(
                error,
                Some("follow each in a terminal of its own".to_owned()),
            ));
        };
        let mut growing = follow(file).map_err(unreadable)?;
        let filter = self.logs.filter();
        let mut digest = Digest::default();
        let mut interrupted = signal(SignalKind::interrupt())?;
        let mut terminated = signal(SignalKind::terminate())?;
        loop {
            let ends = tokio::select! {
                () = tokio::time::sleep(every) => false,
                _ = interrupted.recv() => true,
                _ = terminated.recv() => true,
            };
            let before = digest.events;
            growing.poll(&filter, &mut digest).map_err(unreadable)?;
            if digest.events > before || ends {
                self.print(&digest, format);
            }
            if ends {
                return Ok(Exit::Done);
            }
        }
    }
}

/// What of the plan's limits does not hold.
fn check(plan: &Path, format: Format) -> Result<Exit, Trouble> {
    let settings = super::settings(plan)?;
    let Some(limits) = &settings.slow else {
        let hint = "add `[slow]` with `capture` and `max_p95_seconds` or `less_time_percent`".to_owned();
        return Err(Trouble::usage(
            anyhow::anyhow!("the plan sets no limits for slow statements"),
            Some(hint),
        ));
    };
    let findings = slow_limits::findings(limits)?;
    let judged = judge(&findings, &settings.waivers, day_of(jiff::Timestamp::now()));
    match format {
        Format::Json => output::json(&judged.blocking),
        Format::Text => {
            for finding in &judged.blocking {
                output::line(format!(
                    "{} of {}: {}",
                    finding.id,
                    finding.object,
                    super::plain(&finding.evidence)
                ));
            }
            for (finding, waiver) in &judged.waived {
                output::line(format!(
                    "{} of {} is accepted: {}",
                    finding.id, finding.object, waiver.reason
                ));
            }
            if judged.blocking.is_empty() {
                output::line("the workload is as the plan wants it");
            }
        }
    }
    Ok(if judged.blocking.is_empty() {
        Exit::Done
    } else {
        Exit::Different
    })
}

impl Logs {
    fn filter(&self) -> Filter {
        Filter {
            users: self.users.clone(),
            databases: self.databases.clone(),
            since: self.since.map(|since| since.as_microsecond()),
            until: self.until.map(|until| until.as_microsecond()),
            at_least: self.min_time,
        }
    }

    async fn read(&self, plan: &Path) -> Result<Digest, Trouble> {
        if self.live {
            return self.ask(plan).await;
        }
        if self.files.is_empty() {
            let hint =
                "name one or more logs, `-` for standard input, or ask the servers with `--live`".to_owned();
            return Err(Trouble::usage(anyhow::anyhow!("no log was named"), Some(hint)));
        }
        let inputs: Vec<Input> = self
            .files
            .iter()
            .map(|file| {
                if file.as_os_str() == "-" {
                    Input::Stdin
                } else {
                    Input::File(file.clone())
                }
            })
            .collect();
        let filter = self.filter();
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let bar = bar();
        let transactions = self.transactions;
        let read = tokio::task::spawn_blocking(move || {
            let progress = |bytes| bar.set_message(HumanBytes(bytes).to_string());
            let digest = if transactions {
                digest_transactions(&inputs, &filter, &progress)
            } else {
                digest(&inputs, &filter, workers, &progress)
            };
            bar.finish_and_clear();
            digest
        });
        read.await?.map_err(unreadable)
    }
}

impl Logs {
    /// What the servers of an estate have counted.
    async fn ask(&self, plan: &Path) -> Result<Digest, Trouble> {
        let begin = self.start.begin(plan)?;
        if begin.endpoint.family == Family::Mysql && !self.users.is_empty() {
            let error = anyhow::anyhow!("the Performance Schema counts statements of all accounts together");
            let hint = "leave `--user` out, or read the slow query log".to_owned();
            return Err(Trouble::usage(error, Some(hint)));
        }
        let mut topology = self.start.around(&begin).await?;
        begin.recognise_target(&mut topology).await;
        let mut digest = Digest::default();
        let unreached = topology.unreached.iter();
        digest.untold = unreached
            .map(|server| format!("{}: {}", server.name, server.why))
            .collect();
        let mut told = false;
        for member in &topology.members {
            let endpoint = &member.endpoint;
            match database(endpoint.clone()).statement_figures().await {
                Ok(mut figures) => {
                    told = true;
                    let among = |names: &[String], name: &String| names.is_empty() || names.contains(name);
                    figures.retain(|figures| {
                        among(&self.databases, &figures.database) && among(&self.users, &figures.user)
                    });
                    digest.add_figures(endpoint.family, &endpoint.address(), &figures);
                }
                Err(error) if topology.members.len() == 1 => {
                    let hint = error.hint().map(str::to_owned);
                    return Err(Trouble::new(error, hint));
                }
                Err(error) => digest.untold.push(error.in_words()),
            }
        }
        if told {
            return Ok(digest);
        }
        let why = digest.untold.join("; ");
        Err(Trouble::new(
            anyhow::anyhow!("no server told what it has counted: {why}"),
            None::<String>,
        ))
    }
}

/// Shows on a terminal how much was read; elsewhere nothing.
fn bar() -> ProgressBar {
    let target = if output::is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} read, {elapsed}") {
        bar.set_style(style);
    }
    bar
}

fn unreadable(error: DigestError) -> Trouble {
    Trouble::new(
        error,
        Some("see that the file is there, that this account may read it, and that it is whole"),
    )
}
