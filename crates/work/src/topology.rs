//! The whole estate, found from any one of its servers: up to whom it follows, down to who follows it, and on from there.
//!
//! Every server is asked with the account and the protection of the first: accounts are replicated with everything else. A
//! server reached by two addresses is one server, so that pairs and rings come to an end.

mod edge;
mod walk;

use std::collections::BTreeMap;

use daybreak_engine::{Direction, Identity, Role, Surroundings, Tie, TieKind};
use daybreak_model::Endpoint;

pub use edge::{Edge, Witness, edges};
pub use walk::walk;

/// A server of the estate.
#[derive(Debug, Clone)]
pub struct Member {
    /// Where it was reached.
    pub endpoint: Endpoint,
    /// What it said it is.
    pub identity: Identity,
    /// Whether applications can write to it now; true where it would not say.
    pub open: bool,
    /// Its ties, settings and size, and what it did not tell.
    pub surroundings: Surroundings,
}

/// A server that another one named and that could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// As it was named.
    pub name: String,
    /// The address of whoever named it.
    pub named_by: String,
    /// What stood in the way.
    pub why: String,
}

/// All servers that were found.
#[derive(Debug, Clone)]
pub struct Topology {
    /// Those that answered; the first is where the walk began.
    pub members: Vec<Member>,
    /// Those that did not.
    pub unreached: Vec<Unreached>,
    /// Further addresses of members: the other address, and the one the member stands under.
    aliases: Vec<(String, String)>,
}

impl Topology {
    /// The server that the first one gets its changes from in the end: itself, if it follows nobody. In a pair or a ring it is
    /// the first server on the way that applications can write to now.
    ///
    /// # Errors
    /// The server on the way up that could not be asked.
    pub fn primary(&self) -> Result<&Member, &Unreached> {
        let mut way: Vec<&Member> = Vec::new();
        let mut here = self.members.first();
        while let Some(member) = here {
            let Some(follows) = follows(member) else {
                return Ok(member);
            };
            way.push(member);
            if let Some(missing) = self.unreached.iter().find(|server| server.name == follows) {
                return Err(missing);
            }
            let above = self.at(follows);
            let seen = |member: &Member| {
                way.iter()
                    .any(|passed| passed.identity.unique_id == member.identity.unique_id)
            };
            here = above.filter(|member| !seen(member));
        }
        let writable = way
            .iter()
            .find(|member| member.open && member.identity.role == Role::Primary);
        Ok(writable.or(way.first()).expect("a walk has a first server"))
    }

    /// The member at an address, by whichever of its addresses.
    #[must_use]
    pub fn at(&self, address: &str) -> Option<&Member> {
        let alias = self.aliases.iter().find(|(other, _)| other == address);
        let address = alias.map_or(address, |(_, own)| own.as_str());
        self.members
            .iter()
            .find(|member| member.endpoint.address() == address)
    }

    /// The member that a follower's tie leads to: at its address, or where that is hidden from our account, the only one with
    /// the slot it reads.
    #[must_use]
    pub fn above(&self, tie: &Tie) -> Option<&Member> {
        let Some(slot) = tie
            .other
            .strip_prefix("? (")
            .and_then(|rest| rest.strip_suffix(')'))
        else {
            return self.at(&tie.other);
        };
        let has_slot = |member: &&Member| {
            let mut ties = member.surroundings.ties.iter();
            ties.any(|own| own.direction == Direction::FollowedBy && own.kind == tie.kind && own.name == slot)
        };
        let mut with_slot = self.members.iter().filter(has_slot);
        with_slot.next().filter(|_| with_slot.next().is_none())
    }

    /// The other addresses that lead to a member.
    #[must_use]
    pub fn aliases_of(&self, member: &Member) -> Vec<&str> {
        let own = member.endpoint.address();
        let others = self.aliases.iter().filter(|(_, address)| *address == own);
        others.map(|(other, _)| other.as_str()).collect()
    }

