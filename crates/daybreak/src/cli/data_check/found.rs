//! What a check found, as it is printed.

use std::sync::Arc;

use daybreak_engine::{Database, EngineError, Hashing};
use daybreak_model::Table;
use daybreak_work::{
    CheckReport, Explained, NodeReport, RowDifference, TableVerdict, Times, Unreached, Verdict, explain,
};
use serde::Serialize;

use crate::cli::plain;

/// A row that is not the same on one server.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Found {
    pub(super) server: String,
    pub(super) table: String,
    #[serde(flatten)]
    pub(super) row: Explained,
}

/// One compared server.
#[derive(Serialize)]
struct Node {
    server: String,
    #[serde(flatten)]
    report: CheckReport,
    /// Why it was not compared to the end.
    left: Option<String>,
}

/// The whole check. The names of these fields are public.
#[derive(Serialize)]
pub(super) struct Run {
    pub(super) verdict: Verdict,
    source: String,
    nodes: Vec<Node>,
    /// Servers of the estate that could not be asked.
    unreached: Vec<String>,
    /// Why the last verdict could not be gone on from.
    untold: Option<String>,
    differences: Vec<Found>,
    repaired: Vec<String>,
}

/// The tables that differ by rows that are known, with those rows.
pub(super) fn differing<'a>(
    report: &'a CheckReport,
    tables: &'a [Table],
) -> impl Iterator<Item = (&'a Table, &'a [RowDifference])> {
    report.tables.iter().filter_map(|outcome| {
        let TableVerdict::Different { rows, .. } = &outcome.verdict else {
            return None;
        };
        let table = tables.iter().find(|table| table.name == outcome.table)?;
        (!rows.is_empty()).then_some((table, rows.as_slice()))
    })
}

/// The rows of one table on one server, value by value; without those that were the same at this last look.
pub(super) async fn of_table(
    source: &Arc<dyn Database>,
    node: &Arc<dyn Database>,
    table: &Table,
    rows: &[RowDifference],
    hashing: Hashing,
) -> Result<Vec<Found>, EngineError> {
    let explained = explain(source, node, table, rows, hashing).await?;
    let found = explained.into_iter().filter(|row| row.kind.is_some());
    Ok(found
        .map(|row| Found {
            server: node.endpoint().to_string(),
            table: table.name.to_string(),
            row,
        })
        .collect())
}

/// Rows whose values could not be read any more.
pub(super) fn by_name(node: &Arc<dyn Database>, table: &Table, rows: &[RowDifference]) -> Vec<Found> {
    let server = node.endpoint().to_string();
    let named = rows.iter().map(|row| {
        let told = row.drift(&server, &table.name);
        Found {
            server: server.clone(),
            table: table.name.to_string(),
            row: Explained {
                key: told.row,
                kind: Some(told.kind),
                times: None,
                columns: Vec::new(),
                repair: None,
                no_repair: None,
                row: None,
            },
        }
    });
    named.collect()
}

impl Run {
    pub(super) fn new(
        source: &Arc<dyn Database>,
        reports: Vec<NodeReport>,
        mut found: Vec<Found>,
        repaired: Vec<String>,
        unreached: &[Unreached],
        redact: bool,
    ) -> Self {
        let verdicts: Vec<Verdict> = reports.iter().map(|node| node.report.verdict).collect();
        let untold = !unreached.is_empty()
            || reports.iter().any(|node| node.left.is_some())
            || verdicts.contains(&Verdict::CouldNotTell);
        if redact {
            for found in &mut found {
                found.row.repair = None;
                if found.row.times.is_some() {
                    "(hidden)".clone_into(&mut found.row.key);
                }
                for column in &mut found.row.columns {
                    "(hidden)".clone_into(&mut column.here);
                    "(hidden)".clone_into(&mut column.there);
                }
            }
        }
        Self {
            verdict: if verdicts.contains(&Verdict::Different) {
                Verdict::Different
            } else if untold {
                Verdict::CouldNotTell
            } else {
                Verdict::Same
            },
            source: source.endpoint().to_string(),
            nodes: reports
                .into_iter()
                .map(|node| Node {
                    server: node.server,
                    report: node.report,
                    left: node.left.map(|error| format!("{:#}", anyhow::Error::from(error))),
                })
                .collect(),
            unreached: unreached
                .iter()
                .map(|server| format!("{} ({})", server.name, server.why))
                .collect(),
            untold: None,
            differences: found,
            repaired,
        }
    }

    /// Nothing was compared.
    pub(super) fn untold(source: &Arc<dyn Database>, why: String) -> Self {
        Self {
            verdict: Verdict::CouldNotTell,
            source: source.endpoint().to_string(),
            nodes: Vec::new(),
            unreached: Vec::new(),
            untold: Some(why),
            differences: Vec::new(),
            repaired: Vec::new(),
        }
    }

    /// For people. Names and values come from servers: every line stays one line.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for found in &self.differences {
            let kind = found.row.kind.as_deref().unwrap_or_default();
            let how = match found.row.times {
                Some(Times { here, there }) => {
                    format!("stands {here} time(s) on the source and {there} here")
                }
                None => format!("is {kind}"),
            };
            lines.push(format!(
                "{}: row ({}) of {} {how}",
                found.server, found.row.key, found.table
            ));
            for column in &found.row.columns {
                lines.push(format!(
                    "    {}: {} on the source, {} here",
                    column.column, column.here, column.there
                ));
            }
            lines.extend(
                found
                    .row
                    .repair
                    .iter()
                    .map(|repair| format!("    repair: {repair};")),
            );
            lines.extend(
                found
                    .row
                    .no_repair
                    .iter()
                    .map(|why| format!("    no repair: {why}")),
            );
        }
        lines.extend(self.repaired.iter().cloned());
        for node in &self.nodes {
            let report = &node.report;
            lines.extend(
                report
                    .troubles()
                    .into_iter()
                    .map(|trouble| format!("{}: {trouble}", node.server)),
            );
            lines.extend(
                node.left
                    .iter()
                    .map(|why| format!("{}: left out: {why}", node.server)),
            );
            lines.extend(report.since.iter().zip(&report.position).map(|(from, to)| {
                format!(
                    "{}: only what changed from {from} to {to}, and what was not the same before",
                    node.server
                )
            }));
            lines.push(format!(
                "{}: {}: {} tables, {} rows in {} ranges, {} looked at again, {:.1} s",
                node.server,
                in_words(report.verdict),
                report.tables.len(),
                report.rows,
                report.chunks,
                report.rechecked,
                report.seconds
            ));
        }
        lines.extend(
            self.unreached
                .iter()
                .chain(&self.untold)
                .map(|why| format!("could not tell: {why}")),
        );
        lines.push(format!("{} with {}", in_words(self.verdict), self.source));
        lines.iter().map(|line| plain(line)).collect()
    }
}

pub(super) const fn in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Different => "different",
        Verdict::CouldNotTell => "could not tell",
    }
}
