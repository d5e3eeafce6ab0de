mod events;
mod found;
mod ground;
mod rounds;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use daybreak_engine::{Database, EngineError};
use daybreak_model::{Table, TableName};
use daybreak_work::{
    CheckError, Checkpoint, LastVerdict, NodeReport, RepairSettings, Since, Topology, Verdict, check_nodes,
    check_since, repair,
};

use super::bar;
use super::source::Start;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};
use found::{Found, Run};
use ground::Ground;

/// Where a check keeps what it has come to until it ends.
const CHECKPOINT: &str = "data-check.jsonl";
/// Where the last verdict is.
const VERDICT: &str = "data-check-verdict.json";

/// Compares every row of every server of the estate, and of the plan's target while it replicates, live: names what is not the
/// same, by row and column, with the statement that repairs it. Changes nothing without `--execute`.
#[derive(Debug, Args)]
pub(crate) struct DataCheck {
    #[command(flatten)]
    start: Start,
    /// A further server that is to have the same rows. May be repeated; its password is that of `--source`.
    #[arg(long = "node", value_name = "URL")]
    nodes: Vec<String>,
    /// What is compared: a database or schema. May be repeated; the plan's, or all.
    #[arg(long = "schema", value_name = "NAME")]
    schemas: Vec<String>,
    /// Only this table. May be repeated.
    #[arg(long = "table", value_name = "SCHEMA.TABLE")]
    tables: Vec<String>,
    /// How many differing rows of a table are named, and repaired.
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    rows_named: usize,
    /// Stand back while a replica is behind by more seconds than this.
    #[arg(long, value_name = "SECONDS")]
    max_lag: Option<f64>,
    /// Stand back while more sessions than this are at work on the primary.
    #[arg(long, value_name = "NUMBER")]
    max_running_sessions: Option<usize>,
    /// How long one statement is to take: as many neighbouring rows are compared at once as the slowest server answers for in this
    /// time. Half a second, or the plan's.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    chunk_time: Option<Duration>,
    /// The largest share of the time that the check works, 1 to 100: it rests in between. The plan's, or all of it while nobody else is at
    /// work on the primary, and 2 while somebody is or with `--watch`.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    share: Option<u8>,
    /// Hash rows to 128 bits of SHA-256 instead of 64 bits of what is quickest: the servers hash each row twice for it.
    #[arg(long)]
    strong: bool,
    /// Compare JSON by what it means: the order of keys and white space do not count. How numbers are written does, except on MariaDB.
    #[arg(long)]
    json_by_meaning: bool,
    /// How long a server may take to reach a position of the primary's.
    #[arg(long, value_name = "SECONDS")]
    patience: Option<u32>,
    /// Compare only what changed since the last check that came to its end, and what was not the same then. A row that somebody changed
    /// on a replica itself is not seen: only a whole check sees that. PostgreSQL needs a whole check with `--keep-slot` before.
    #[arg(long, conflicts_with_all = ["tables", "schemas", "fresh", "watch"])]
    delta: bool,
    /// PostgreSQL: keep what changes from the beginning of this check on, for `--delta`: by a replication slot, for which the server keeps
    /// its log until it is read or dropped.
    #[arg(long, conflicts_with_all = ["tables", "delta", "watch"])]
    keep_slot: bool,
    /// PostgreSQL: drop what `--keep-slot` made, and do nothing else.
    #[arg(long, conflicts_with_all = ["delta", "keep_slot", "watch", "execute"])]
    drop_slot: bool,
    /// Check forever, round after round, at a small share of the time (`--share`, 2 by default), and tell of every row at the moment it is
    /// proven different, and when it is the same again. Ends on Ctrl-C with what it knows.
    #[arg(long, conflicts_with = "execute")]
    watch: bool,
    /// End watching after so many rounds.
    #[arg(long, value_name = "NUMBER", requires = "watch", value_parser = clap::value_parser!(u64).range(1..))]
    rounds: Option<u64>,
    /// Begin anew where an earlier check was broken off.
    #[arg(long)]
    fresh: bool,
    /// Show which columns differ, and no value: repairs are left out of what is printed.
    #[arg(long)]
    redact: bool,
    /// Show the repairs of the rows that are named and run them, then look at those tables again. On a replica they stay out of its binary
    /// log.
    #[arg(long)]
    execute: bool,
}

/// A time in seconds, above zero and up to an hour.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .filter(|time| !time.is_zero() && *time <= Duration::from_secs(3600))
        .ok_or_else(|| "write seconds above 0 and up to 3600, such as 0.5".to_owned())
}

fn failed(error: EngineError) -> Trouble {
    let hint = error.hint().map(str::to_owned);
    Trouble::new(error, hint)
}

fn stopped(error: CheckError) -> Trouble {
    let hint = error.hint().map(str::to_owned);
    Trouble::new(error, hint)
}

