//! Purposes and cuts, as people and programs are told them.

use std::collections::BTreeMap;

use daybreak_model::{Endpoint, TableName};
use daybreak_work::{Cut, Purpose, SplitGraph, SplitInput, TableUse};
use indicatif::{DecimalBytes, HumanCount};
use serde::Serialize;

use super::super::plain;

/// What was found. The names of these fields are public.
#[derive(Serialize)]
pub(super) struct Report {
    server: String,
    /// Statements that were read.
    statements: usize,
    transactions: usize,
    purposes: Vec<Found>,
    cuts: Vec<Cut>,
    /// Purposes with nothing between them and any other, but for accounts that may use both.
    alone: Vec<String>,
    /// Purposes that must move together.
    together: Vec<Vec<String>>,
    /// Tables that statements name and the server does not have.
    unknown: BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct Found {
    name: String,
    bytes: u64,
    tables: Vec<Table>,
}

#[derive(Serialize)]
struct Table {
    table: TableName,
    #[serde(flatten)]
    used: TableUse,
}

impl Report {
    pub(super) fn of(
        server: &Endpoint,
        input: &SplitInput,
        graph: &SplitGraph,
        purposes: &[Purpose],
        cuts: Vec<Cut>,
    ) -> Self {
        let uses: BTreeMap<&TableName, &TableUse> =
            graph.tables.iter().map(|(table, used)| (table, used)).collect();
        let found = purposes.iter().map(|purpose| {
            let tables = purpose.tables.iter().map(|table| Table {
                table: table.clone(),
                used: uses.get(table).map(|used| (*used).clone()).unwrap_or_default(),
            });
            let tables: Vec<Table> = tables.collect();
            Found {
                name: purpose.name.clone(),
                bytes: tables.iter().map(|table| table.used.bytes).sum(),
                tables,
            }
        });
        let touches = |name: &String| {
            cuts.iter()
                .any(|cut| cut.is_of_data() && cut.between.contains(name))
        };
        let alone = purposes
            .iter()
            .map(|purpose| &purpose.name)
            .filter(|name| !touches(name));
        Self {
            server: server.to_string(),
            statements: input.queries.len(),
            transactions: input.transactions.len(),
            purposes: found.collect(),
            alone: alone.cloned().collect(),
            together: together(&cuts),
            unknown: graph.unknown.clone(),
            cuts,
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{}: {} purposes, by {} statements and {} transactions",
            self.server,
            self.purposes.len(),
            HumanCount(self.statements as u64),
            HumanCount(self.transactions as u64)
        )];
        for purpose in &self.purposes {
            lines.push(format!(
                "{}: {} tables, {}",
                purpose.name,
                purpose.tables.len(),
                DecimalBytes(purpose.bytes)
            ));
            for table in &purpose.tables {
                let used = &table.used;
                lines.push(format!(
                    "  {}: about {} rows, {}, read {} and written {} times",
                    table.table,
                    HumanCount(used.rows),
                    DecimalBytes(used.bytes),
                    HumanCount(used.reads),
                    HumanCount(used.writes)
                ));
            }
        }
        for cut in &self.cuts {
            let weight = if cut.together {
                "must move together"
            } else {
                "can be parted"
            };
            lines.push(format!(
                "between {} and {}: they {weight}",
                cut.between[0], cut.between[1]
            ));
            for tie in &cut.foreign_keys {
                lines.push(format!("  {}", tie.object));
            }
            for transaction in &cut.transactions {
                let tables: Vec<String> = transaction.tables.iter().map(TableName::to_string).collect();
                let writes = if transaction.writes_both {
                    ", writing both"
                } else {
                    ""
                };
                lines.push(format!(
                    "  {} × a transaction of {}{writes}",
                    transaction.count,
                    tables.join(", ")
                ));
            }
            for query in &cut.queries {
                let statement: String = query.statement.chars().take(200).collect();
                lines.push(format!("  {} × {statement}", HumanCount(query.count)));
            }
            lines.extend(cut.bodies.iter().map(|tie| format!("  {}", tie.object)));
            for tie in &cut.accounts {
                let tables: Vec<String> = tie.tables.iter().map(TableName::to_string).collect();
                lines.push(format!("  {} has rights on {}", tie.object, tables.join(", ")));
            }
        }
        if !self.alone.is_empty() {
            lines.push(format!("can move alone: {}", self.alone.join(", ")));
        }
        for group in &self.together {
            lines.push(format!("must move together: {}", group.join(", ")));
        }
        for (table, count) in &self.unknown {
            lines.push(format!(
                "{count} statement(s) name {table}, which the server does not have"
            ));
        }
        lines.iter().map(|line| plain(line)).collect()
    }
}

/// Purposes tied by what cannot be parted, each group whole.
fn together(cuts: &[Cut]) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = Vec::new();
    for cut in cuts.iter().filter(|cut| cut.together) {
        let (of_pair, mut others): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|group| cut.between.iter().any(|name| group.contains(name)));
        let mut joined: Vec<String> = of_pair
            .into_iter()
            .flatten()
            .chain(cut.between.iter().cloned())
            .collect();
        joined.sort();
        joined.dedup();
        others.push(joined);
        groups = others;
    }
    groups.sort();
    groups
}
