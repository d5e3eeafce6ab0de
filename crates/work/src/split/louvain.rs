//! Communities of a weighted graph: the Louvain method (Blondel, Guillaume, Lambiotte, Lefebvre: "Fast unfolding of communities in large
//! networks", 2008), in the order of the nodes, so that the same graph has the same communities always.

use std::collections::BTreeMap;

/// Undirected edges between nodes, each once, with their weights.
pub(super) type Edges = BTreeMap<(usize, usize), f64>;

/// Gains below this are rounding.
const LEAST_GAIN: f64 = 1e-9;

/// The community of each node, numbered in the order of their first nodes. A higher resolution makes smaller communities; 1 is usual.
pub(super) fn communities(nodes: usize, edges: &Edges, resolution: f64) -> Vec<usize> {
    let mut of: Vec<usize> = (0..nodes).collect();
    let mut graph = edges.clone();
    let mut count = nodes;
    loop {
        let moved = one_level(count, &graph, resolution);
        let (numbers, fewer) = numbered(&moved);
        of.iter_mut()
            .for_each(|community| *community = numbers[*community]);
        if fewer == count {
            return numbered(&of).0;
        }
        let mut joined = Edges::new();
        for ((one, other), weight) in &graph {
            let (one, other) = (numbers[*one], numbers[*other]);
            *joined.entry((one.min(other), one.max(other))).or_default() += weight;
        }
        graph = joined;
        count = fewer;
    }
}

/// Moves single nodes to where modularity gains most, until none gains.
fn one_level(nodes: usize, edges: &Edges, resolution: f64) -> Vec<usize> {
    let mut neighbours: Vec<Vec<(usize, f64)>> = vec![Vec::new(); nodes];
    let mut degree = vec![0.0; nodes];
    let mut all = 0.0;
    for (&(one, other), &weight) in edges {
        all += weight;
        degree[one] += weight;
        degree[other] += weight;
        if one != other {
            neighbours[one].push((other, weight));
            neighbours[other].push((one, weight));
        }
    }
    let mut of: Vec<usize> = (0..nodes).collect();
    if all <= 0.0 {
        return of;
    }
    let mut total = degree.clone();
    loop {
        let mut moved = false;
        for node in 0..nodes {
            let own = of[node];
            let mut towards: BTreeMap<usize, f64> = BTreeMap::new();
            towards.insert(own, 0.0);
            for (other, weight) in &neighbours[node] {
                *towards.entry(of[*other]).or_default() += weight;
            }
            total[own] -= degree[node];
            let gain = |community: usize, weight: f64| {
                weight - resolution * total[community] * degree[node] / (2.0 * all)
            };
            let stay = gain(own, towards[&own]);
            let mut best = (own, stay);
            for (&community, &weight) in &towards {
                let here = gain(community, weight);
                if here > best.1 + LEAST_GAIN {
                    best = (community, here);
                }
            }
            total[best.0] += degree[node];
            if best.0 != own {
                of[node] = best.0;
                moved = true;
            }
        }
        if !moved {
            return of;
        }
    }
}

/// The same communities under numbers from 0 in the order of their first nodes, and how many there are.
fn numbered(of: &[usize]) -> (Vec<usize>, usize) {
    let mut numbers = BTreeMap::new();
    let numbered = of.iter().map(|community| {
        let next = numbers.len();
        *numbers.entry(*community).or_insert(next)
    });
    (numbered.collect(), numbers.len())
}

#[cfg(test)]
mod tests {
    use super::{Edges, communities};

    fn clique(edges: &mut Edges, nodes: std::ops::Range<usize>) {
        for one in nodes.clone() {
            for other in one + 1..nodes.end {
                edges.insert((one, other), 1.0);
            }
        }
    }

    #[test]
    fn two_cliques_and_a_bridge_are_two() {
        let mut edges = Edges::new();
        clique(&mut edges, 0..5);
        clique(&mut edges, 5..11);
        edges.insert((2, 7), 1.0);
        let found = communities(12, &edges, 1.0);
        assert_eq!(found, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2]);
        assert_eq!(communities(12, &edges, 1.0), found);
    }

    #[test]
    fn a_ring_of_cliques_is_its_cliques() {
        let mut edges = Edges::new();
        for ring in 0..10 {
            clique(&mut edges, ring * 5..ring * 5 + 5);
            let next = (ring + 1) % 10 * 5;
            edges.insert((next.min(ring * 5 + 4), next.max(ring * 5 + 4)), 0.5);
        }
        let found = communities(50, &edges, 1.0);
        let expected: Vec<usize> = (0..50).map(|node| node / 5).collect();
        assert_eq!(found, expected);
        assert!(
            communities(50, &Edges::new(), 1.0)
                .iter()
                .enumerate()
                .all(|(node, own)| node == *own)
        );
    }
}
