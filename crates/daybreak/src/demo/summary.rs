use std::path::PathBuf;
use std::time::Duration;

use daybreak_runbook::{History, Store};
use daybreak_sandbox::application::{Audit, Ledger, audit, url};
use daybreak_work::{CheckReport, Silent, Verdict, data_check};
use serde::Serialize;
use serde_json::Value;

use super::Options;
use super::conductor::Told;
use super::ground::Ground;
use crate::conduct;
use crate::config;
use crate::exit::Trouble;
use crate::output::{self, Format};
use crate::plays::World;
use crate::report::{self, Beside};

/// What the first run told about the load.
#[derive(Default)]
pub(super) struct Load {
    source_version: String,
    target_version: String,
    tables: u64,
    rows: u64,
    seconds: f64,
}

impl Load {
    pub(super) fn take(&mut self, told: &Told) {
        let text = |value: &Value, name: &str| {
            value
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        if let Some(check) = told.evidence("estate.check") {
            self.source_version = text(check, "source_version");
            self.target_version = text(check, "target_version");
        }
        if let Some(copy) = told.evidence("load.copy") {
            let number = |name: &str| copy.get(name).and_then(Value::as_u64).unwrap_or_default();
            self.tables = number("tables");
            self.rows = number("rows");
            self.seconds = copy.get("seconds").and_then(Value::as_f64).unwrap_or_default();
        }
    }
}

/// One move of the writes, as the application felt it.
#[derive(Debug, Serialize)]
pub(super) struct Move {
    direction: &'static str,
    /// The longest stretch without an acknowledged write, over all connections.
    pub(super) write_pause_ms: f64,
    /// Transfers that ended in an error: those a client must expect when its connection moves.
    pub(super) client_errors: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chaos: Vec<String>,
}

impl Move {
    pub(super) fn new(
        direction: &'static str,
        pause: Duration,
        client_errors: u64,
        chaos: Vec<String>,
    ) -> Self {
        Self {
            direction,
            write_pause_ms: pause.as_secs_f64() * 1e3,
            client_errors,
            chaos,
        }
    }
}

#[derive(Debug, Serialize)]
struct CheckSummary {
    verdict: Verdict,
    tables: usize,
    rows: u64,
}

#[derive(Debug, Serialize)]
struct Reverse {
    running: bool,
    lag_seconds: Option<f64>,
}

/// The demo's result. Field names are stable: scripts read them.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    engine: &'static str,
    source_version: String,
    target_version: String,
    tables: u64,
    rows_copied: u64,
    load_seconds: f64,
    acknowledged_writes: u64,
    lost_writes: u64,
    duplicated_writes: u64,
    balances_conserved: bool,
    cutovers: Vec<Move>,
    data_check: CheckSummary,
    reverse_replication: Reverse,
    report: PathBuf,
}