    fn known(&self, identity: &Identity) -> Option<&Member> {
        self.members
            .iter()
            .find(|member| member.identity.unique_id == identity.unique_id)
    }

    /// Leaves out who would read a slot that nobody reads: one that is known to be kept for later.
    pub fn leave_out_slot(&mut self, slot: &str) {
        let before = self.followers_left();
        let kept = format!("? ({slot})");
        for member in &mut self.members {
            let is_kept = |tie: &Tie| tie.direction == Direction::FollowedBy && tie.other == kept;
            member.surroundings.ties.retain(|tie| !is_kept(tie));
        }
        self.unreached.retain(|server| !before.contains(server));
        let left = self.followers_left();
        self.unreached.extend(left);
    }

    /// Followers that a server knows by host alone, less those that were found there.
    fn followers_left(&self) -> Vec<Unreached> {
        let mut left = Vec::new();
        for above in &self.members {
            let address = above.endpoint.address();
            let mut named: BTreeMap<(TieKind, &str), usize> = BTreeMap::new();
            for tie in &above.surroundings.ties {
                if let (Direction::FollowedBy, Some(host)) = (tie.direction, host_alone(&tie.other)) {
                    *named.entry((tie.kind, host)).or_default() += 1;
                }
            }
            for ((kind, host), named) in named {
                let found = self
                    .members
                    .iter()
                    .filter(|member| member.endpoint.host == host && self.follows(member, kind, &address));
                let missing = named.saturating_sub(found.count());
                if missing > 0 {
                    let (what, why) = match kind {
                        TieKind::LogicalStream if host == "?" => (
                            "subscriber(s)",
                            "nobody reads their slots now, or this account is not shown who does: name them with `--also HOST:PORT`, or drop slots that nobody needs",
                        ),
                        TieKind::LogicalStream => (
                            "subscriber(s)",
                            "a publisher does not know the port that its subscribers listen at: name it with `--also HOST:PORT`",
                        ),
                        TieKind::PhysicalStream | TieKind::BinaryLog | TieKind::Group => (
                            "standby server(s)",
                            "a primary does not know the port that its standbys listen at: name it with `--also HOST:PORT`",
                        ),
                    };
                    left.push(Unreached {
                        name: format!("{missing} {what} on {host}"),
                        named_by: address.clone(),
                        why: why.to_owned(),
                    });
                }
            }
        }
        left
    }

    /// Whether a member follows the server at an address in this way.
    fn follows(&self, member: &Member, kind: TieKind, address: &str) -> bool {
        member.surroundings.ties.iter().any(|tie| {
            let above = self.above(tie);
            tie.direction == Direction::Follows
                && tie.kind == kind
                && above.is_some_and(|above| above.endpoint.address() == address)
        })
    }
}

/// Whom a member gets its changes from: by its own replication, or as a secondary of its group.
fn follows(member: &Member) -> Option<&str> {
    let mut ties = member.surroundings.ties.iter();
    let in_group = ties.find(|tie| tie.kind == TieKind::Group && tie.direction == Direction::Follows);
    let own = member.identity.follows.as_deref();
    own.or_else(|| in_group.map(|tie| tie.other.as_str()))
}

/// The host of `host (name)`, as servers name followers whose port they do not know.
fn host_alone(name: &str) -> Option<&str> {
    name.ends_with(')')
        .then(|| name.split_once(" (").map(|(host, _)| host))
        .flatten()
}

#[cfg(test)]
mod tests {
    use daybreak_engine::{Direction, Identity, Role, Surroundings, Tie, TieKind};
    use daybreak_model::{Endpoint, Flavor, Hosting, Product, Version};

    use super::{Member, Topology, Unreached};

