//! Which server gets its changes from which: what both ends say of it, made one.

use daybreak_engine::{Direction, Tie, TieKind};
use serde::Serialize;

use super::{Member, Topology, host_alone};

/// Who told of an edge, and in answer to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// Address of the server that was asked.
    pub server: String,
    /// What it was asked.
    pub question: String,
}

/// A way that changes go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Edge {
    /// Where they come from: a member's address, or a name that was not reached.
    pub from: String,
    /// Where they go.
    pub to: String,
    /// How they go.
    pub kind: TieKind,
    /// Channel, slot or subscription; empty for the default channel.
    pub name: String,
    /// Whether they flow, where either end knows.
    pub running: Option<bool>,
    /// How far the follower is behind, in seconds, where either end knows.
    pub lag_seconds: Option<f64>,
    /// Whether a commit waits for the follower, where either end knows.
    pub semi_sync: Option<bool>,
    /// Whether it leads back to where it came from: a pair or a ring.
    pub circular: bool,
    /// Who told of it.
    pub found: Vec<Witness>,
}

impl Edge {
    fn new(from: String, to: String, tie: &Tie) -> Self {
        Self {
            from,
            to,
            kind: tie.kind,
            name: tie.name.clone(),
            running: None,
            lag_seconds: None,
            semi_sync: None,
            circular: false,
            found: Vec::new(),
        }
    }

    /// Adds what a server says of it. A follower knows best whether it runs and how far behind it is, so it is heard first.
    fn hear(&mut self, server: String, tie: &Tie) {
        self.running = self.running.or(tie.running);
        self.lag_seconds = self.lag_seconds.or(tie.lag_seconds);
        self.semi_sync = self.semi_sync.or(tie.semi_sync);
        self.found.push(Witness {
            server,
            question: tie.question.clone(),
        });
    }
}

/// All edges between the servers that were found, and to those that were named and not reached.
#[must_use]
pub fn edges(topology: &Topology) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    let resolved = |name: &str| {
        let member = topology.at(name);
        member.map_or_else(|| name.to_owned(), |member| member.endpoint.address())
    };
    for (member, tie) in ties(&topology.members, Direction::Follows) {
        let own = member.endpoint.address();
        let above = topology.above(tie).map(|member| member.endpoint.address());
        let mut edge = Edge::new(above.unwrap_or_else(|| tie.other.clone()), own.clone(), tie);
        edge.hear(own, tie);
        edges.push(edge);
    }
    for (member, tie) in ties(&topology.members, Direction::FollowedBy) {
        let own = member.endpoint.address();
        let to = resolved(&tie.other);
        let unheard = |edge: &Edge| !edge.found.iter().any(|witness| witness.server == own);
        let same = |edge: &&mut Edge| {
            edge.from == own
                && edge.kind == tie.kind
                && match host_alone(&tie.other) {
                    // Of several on one host each is heard of once, which one does not matter.
                    Some(host) => {
                        let at = topology.at(&edge.to);
                        at.is_some_and(|member| member.endpoint.host == host) && unheard(edge)
                    }
                    None => edge.to == to,
                }
        };
        match edges.iter_mut().find(same) {
            Some(edge) => edge.hear(own, tie),
            // A server lists a follower for a while after it has left; who was reached and told whom it follows knows better.
            None if topology.at(&to).is_some_and(tells_whom_it_follows) => {}
            None => {
                let mut edge = Edge::new(own.clone(), to, tie);
                edge.hear(own, tie);
                edges.push(edge);
            }
        }
    }
    let circular: Vec<bool> = edges.iter().map(|edge| leads_back(edge, &edges)).collect();
    for (edge, circular) in edges.iter_mut().zip(circular) {
        edge.circular = circular;
    }
    edges
}

/// Whether its own word of whom it follows is complete.
fn tells_whom_it_follows(member: &Member) -> bool {
    let told = &member.surroundings;
    told.untold.is_empty() || told.ties.iter().any(|tie| tie.direction == Direction::Follows)
}

fn ties(members: &[Member], direction: Direction) -> impl Iterator<Item = (&Member, &Tie)> {
    let all = members
        .iter()
        .flat_map(|member| member.surroundings.ties.iter().map(move |tie| (member, tie)));
    all.filter(move |(_, tie)| tie.direction == direction)
}

/// Whether following the edges from where this one leads comes to where it began.
fn leads_back(edge: &Edge, edges: &[Edge]) -> bool {
    let mut seen: Vec<&str> = vec![&edge.to];
    let mut at = 0;
    while let Some(here) = seen.get(at).copied() {
        if here == edge.from {
            return true;
        }
        for next in edges.iter().filter(|next| next.from == here) {
            if !seen.contains(&next.to.as_str()) {
                seen.push(&next.to);
            }
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use daybreak_engine::TieKind;

    use super::{Edge, leads_back};

    fn edge(from: &str, to: &str) -> Edge {
        Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            kind: TieKind::BinaryLog,
            name: String::new(),
            running: None,
            lag_seconds: None,
            semi_sync: None,
            circular: false,
            found: Vec::new(),
        }
    }

    #[test]
    fn rings_are_told_from_chains() {
        let edges = [edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("c", "d")];
        let circular: Vec<bool> = edges.iter().map(|edge| leads_back(edge, &edges)).collect();
        assert_eq!(circular, [true, true, true, false]);
    }
}