impl DataCheck {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let begin = self.start.begin(plan)?;
        let mut topology = self.start.around(&begin).await?;
        begin.recognise_target(&mut topology).await;
        let source = ground::leader(&begin, &mut topology).await?;
        if self.drop_slot {
            let dropped = source.forget_changes().await.map_err(failed)?;
            let kept = if dropped {
                "dropped what kept"
            } else {
                "nothing keeps"
            };
            output::say(format!("{kept} changes on {}", source.endpoint()));
            return Ok(Exit::Done);
        }
        let folder = plan.parent().unwrap_or(Path::new("."));
        let ground = self.ground(&begin, source, &topology, folder).await?;
        if self.watch {
            return rounds::watch(ground, &topology.unreached, &self.tables, self.rounds, format).await;
        }
        let run = match self.reports(&ground).await? {
            Ok((reports, since)) => self.conclude(&ground, &topology, reports, since).await?,
            Err(why) => Run::untold(&ground.source, why),
        };
        match format {
            Format::Json => output::json(&run),
            Format::Text => run.lines().iter().for_each(output::line),
        }
        Ok(exit(run.verdict))
    }

    /// What came of the comparison, and where it began, if changes can be followed from there; or why an earlier verdict cannot be
    /// gone on from.
    async fn reports(
        &self,
        ground: &Ground,
    ) -> Result<Result<(Vec<NodeReport>, Option<Since>), String>, Trouble> {
        if !self.delta {
            return self.whole(ground).await.map(Ok);
        }
        let Some(last) = LastVerdict::read(&ground.file(VERDICT)?)? else {
            let file = ground.file(VERDICT)?;
            let why = format!(
                "there is no last verdict in {}: run a full check first",
                file.display()
            );
            return Ok(Err(why));
        };
        let lacking = ground.source.missing_privileges("delta").await.map_err(failed)?;
        if !lacking.is_empty() {
            let endpoint = ground.source.endpoint();
            return Ok(Err(format!(
                "account `{}` on {endpoint} lacks {}: `daybreak accounts --for delta` prints the grants",
                endpoint.user,
                lacking.join(", ")
            )));
        }
        let (bar, nodes) = (bar::Bar::new(), ground.compared());
        let checked = check_since(
            &ground.source,
            &nodes,
            &ground.scope,
            &ground.tables,
            &last,
            &ground.settings,
            &bar,
        );
        match checked.await {
            Ok((reports, now)) => Ok(Ok((reports, Some(now)))),
            Err(CheckError::Engine(error)) if !error.is_transient() => {
                let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
                Ok(Err(format!("{}{hint}", error.in_words())))
            }
            Err(error) => Err(stopped(error)),
        }
    }

    /// A whole check, which goes on where an earlier one of the same things was broken off.
    async fn whole(&self, ground: &Ground) -> Result<(Vec<NodeReport>, Option<Since>), Trouble> {
        let path = ground.file(CHECKPOINT)?;
        if self.fresh && path.exists() {
            std::fs::remove_file(&path)?;
        }
        let kept = if self.keep_slot { ", keeping changes" } else { "" };
        let mut checkpoint = Checkpoint::open(&path, &format!("{}{kept}", ground.described()))?;
        if checkpoint.goes_on() {
            output::say(format!(
                "going on with the check that {} tells of; `--fresh` begins anew",
                path.display()
            ));
        } else if checkpoint.since().is_none() {
            if self.keep_slot {
                let kept = ground.source.keep_changes(&ground.scope).await.map_err(failed)?;
                output::say(kept.unwrap_or_else(|| {
                    format!("{} keeps its binary log by itself", ground.source.endpoint())
                }));
            }
            // Without a log there is nothing to go on from, and everything can be compared all the same.
            if let Ok(since) = Since::now(ground.source.as_ref()).await {
                checkpoint.begin_at(since)?;
            }
        }
        let (bar, nodes) = (bar::Bar::new(), ground.compared());
        let (source, settings) = (&ground.source, &ground.settings);
        let reports = check_nodes(
            source,
            &nodes,
            &ground.tables,
            settings,
            Some(&mut checkpoint),
            &bar,
        );
        let reports = reports.await.map_err(stopped)?;
        let since = checkpoint.since().cloned();
        // Where a server was lost, the same command goes on with what it missed.
        let lost = |report: &NodeReport| report.left.as_ref().is_some_and(EngineError::is_transient);
        if !reports.iter().any(lost) {
            std::fs::remove_file(&path)?;
        }
        Ok((reports, since))
    }

    /// Explains what differs, repairs it where that is wanted, and leaves the verdict for the next check.
    async fn conclude(
        &self,
        ground: &Ground,
        topology: &Topology,
        mut reports: Vec<NodeReport>,
        since: Option<Since>,
    ) -> Result<Run, Trouble> {
        let mut found = self.explain(ground, &mut reports).await;
        let mut repaired = Vec::new();
        if self.execute && !found.is_empty() {
            repaired = self.mend(ground, &found).await;
            let touched = |table: &&Table| found.iter().any(|found| found.table == table.name.to_string());
            let again: Vec<Table> = ground.tables.iter().filter(touched).cloned().collect();
            let (bar, nodes) = (bar::Bar::new(), ground.compared());
            let looked_again =
                check_nodes(&ground.source, &nodes, &again, &ground.settings, None, &bar).await;
            for (report, again) in reports.iter_mut().zip(looked_again.map_err(stopped)?) {
                report.report.replace(again.report);
                report.left = report.left.take().or(again.left);
            }
            found = self.explain(ground, &mut reports).await;
        }
        // A check of some tables says nothing of the others.
        if let Some(since) = since.filter(|_| self.tables.is_empty()) {
            let log = since.log.clone();
            let verdict = LastVerdict::new(since, ground.addresses(), &ground.tables, &reports);
            verdict.write(&ground.file(VERDICT)?)?;
            let released = ground.source.release_changes(&log).await;
            if self.delta || self.keep_slot {
                released.map_err(failed)?;
            }
        }
        self.doubt_what_is_hidden(ground, &mut reports).await?;
        Ok(Run::new(
            &ground.source,
            reports,
            found,
            repaired,
            &topology.unreached,
            self.redact,
        ))
    }

    /// A server that lists to an account only what it may read hides tables and columns from a check: what it may hide is no "same".
    async fn doubt_what_is_hidden(&self, ground: &Ground, reports: &mut [NodeReport]) -> Result<(), Trouble> {
        // Tables that were named are there, or the check would not have begun; columns of theirs may be hidden all the same.
        let named: Vec<TableName> = match self.tables.is_empty() {
            true => Vec::new(),
            false => ground.tables.iter().map(|table| table.name.clone()).collect(),
        };
        let hidden = async |server: &Arc<dyn Database>| server.hidden_rows(&ground.scope, &named).await;
        let of_source = hidden(&ground.source).await.map_err(failed)?;
        for ((node, _), report) in ground.nodes.iter().zip(reports) {
            // One that is lost was told of already.
            let of_node = hidden(&node.server).await.unwrap_or_default();
            for (table, why) in of_source.iter().chain(&of_node) {
                report.report.doubt(table.clone(), why.clone());
            }
        }
        Ok(())
    }

    /// What differs, value by value. Where a server is gone since, its rows are named all the same.
    async fn explain(&self, ground: &Ground, reports: &mut [NodeReport]) -> Vec<Found> {
        let mut all = Vec::new();
        for ((node, _), report) in ground.nodes.iter().zip(reports) {
            for (table, rows) in found::differing(&report.report, &ground.tables) {
                match found::of_table(&ground.source, &node.server, table, rows, ground.settings.hashing)
                    .await
                {
                    Ok(found) => all.extend(found),
                    Err(error) => {
                        all.extend(found::by_name(&node.server, table, rows));
                        report.left.get_or_insert(error);
                    }
                }
            }
        }
        all
    }

    /// Repairs what was named, table by table; what was refused, in words.
    async fn mend(&self, ground: &Ground, found: &[Found]) -> Vec<String> {
        let mut done = Vec::new();
        for (node, follower) in &ground.nodes {
            let name = node.server.endpoint().to_string();
            let unlogged = ground.repairs_unlogged(node, *follower).await;
            for table in &ground.tables {
                let of = |found: &&Found| found.server == name && found.table == table.name.to_string();
                let rows = found.iter().filter(of).map(|found| found.row.clone());
                let rows: Vec<_> = rows.filter(|row| row.repair.is_some()).collect();
                if rows.is_empty() {
                    continue;
                }
                let unlogged = match &unlogged {
                    Ok(unlogged) => *unlogged,
                    Err(why) => {
                        done.push(format!("did not repair rows of {} on {name}: {why}", table.name));
                        continue;
                    }
                };
                let shown = rows.iter().filter_map(|row| row.repair.as_ref());
                shown.filter(|_| !self.redact).for_each(|statement| {
                    output::say(super::plain(&format!("{name}: {statement};")));
                });
                let settings = RepairSettings {
                    unlogged,
                    hashing: ground.settings.hashing,
                    patience: ground.settings.patience,
                };
                done.push(match repair(&ground.source, node, table, &rows, settings).await {
                    Ok(repaired) => {
                        let left = match rows.len() - repaired {
                            0 => String::new(),
                            left => format!("; {left} moved or were the same by then"),
                        };
                        format!("repaired {repaired} row(s) of {} on {name}{left}", table.name)
                    }
                    Err(error) => {
                        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
                        format!(
                            "could not repair rows of {}: {}{hint}",
                            table.name,
                            error.in_words()
                        )
                    }
                });
            }
        }
        done
    }
}

/// What a verdict is to whoever runs the program.
const fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Same => Exit::Done,
        Verdict::Different => Exit::Different,
        Verdict::CouldNotTell => Exit::CouldNotTell,
    }
}
