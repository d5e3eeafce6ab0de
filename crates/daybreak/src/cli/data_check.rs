mod found;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use daybreak_engine::{Database, EngineError, database, replication};
use daybreak_model::{Endpoint, Scope, Table};
use daybreak_work::{
    CheckSettings, Checkpoint, Compared, Follows, NodeReport, Topology, Verdict, check_nodes, repair,
};

use super::source::{Begin, Start};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};
use found::{Found, Run};

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
    /// How long a server may take to reach a position of the primary's.
    #[arg(long, value_name = "SECONDS")]
    patience: Option<u32>,
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

/// What is compared, and what with.
struct Ground {
    source: Arc<dyn Database>,
    /// With each: whether it is a replica of the company's own.
    nodes: Vec<(Compared, bool)>,
    tables: Vec<Table>,
    settings: CheckSettings,
    /// Where the check keeps what it has come to.
    checkpoint: PathBuf,
}

fn failed(error: EngineError) -> Trouble {
    let hint = error.hint().map(str::to_owned);
    Trouble::new(error, hint)
}

impl DataCheck {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let begin = self.start.begin(plan)?;
        let mut topology = self.start.walk(&begin.endpoint).await?;
        begin.recognise_target(&mut topology).await;
        let folder = plan.parent().unwrap_or(Path::new("."));
        let ground = self.ground(&begin, &topology, folder).await?;
        let mut reports = self.compare(&ground, &ground.tables, true).await?;
        let mut found = self.explain(&ground, &mut reports).await;
        let mut repaired = Vec::new();
        if self.execute && !found.is_empty() {
            repaired = self.mend(&ground, &found).await;
            let touched = |table: &&Table| found.iter().any(|found| found.table == table.name.to_string());
            let again: Vec<Table> = ground.tables.iter().filter(touched).cloned().collect();
            let looked_again = self.compare(&ground, &again, false).await?;
            for (report, again) in reports.iter_mut().zip(looked_again) {
                report.report.replace(again.report);
                report.left = report.left.take().or(again.left);
            }
            found = self.explain(&ground, &mut reports).await;
        }
        let run = Run::new(
            &ground.source,
            reports,
            found,
            repaired,
            &topology.unreached,
            self.redact,
        );
        match format {
            Format::Json => output::json(&run),
            Format::Text => run.lines().iter().for_each(output::line),
        }
        Ok(match run.verdict {
            Verdict::Same => Exit::Done,
            Verdict::Different => Exit::Different,
            Verdict::CouldNotTell => Exit::CouldNotTell,
        })
    }

    async fn ground(&self, begin: &Begin, topology: &Topology, folder: &Path) -> Result<Ground, Trouble> {
        let primary = topology.primary().map_err(|missing| {
            let error = anyhow::anyhow!("the primary {} could not be asked: {}", missing.name, missing.why);
            Trouble::new(error, Some("see that this account reaches the primary"))
        })?;
        let source = database(primary.endpoint.clone());
        let own = primary.endpoint.address();
        let mut nodes: Vec<(Compared, bool)> = Vec::new();
        for member in topology
            .members
            .iter()
            .filter(|member| member.endpoint.address() != own)
        {
            let label = "replica".to_owned();
            nodes.push((
                by_itself(Endpoint {
                    label,
                    ..member.endpoint.clone()
                }),
                true,
            ));
        }
        for url in &self.nodes {
            let endpoint = self.start.endpoint("node", url)?;
            let server = database(endpoint.clone());
            let follows = server.identity().await.map_err(failed)?.follows.is_some();
            let compared = if follows {
                by_itself(endpoint)
            } else {
                Compared {
                    server,
                    follows: Follows::Nothing,
                }
            };
            nodes.push((compared, follows));
        }
        nodes.extend(target(begin).await.map(|target| (target, false)));
        if nodes.is_empty() {
            let error =
                anyhow::anyhow!("{own} has no replica, and there is no other server to compare it with");
            let hint = "name one with `--node URL`, or `--also HOST:PORT` for a standby on a port of its own";
            return Err(Trouble::usage(error, Some(hint.to_owned())));
        }
        let schemas = match &begin.settings {
            _ if !self.schemas.is_empty() => self.schemas.clone(),
            Some(settings) => settings.scope.schemas.clone(),
            None => source.schemas().await.map_err(failed)?,
        };
        let flavor = source.flavor().await.map_err(failed)?;
        let scope = Scope { schemas };
        let mut tables = source.schema(&scope, &flavor).await.map_err(failed)?.tables;
        if !self.tables.is_empty() {
            for wanted in &self.tables {
                if !tables.iter().any(|table| table.name.to_string() == *wanted) {
                    let error = anyhow::anyhow!("{own} has no table {wanted} among what is compared");
                    return Err(Trouble::usage(error, Some("write it as SCHEMA.TABLE".to_owned())));
                }
            }
            tables.retain(|table| self.tables.contains(&table.name.to_string()));
        }
        let planned = begin.settings.as_ref();
        let mut settings = planned.map_or_else(CheckSettings::default, |settings| settings.check.clone());
        settings.rows_named = self.rows_named;
        settings.lag_seconds = self.max_lag.unwrap_or(settings.lag_seconds);
        if let Some(seconds) = self.patience {
            settings.patience = std::time::Duration::from_secs(seconds.into());
        }
        let throttle = &mut settings.throttle;
        throttle.running_sessions = self.max_running_sessions.unwrap_or(throttle.running_sessions);
        let state = planned.map_or_else(|| folder.join(".daybreak"), |settings| settings.state_dir.clone());
        Ok(Ground {
            source,
            nodes,
            tables,
            settings,
            checkpoint: state.join("data-check.jsonl"),
        })
    }

    async fn compare(
        &self,
        ground: &Ground,
        tables: &[Table],
        resumable: bool,
    ) -> Result<Vec<NodeReport>, Trouble> {
        let nodes: Vec<Compared> = ground.nodes.iter().map(|(node, _)| node.clone()).collect();
        let observer = watch::Watch::new();
        let check = async |checkpoint| {
            let (source, settings) = (&ground.source, &ground.settings);
            let checked = check_nodes(source, &nodes, tables, settings, checkpoint, &observer).await;
            checked.map_err(|error| {
                let hint = error.hint().map(str::to_owned);
                Trouble::new(error, hint)
            })
        };
        if !resumable {
            return check(None).await;
        }
        if let Some(folder) = ground.checkpoint.parent() {
            std::fs::create_dir_all(folder)?;
        }
        if self.fresh && ground.checkpoint.exists() {
            std::fs::remove_file(&ground.checkpoint)?;
        }
        let mut checkpoint = Checkpoint::open(&ground.checkpoint, &self.described(ground))?;
        if checkpoint.goes_on() {
            output::say(format!(
                "going on with the check that {} tells of; `--fresh` begins anew",
                ground.checkpoint.display()
            ));
        }
        let reports = check(Some(&mut checkpoint)).await?;
        // Where a server was lost, the same command goes on with what it missed.
        let lost = |report: &NodeReport| report.left.as_ref().is_some_and(EngineError::is_transient);
        if !reports.iter().any(lost) {
            std::fs::remove_file(&ground.checkpoint)?;
        }
        Ok(reports)
    }

    /// What the check is of: another one does not go on with it.
    fn described(&self, ground: &Ground) -> String {
        let address = |server: &Arc<dyn Database>| server.endpoint().address();
        let nodes: Vec<String> = ground
            .nodes
            .iter()
            .map(|(node, _)| address(&node.server))
            .collect();
        let tables: Vec<String> = ground.tables.iter().map(|table| table.name.to_string()).collect();
        format!(
            "{} with {}: {} by {} rows or {} bytes, naming {}",
            address(&ground.source),
            nodes.join(", "),
            tables.join(", "),
            ground.settings.range_rows,
            ground.settings.range_bytes,
            ground.settings.rows_named
        )
    }

    /// What differs, value by value. Where a server is gone since, its rows are named all the same.
    async fn explain(&self, ground: &Ground, reports: &mut [NodeReport]) -> Vec<Found> {
        let mut all = Vec::new();
        for ((node, _), report) in ground.nodes.iter().zip(reports) {
            for (table, rows) in found::differing(&report.report, &ground.tables) {
                match found::of_table(&ground.source, &node.server, table, rows).await {
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
            for table in &ground.tables {
                let of = |found: &&Found| found.server == name && found.table == table.name.to_string();
                let rows: Vec<_> = found.iter().filter(of).map(|found| found.row.clone()).collect();
                if rows.is_empty() {
                    continue;
                }
                let shown = rows.iter().filter_map(|row| row.repair.as_ref());
                shown.filter(|_| !self.redact).for_each(|statement| {
                    output::say(super::plain(&format!("{name}: {statement};")));
                });
                done.push(match repair(&node.server, *follower, table, &rows).await {
                    Ok(()) => format!("repaired {} row(s) of {} on {name}", rows.len(), table.name),
                    Err(error) => {
                        let error = anyhow::Error::from(error);
                        format!("could not repair rows of {}: {error:#}", table.name)
                    }
                });
            }
        }
        done
    }
}

fn by_itself(endpoint: Endpoint) -> Compared {
    Compared {
        server: database(endpoint),
        follows: Follows::ByItself,
    }
}

/// The plan's target, if it replicates from the source now.
async fn target(begin: &Begin) -> Option<Compared> {
    let settings = begin.settings.as_ref()?;
    let (source, target) = (&settings.source.endpoint, &settings.target.endpoint);
    let link = replication(source.clone(), target.clone(), settings.link.clone());
    let running = settings.native && link.status().await.is_ok_and(|status| status.applying);
    if !running {
        output::say(format!(
            "{target} is left out: it does not replicate from {source} now"
        ));
        return None;
    }
    Some(Compared {
        server: database(target.clone()),
        follows: Follows::Link(link),
    })
}