impl Summary {
    /// Waits until the source has everything the target holds, audits the books on both, compares every row, and writes
    /// the report.
    pub(super) async fn of(
        options: &Options,
        ground: &Ground,
        ledger: &Ledger,
        load: Load,
        moves: Vec<Move>,
    ) -> Result<Self, Trouble> {
        let settings = read_plan(ground)?;
        let world = World::new(settings.clone());
        let position = world.target.position().await.map_err(engine)?;
        world
            .backward
            .wait_for(&position, Duration::from_secs(60))
            .await
            .map_err(engine)?;
        let reverse = world.backward.status().await.map_err(engine)?;
        let estate = &ground.estate;
        let at_target = url(
            estate.primary.kind(),
            &estate.app,
            ground.cluster.cluster_port(),
            &estate.database,
        );
        let there = audit(&at_target, ledger, ground.accounts()).await?;
        let here = audit(&estate.app_url(), ledger, ground.accounts()).await?;
        let check = compare(&world).await?;
        let report = ground.folder().join("report.html");
        let both = |pick: fn(&Audit) -> u64| pick(&here).max(pick(&there));
        let summary = Self {
            engine: if options.postgres { "postgres" } else { "mysql" },
            source_version: load.source_version,
            target_version: load.target_version,
            tables: load.tables,
            rows_copied: load.rows,
            load_seconds: load.seconds,
            acknowledged_writes: ledger.acknowledged.len() as u64,
            lost_writes: both(|audit| audit.lost),
            duplicated_writes: both(|audit| audit.duplicated),
            balances_conserved: here.balanced && there.balanced,
            cutovers: moves,
            data_check: CheckSummary {
                verdict: check.verdict,
                tables: check.tables.len(),
                rows: check.rows,
            },
            reverse_replication: Reverse {
                running: reverse.is_running(),
                lag_seconds: reverse.lag_seconds,
            },
            report: report.clone(),
        };
        let records = conduct::store(&settings)?.read(0).await?;
        let history = History::replay(&records)?;
        report::write(
            &report,
            "demo",
            &history,
            &Beside {
                summary: Some(&serde_json::to_value(&summary)?),
                ..Beside::default()
            },
        )?;
        Ok(summary)
    }

    /// Nothing lost, nothing doubled, no money made or gone, and every row the same on both sides.
    pub(super) fn is_fine(&self) -> bool {
        self.lost_writes == 0
            && self.duplicated_writes == 0
            && self.balances_conserved
            && self.data_check.verdict == Verdict::Same
            && self.reverse_replication.running
    }

    pub(super) fn print(&self, format: Format) {
        if format == Format::Json {
            output::json(self);
            return;
        }
        output::line(format!("\n{} → {}", self.source_version, self.target_version));
        output::line(format!(
            "  loaded       {} rows of {} tables in {:.1} s",
            self.rows_copied, self.tables, self.load_seconds
        ));
        for moved in &self.cutovers {
            output::line(format!(
                "  moved        {}: writes stopped for {:.0} ms, {} statements met a moved connection",
                moved.direction, moved.write_pause_ms, moved.client_errors
            ));
        }
        output::line(format!(
            "  audit        {} acknowledged writes: lost {}, duplicated {}; balances conserved on both sides: {}",
            self.acknowledged_writes,
            self.lost_writes,
            self.duplicated_writes,
            if self.balances_conserved { "yes" } else { "NO" }
        ));
        output::line(format!(
            "  data check   {:?}: {} rows of {} tables compared",
            self.data_check.verdict, self.data_check.rows, self.data_check.tables
        ));
        output::line(format!(
            "  way back     {}",
            if self.reverse_replication.running {
                "replicating"
            } else {
                "NOT RUNNING"
            }
        ));
        output::line(format!("  report       {}", self.report.display()));
    }
}

/// Every row of both sides, at rest.
async fn compare(world: &World) -> Result<CheckReport, Trouble> {
    let tables = world.source.tables(&world.settings.scope).await.map_err(engine)?;
    data_check(
        &world.target,
        &world.source,
        None,
        &tables,
        &world.settings.check,
        &Silent,
    )
    .await
    .map_err(|error| {
        let hint = error.hint().map(str::to_owned);
        Trouble::new(error, hint)
    })
}

/// The plan as the demo's own processes read it, with the secrets that they find in their environment.
fn read_plan(ground: &Ground) -> Result<config::Settings, Trouble> {
    let secrets = |name: &str| match name {
        "DAYBREAK_SOURCE_PASSWORD" => Some(ground.estate.admin.password().to_owned()),
        "DAYBREAK_TARGET_PASSWORD" => Some(ground.cluster.admin.password().to_owned()),
        _ => None,
    };
    config::read_with(&ground.plan, &secrets).map_err(|error| {
        let hint = error.hint();
        Trouble::usage(error, hint)
    })
}

fn engine(error: daybreak_engine::EngineError) -> Trouble {
    let hint = error.hint().map(str::to_owned);
    Trouble::new(error, hint)
}
