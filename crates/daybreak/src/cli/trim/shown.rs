//! What a rule comes to, and what was done, as people and programs are told it.

use daybreak_model::TableName;
use daybreak_work::{LeftAside, TrimPlan, TrimReport, left_aside, survey_trim};
use indicatif::{DecimalBytes, HumanCount};
use serde::Serialize;

use super::super::bar::Bar;
use super::super::plain;
use super::{Ground, failed};
use crate::exit::Trouble;

/// Bytes that a load moves in an hour, where no measurement is at hand: 20 MB/s.
const LOAD_BYTES_A_SECOND: f64 = 20e6;
/// Rows deleted in a second, where none is: what two cores and one replica did with rows of some 200 bytes.
const DELETE_ROWS_A_SECOND: f64 = 5_000.0;

/// What rules come to. The names of these fields are public.
#[derive(Serialize)]
pub(super) struct Outlook {
    server: String,
    replicas: Vec<String>,
    /// Servers that cannot be asked how far they are behind.
    unreached: Vec<String>,
    rules: Vec<Rule>,
    /// Tables that runs set aside and that are there still.
    left_aside: Vec<LeftAside>,
}

#[derive(Serialize)]
struct Rule {
    rule: String,
    archive: Option<String>,
    tables: Vec<Table>,
    rows: u64,
    bytes: u64,
    /// Hours of deleting, and hours of copying that are saved, at the rates that `assuming` names.
    delete_hours: f64,
    copy_hours_saved: f64,
    /// Storage that need not be paid, each month.
    gigabytes_a_month_saved: f64,
    assuming: String,
}

#[derive(Serialize)]
struct Table {
    table: TableName,
    rows: u64,
    estimated_rows: u64,
    bytes: u64,
    condition: String,
    /// Partitions that are taken out as a whole.
    partitions: Vec<String>,
    /// Triggers that fire as rows are deleted.
    triggers: Vec<String>,
}

#[expect(clippy::cast_precision_loss, reason = "estimates need no more than 53 bits")]
const fn as_float(count: u64) -> f64 {
    count as f64
}

impl Outlook {
    pub(super) async fn of(ground: &Ground) -> Result<Self, Trouble> {
        let mut rules = Vec::with_capacity(ground.plans.len());
        for plan in &ground.plans {
            let bar = Bar::new();
            let found = survey_trim(&ground.server, plan, &bar).await.map_err(failed)?;
            drop(bar);
            let (rows, bytes) = found.iter().fold((0, 0), |(rows, bytes), table| {
                (rows + table.rows, bytes + table.bytes)
            });
            let tables = found.into_iter().zip(&plan.parts).map(|(found, part)| Table {
                table: found.table,
                rows: found.rows,
                estimated_rows: found.estimated_rows,
                bytes: found.bytes,
                condition: part.condition.clone(),
                triggers: part.triggers.clone(),
                partitions: part
                    .partitions
                    .iter()
                    .map(|partition| partition.name.name.clone())
                    .collect(),
            });
            rules.push(Rule {
                rule: plan.rule.clone(),
                archive: match (&plan.depot, &plan.archive) {
                    (Some(depot), Some(_)) => Some(format!("{}/{}", depot.place(), plan.rule)),
                    (_, folder) => folder.as_ref().map(|folder| folder.display().to_string()),
                },
                tables: tables.collect(),
                rows,
                bytes,
                delete_hours: as_float(rows) / DELETE_ROWS_A_SECOND / 3600.0,
                copy_hours_saved: as_float(bytes) / LOAD_BYTES_A_SECOND / 3600.0,
                gigabytes_a_month_saved: as_float(bytes) / 1e9,
                assuming: format!(
                    "{DELETE_ROWS_A_SECOND} rows deleted and {} copied a second; bytes by the server's estimate of a row, without indexes",
                    DecimalBytes(20_000_000)
                ),
            });
        }
        Ok(Self {
            server: ground.server.endpoint().to_string(),
            replicas: ground
                .replicas
                .iter()
                .map(|replica| replica.endpoint().to_string())
                .collect(),
            unreached: ground.unreached.clone(),
            rules,
            left_aside: left_aside(&ground.server, &ground.plans).await.map_err(failed)?,
        })
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("on {}", self.server)];
        lines.extend(
            self.replicas
                .iter()
                .map(|replica| format!("  waits for {replica}")),
        );
        lines.extend(
            self.unreached
                .iter()
                .map(|server| format!("  cannot be asked how far it is behind: {server}")),
        );
        for rule in &self.rules {
            let archive = match &rule.archive {
                Some(place) => format!("archived in {place}"),
                None => "without a copy".to_owned(),
            };
            lines.push(format!(
                "rule {}: {} rows, {}, {archive}",
                rule.rule,
                HumanCount(rule.rows),
                DecimalBytes(rule.bytes)
            ));
            for table in &rule.tables {
                lines.push(format!(
                    "  {}: {} of about {} rows, {}",
                    table.table,
                    HumanCount(table.rows),
                    HumanCount(table.estimated_rows),
                    DecimalBytes(table.bytes)
                ));
                lines.push(format!("    {}", table.condition));
                if !table.triggers.is_empty() {
                    lines.push(format!("    fires triggers: {}", table.triggers.join(", ")));
                }
                if !table.partitions.is_empty() {
                    lines.push(format!("    whole partitions: {}", table.partitions.join(", ")));
                }
            }
            lines.push(format!(
                "  deleting takes {:.2} h and saves {:.2} h of copying and {:.2} GB a month of storage",
                rule.delete_hours, rule.copy_hours_saved, rule.gigabytes_a_month_saved
            ));
            lines.push(format!("  assuming {}", rule.assuming));
        }
        lines.extend(self.left_aside.iter().map(LeftAside::in_words));
        lines.push("nothing was changed; `--execute` deletes these rows".to_owned());
        lines.iter().map(|line| plain(line)).collect()
    }
}

