//! Communities of tables, with names.

use std::collections::BTreeMap;

use daybreak_model::TableName;
use serde::{Deserialize, Serialize};

use super::graph::Graph;
use super::louvain::communities;

/// Tables that serve one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// Its name: at first that of its heaviest table.
    pub name: String,
    /// Its tables.
    pub tables: Vec<TableName>,
}

/// The graph's communities, those with the most bytes first. A higher resolution makes smaller ones; 1 is usual.
#[must_use]
pub fn purposes(graph: &Graph, resolution: f64) -> Vec<Purpose> {
    let of = communities(graph.tables.len(), &graph.edges, resolution);
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (table, community) in of.into_iter().enumerate() {
        groups.entry(community).or_default().push(table);
    }
    let mut degree = vec![0.0; graph.tables.len()];
    for (&(one, other), weight) in &graph.edges {
        degree[one] += weight;
        degree[other] += weight;
    }
    let bytes = |group: &[usize]| {
        group
            .iter()
            .map(|table| graph.tables[*table].1.bytes)
            .sum::<u64>()
    };
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort_by(|one, other| {
        let key = |group: &[usize]| {
            (
                std::cmp::Reverse(bytes(group)),
                std::cmp::Reverse(group.len()),
                group[0],
            )
        };
        key(one).cmp(&key(other))
    });
    let mut purposes: Vec<Purpose> = Vec::with_capacity(groups.len());
    for group in groups {
        // What most hangs on gives the name.
        let heaviest = group.iter().max_by(|one, other| {
            let weight = |table: usize| (degree[table], graph.tables[table].1.bytes as f64);
            let (one, other) = (weight(**one), weight(**other));
            one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
        });
        let table = &graph.tables[heaviest.copied().unwrap_or(group[0])].0;
        let taken = |name: &str| purposes.iter().any(|other| other.name == name);
        let name = if taken(&table.name) {
            table.to_string()
        } else {
            table.name.clone()
        };
        purposes.push(Purpose {
            name,
            tables: group
                .into_iter()
                .map(|table| graph.tables[table].0.clone())
                .collect(),
        });
    }
    purposes
}