    fn member(port: u16, role: Role, follows: Option<u16>) -> Member {
        let url = format!("mysql://dba@10.0.0.1:{port}/");
        Member {
            endpoint: Endpoint::parse("server", &url).expect("a URL"),
            identity: Identity {
                unique_id: port.to_string(),
                flavor: Flavor {
                    product: Product::Mysql,
                    version: Version::new(8, 0, 42),
                    hosting: Hosting::SelfManaged,
                },
                role,
                cannot_be_followed: None,
                gtid: true,
                server_id: None,
                clock_offset_ms: 0,
                replicas: Vec::new(),
                follows: follows.map(|port| format!("10.0.0.1:{port}")),
            },
            open: role == Role::Primary,
            surroundings: Surroundings::default(),
        }
    }

    fn primary(members: Vec<Member>) -> u16 {
        let topology = Topology {
            members,
            unreached: Vec::new(),
            aliases: Vec::new(),
        };
        topology.primary().expect("reached").endpoint.port
    }

    #[test]
    fn the_primary_is_found_up_a_chain_and_in_a_ring() {
        let replica = Role::Replica;
        let chain = vec![
            member(3, replica, Some(2)),
            member(2, replica, Some(1)),
            member(1, Role::Primary, None),
        ];
        assert_eq!(primary(chain), 1);
        let pair = vec![member(2, replica, Some(1)), member(1, Role::Primary, Some(2))];
        assert_eq!(primary(pair), 1);
        let mut fenced = member(2, Role::Primary, Some(1));
        fenced.open = false;
        assert_eq!(primary(vec![fenced, member(1, Role::Primary, Some(2))]), 1);
        assert_eq!(primary(vec![member(1, Role::Primary, None)]), 1);
    }

    #[test]
    fn a_primary_that_cannot_be_asked_is_named() {
        let gone = Unreached {
            name: "10.0.0.1:1".to_owned(),
            named_by: "10.0.0.1:2".to_owned(),
            why: "no answer".to_owned(),
        };
        let topology = Topology {
            members: vec![member(2, Role::Replica, Some(1))],
            unreached: vec![gone.clone()],
            aliases: Vec::new(),
        };
        assert_eq!(topology.primary().expect_err("unreached"), &gone);
    }

    #[test]
    fn standbys_that_were_not_found_are_counted() {
        let mut leader = member(1, Role::Primary, None);
        let tie = |direction, other: &str| Tie {
            kind: TieKind::PhysicalStream,
            direction,
            other: other.to_owned(),
            name: String::new(),
            question: String::new(),
            running: None,
            lag_seconds: None,
            semi_sync: None,
        };
        let standby = tie(Direction::FollowedBy, "10.0.0.1 (walreceiver)");
        leader.surroundings.ties = vec![standby.clone(), standby];
        let mut found = member(2, Role::Replica, Some(1));
        found.surroundings.ties = vec![tie(Direction::Follows, "10.0.0.1:1")];
        let topology = Topology {
            members: vec![leader, found],
            unreached: Vec::new(),
            aliases: Vec::new(),
        };
        let left = topology.followers_left();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].name, "1 standby server(s) on 10.0.0.1");
    }

    #[test]
    fn a_slot_that_is_kept_for_later_has_no_reader_to_be_named() {
        let mut leader = member(1, Role::Primary, None);
        let slot = |name: &str| Tie {
            kind: TieKind::LogicalStream,
            direction: Direction::FollowedBy,
            other: format!("? ({name})"),
            name: name.to_owned(),
            question: String::new(),
            running: None,
            lag_seconds: None,
            semi_sync: None,
        };
        leader.surroundings.ties = vec![slot("ours"), slot("theirs")];
        let mut topology = Topology {
            members: vec![leader],
            unreached: Vec::new(),
            aliases: Vec::new(),
        };
        topology.unreached = topology.followers_left();
        assert_eq!(topology.unreached[0].name, "2 subscriber(s) on ?");
        topology.leave_out_slot("ours");
        assert_eq!(topology.unreached.len(), 1);
        assert_eq!(topology.unreached[0].name, "1 subscriber(s) on ?");
        topology.leave_out_slot("theirs");
        assert_eq!(topology.unreached, []);
    }
}
