//! Statements that cross purposes, for an application's own tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use daybreak_work::{KnownTables, SplitInput, touched};
use serde::Serialize;

use super::super::plain;
use super::{file, queries};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Which statements, and which purposes.
#[derive(Debug, Clone, Args)]
pub(super) struct Lint {
    /// Statements, as `split` takes them. May be repeated.
    #[arg(long = "queries", value_name = "FILE", required = true)]
    queries: Vec<PathBuf>,
    /// The purposes, as `split --write` writes them.
    #[arg(long, value_name = "FILE")]
    purposes: PathBuf,
}

/// What was found. The names of these fields are public.
#[derive(Serialize)]
struct Found {
    statements: usize,
    crossing: Vec<Crossing>,
    /// Tables that no purpose has, with how many statements name them.
    unknown: BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct Crossing {
    /// What crosses: a statement, or all of a transaction.
    statements: Vec<String>,
    count: u64,
    /// Purposes with their tables.
    purposes: BTreeMap<String, BTreeSet<String>>,
}

impl Lint {
    pub(super) fn run(self, format: Format) -> Result<Exit, Trouble> {
        let purposes = file::alone(&self.purposes)?;
        let mut input = SplitInput::default();
        for path in &self.queries {
            queries::read(path, &mut input)?;
        }
        let known = KnownTables::of(purposes.iter().flat_map(|purpose| &purpose.tables));
        let mut found = Found {
            statements: input.queries.len(),
            crossing: Vec::new(),
            unknown: BTreeMap::new(),
        };
        let mut all: Vec<BTreeMap<String, BTreeSet<String>>> = Vec::with_capacity(input.queries.len());
        for query in &input.queries {
            let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for named in touched(&query.text).tables {
                let table = known.find(&named, query.database.as_deref());
                let purpose =
                    table.and_then(|table| purposes.iter().find(|purpose| purpose.tables.contains(table)));
                match table.zip(purpose) {
                    Some((table, purpose)) => {
                        used.entry(purpose.name.clone())
                            .or_default()
                            .insert(table.to_string());
                    }
                    None => *found.unknown.entry(named.to_string()).or_default() += query.count,
                }
            }
            if used.len() > 1 {
                found.crossing.push(Crossing {
                    statements: vec![query.text.clone()],
                    count: query.count,
                    purposes: used.clone(),
                });
            }
            all.push(used);
        }
        for transaction in &input.transactions {
            let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (purpose, tables) in transaction.queries.iter().filter_map(|at| all.get(*at)).flatten() {
                used.entry(purpose.clone())
                    .or_default()
                    .extend(tables.iter().cloned());
            }
            let told = transaction
                .queries
                .iter()
                .any(|at| all.get(*at).is_some_and(|used| used.len() > 1));
            if used.len() > 1 && !told {
                let statements = transaction.queries.iter().filter_map(|at| input.queries.get(*at));
                found.crossing.push(Crossing {
                    statements: statements.map(|query| query.text.clone()).collect(),
                    count: transaction.count,
                    purposes: used,
                });
            }
        }
        match format {
            Format::Json => output::json(&found),
            Format::Text => found.lines().iter().for_each(output::line),
        }
        Ok(if found.crossing.is_empty() {
            Exit::Done
        } else {
            Exit::Different
        })
    }
}

impl Found {
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for crossing in &self.crossing {
            let purposes = crossing.purposes.iter().map(|(purpose, tables)| {
                let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
                format!("{purpose} ({})", tables.join(", "))
            });
            lines.push(format!("crosses {}:", purposes.collect::<Vec<_>>().join(" and ")));
            lines.extend(
                crossing
                    .statements
                    .iter()
                    .map(|statement| format!("  {statement};")),
            );
        }
        for (table, count) in &self.unknown {
            lines.push(format!("no purpose has {table}, which {count} statement(s) name"));
        }
        lines.push(format!(
            "{} of {} statements and transactions cross purposes",
            self.crossing.len(),
            self.statements
        ));
        lines.iter().map(|line| plain(line)).collect()
    }
}
