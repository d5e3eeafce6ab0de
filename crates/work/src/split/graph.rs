//! What ties tables, as edges with weights.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use daybreak_model::TableName;
use serde::Serialize;

use super::input::{Known, SplitInput};
use super::louvain::Edges;
use super::statement::touched;

/// How a table is used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TableUse {
    /// Rows, as the server estimates them.
    pub rows: u64,
    /// Bytes, as the server estimates them.
    pub bytes: u64,
    /// Statements that read it.
    pub reads: u64,
    /// Statements that write it.
    pub writes: u64,
}

/// Tables and what ties them.
#[derive(Debug, Default)]
pub struct Graph {
    /// Tables in the order of their names, each with its use.
    pub tables: Vec<(TableName, TableUse)>,
    /// For each query the places of its tables, and whether it writes each.
    pub(super) queries: Vec<Vec<(usize, bool)>>,
    /// For each view, trigger and routine the places of its tables.
    pub(super) bodies: Vec<Vec<usize>>,
    /// For each account the places of its tables; none where it has too many to tell anything.
    pub(super) rights: Vec<Vec<usize>>,
    /// Statements that name a table which is not known.
    pub unknown: BTreeMap<String, u64>,
    pub(super) edges: Edges,
}

/// What a tie weighs: a foreign key is a promise, a transaction and a trigger nearly one, a join is one as often as it comes;
/// that somebody was given rights on these tables and no others is a hint.
const FOREIGN_KEY: f64 = 6.0;
const TRIGGER: f64 = 4.0;
const TRANSACTION: f64 = 3.0;
const BODY: f64 = 2.0;
const JOIN: f64 = 1.0;
const ACCOUNT: f64 = 0.5;
/// An account with rights on more tables than that tells nothing of what they are for.
const TELLING: usize = 50;

/// A tie that comes ten times as often weighs one more time as much.
fn often(count: u64) -> f64 {
    1.0 + (count.max(1) as f64).log10()
}

/// Makes the graph.
#[must_use]
pub fn graph(input: &SplitInput) -> Graph {
    let mut names: Vec<_> = input.tables.iter().collect();
    names.sort_by(|one, other| one.name.cmp(&other.name));
    names.dedup_by(|one, other| one.name == other.name);
    let mut graph = Graph {
        tables: names
            .iter()
            .map(|table| {
                let used = TableUse {
                    rows: table.estimated_rows,
                    bytes: table.estimated_bytes,
                    ..TableUse::default()
                };
                (table.name.clone(), used)
            })
            .collect(),
        ..Graph::default()
    };
    let known = Known::of(names.iter().map(|table| &table.name));
    let places: HashMap<&TableName, usize> = names
        .iter()
        .enumerate()
        .map(|(at, table)| (&table.name, at))
        .collect();
    for query in &input.queries {
        let found = touched(&query.text);
        let mut of_query = Vec::with_capacity(found.tables.len());
        for named in &found.tables {
            let Some(place) = known
                .find(named, query.database.as_deref())
                .and_then(|table| places.get(table))
            else {
                *graph.unknown.entry(named.to_string()).or_default() += query.count;
                continue;
            };
            let writes = found.written.contains(named);
            let used = &mut graph.tables[*place].1;
            *(if writes { &mut used.writes } else { &mut used.reads }) += query.count;
            of_query.push((*place, writes));
        }
        let tables: BTreeSet<usize> = of_query.iter().map(|(place, _)| *place).collect();
        tie(&mut graph.edges, &tables, JOIN * often(query.count));
        graph.queries.push(of_query);
    }
    for transaction in &input.transactions {
        let queries = transaction.queries.iter().filter_map(|at| graph.queries.get(*at));
        let tables: BTreeSet<usize> = queries.flatten().map(|(place, _)| *place).collect();
        tie(&mut graph.edges, &tables, TRANSACTION * often(transaction.count));
    }
    for key in &input.foreign_keys {
        if let (Some(child), Some(parent)) = (places.get(&key.child), places.get(&key.parent)) {
            tie(&mut graph.edges, &BTreeSet::from([*child, *parent]), FOREIGN_KEY);
        }
    }
    for body in &input.bodies {
        let statements = body.text.split(';').map(touched);
        let named = statements.flat_map(|found| found.tables);
        let mut tables: BTreeSet<usize> = named
            .filter_map(|named| places.get(known.find(&named, Some(&body.schema))?).copied())
            .collect();
        tables.extend(body.table.as_ref().and_then(|table| places.get(table)));
        tie(
            &mut graph.edges,
            &tables,
            if body.table.is_some() { TRIGGER } else { BODY },
        );
        graph.bodies.push(tables.into_iter().collect());
    }
    for rights in &input.rights {
        let of = rights
            .tables
            .iter()
            .filter_map(|table| places.get(table).copied());
        let tables: BTreeSet<usize> = of.collect();
        let telling = tables.len() <= TELLING;
        let tables = if telling { tables } else { BTreeSet::new() };
        tie(&mut graph.edges, &tables, ACCOUNT);
        graph.rights.push(tables.into_iter().collect());
    }
    graph
}

/// Ties each of these to each, all together by as much as if they were two, so that a statement of many tables does not outweigh all.
fn tie(edges: &mut Edges, tables: &BTreeSet<usize>, weight: f64) {
    let pairs = tables.len() * tables.len().saturating_sub(1) / 2;
    for one in tables {
        for other in tables.range(one + 1..) {
            *edges.entry((*one, *other)).or_default() += weight * (tables.len() - 1) as f64 / pairs as f64;
        }
    }
}