/// What is about to be run.
pub(super) fn statements(plan: &TrimPlan) -> Vec<String> {
    let mut lines = vec![format!(
        "rule {}: children before their parents, by key, in small transactions",
        plan.rule
    )];
    for part in &plan.parts {
        lines.extend(
            part.partition_statements
                .iter()
                .map(|statement| format!("  {statement}")),
        );
        lines.push(format!("  rows of {} where {}", part.table.name, part.condition));
        lines.push("    locked and looked at once more, then deleted by their keys".to_owned());
    }
    lines.iter().map(|line| plain(line)).collect()
}

/// What was done.
pub(in crate::cli) fn report(report: &TrimReport) -> Vec<String> {
    let mut lines = Vec::new();
    for table in &report.tables {
        let mut line = format!(
            "{}: {}: {} rows deleted",
            report.rule,
            table.table,
            HumanCount(table.deleted)
        );
        if !table.partitions.is_empty() {
            line.push_str(&format!(
                ", partitions {} as a whole",
                table.partitions.join(", ")
            ));
        }
        if !table.put_back.is_empty() {
            line.push_str(&format!(
                ", partitions {} put back: the rule does not mean every row of them",
                table.put_back.join(", ")
            ));
        }
        if table.files > 0 {
            line.push_str(&format!(
                ", in {} files of {}",
                table.files,
                DecimalBytes(table.archive_bytes)
            ));
        }
        if table.changed > 0 {
            line.push_str(&format!(
                "; {} were changed meanwhile and stay",
                HumanCount(table.changed)
            ));
        }
        if table.referred > 0 {
            line.push_str(&format!(
                "; {} stay because others refer to them",
                HumanCount(table.referred)
            ));
        }
        if table.locked > 0 {
            line.push_str(&format!(
                "; {} stay because transactions of others hold them",
                HumanCount(table.locked)
            ));
        }
        lines.push(line);
    }
    if let Some(place) = &report.archive {
        lines.push(format!("{}: archived in {place}", report.rule));
    }
    if !report.whole {
        lines.push(format!("{}: stopped; the same command goes on", report.rule));
    }
    lines.iter().map(|line| plain(line)).collect()
}
