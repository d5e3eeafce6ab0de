//! The whole estate, found from any one of its servers: up to whom it follows, down to who follows it, and on from there.
//!
//! Every server is asked with the account and the protection of the first: accounts are replicated with everything else. A
//! server reached by two addresses is one server, so that pairs and rings come to an end.

use std::collections::{BTreeSet, VecDeque};

use daybreak_engine::{EngineError, Identity, Role, database};
use daybreak_model::Endpoint;

/// More servers than this are not looked at.
const MOST: usize = 100;

/// A server of the estate.
#[derive(Debug, Clone)]
pub struct Member {
    /// Where it was reached.
    pub endpoint: Endpoint,
    /// What it said it is.
    pub identity: Identity,
    /// Whether applications can write to it now; true where it would not say.
    pub open: bool,
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
            let Some(follows) = &member.identity.follows else {
                return Ok(member);
            };
            way.push(member);
            if let Some(missing) = self.unreached.iter().find(|server| server.name == *follows) {
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

    fn at(&self, address: &str) -> Option<&Member> {
        let alias = self.aliases.iter().find(|(other, _)| other == address);
        let address = alias.map_or(address, |(_, own)| own.as_str());
        self.members
            .iter()
            .find(|member| member.endpoint.address() == address)
    }

    fn known(&self, identity: &Identity) -> Option<&Member> {
        self.members
            .iter()
            .find(|member| member.identity.unique_id == identity.unique_id)
    }

    /// Standbys that their primary knows by host alone, less those that were found there.
    fn standbys_left(&self) -> Vec<Unreached> {
        let mut left = Vec::new();
        for primary in &self.members {
            let address = primary.endpoint.address();
            let follows = |member: &&Member| {
                let above = member.identity.follows.as_deref().and_then(|name| self.at(name));
                above.is_some_and(|above| above.endpoint.address() == address)
            };
            let hosts: Vec<&str> = primary
                .identity
                .replicas
                .iter()
                .filter_map(|name| standby_host(name))
                .collect();
            for host in hosts.iter().copied().collect::<BTreeSet<_>>() {
                let named = hosts.iter().filter(|other| **other == host).count();
                let found = self
                    .members
                    .iter()
                    .filter(follows)
                    .filter(|member| member.endpoint.host == host);
                let missing = named.saturating_sub(found.count());
                if missing > 0 {
                    left.push(Unreached {
                        name: format!("{missing} standby server(s) on {host}"),
                        named_by: address.clone(),
                        why: "a primary does not know the port that its standbys listen at: name it with `--also HOST:PORT`"
                            .to_owned(),
                    });
                }
            }
        }
        left
    }
}

/// A name on the way, and who gave it.
struct Named {
    name: String,
    by: String,
    /// The address is only likely: a standby, at its primary's port.
    guessed: bool,
}

/// Finds all servers around `start`; `also` are the addresses of further ones, which no server names.
///
/// # Errors
/// When `start` itself cannot be asked; others are listed as unreached.
pub async fn walk(start: &Endpoint, also: &[String]) -> Result<Topology, EngineError> {
    let identity = database(start.clone()).identity().await?;
    let mut topology = Topology {
        members: Vec::new(),
        unreached: Vec::new(),
        aliases: Vec::new(),
    };
    let mut asked: BTreeSet<String> = [start.address()].into();
    let mut named: VecDeque<Named> = neighbours(start, &identity).collect();
    named.extend(also.iter().map(|name| Named {
        name: name.clone(),
        by: "the command line".to_owned(),
        guessed: false,
    }));
    topology.members.push(member(start.clone(), identity).await);
    while let Some(next) = named.pop_front() {
        if !asked.insert(next.name.clone()) {
            continue;
        }
        match look(start, &next, &topology).await {
            Ok((endpoint, identity)) => {
                if let Some(member) = topology.known(&identity) {
                    let own = member.endpoint.address();
                    topology.aliases.push((next.name, own));
                    continue;
                }
                if next.guessed && identity.follows.as_ref() != Some(&next.by) {
                    // Somebody else's server at the same port.
                    continue;
                }
                named.extend(neighbours(&endpoint, &identity));
                topology.members.push(member(endpoint, identity).await);
            }
            Err(_) if next.guessed => {}
            Err(why) => topology.unreached.push(Unreached {
                name: next.name,
                named_by: next.by,
                why,
            }),
        }
    }
    let left = topology.standbys_left();
    topology.unreached.extend(left);
    Ok(topology)
}

async fn member(endpoint: Endpoint, identity: Identity) -> Member {
    let state = database(endpoint.clone()).write_state().await;
    Member {
        open: state.map_or(true, |state| state.may_be_written()),
        endpoint,
        identity,
    }
}

/// Asks the server at a named address who it is; in words, why that cannot be.
async fn look(start: &Endpoint, next: &Named, topology: &Topology) -> Result<(Endpoint, Identity), String> {
    if topology.members.len() >= MOST {
        return Err(format!("{MOST} servers were found before it"));
    }
    let (host, port) =
        address(&next.name).ok_or("the server that names it does not know its host and port")?;
    let endpoint = Endpoint {
        host,
        port,
        ..start.clone()
    };
    let identity = database(endpoint.clone()).identity().await;
    let identity = identity.map_err(|error| in_words(&error))?;
    Ok((endpoint, identity))
}

/// Whom a server names: the one it follows, and those that follow it.
fn neighbours(endpoint: &Endpoint, identity: &Identity) -> impl Iterator<Item = Named> {
    let by = endpoint.address();
    let above = identity.follows.iter();
    let names: Vec<Named> = above
        .chain(&identity.replicas)
        .map(|name| match standby_host(name) {
            None => Named {
                name: name.clone(),
                by: by.clone(),
                guessed: false,
            },
            Some(host) => Named {
                name: Endpoint {
                    host: host.to_owned(),
                    ..endpoint.clone()
                }
                .address(),
                by: by.clone(),
                guessed: true,
            },
        })
        .collect();
    names.into_iter()
}

/// The host of `host (name)`, as PostgreSQL's primaries name their standbys.
fn standby_host(name: &str) -> Option<&str> {
    name.ends_with(')')
        .then(|| name.split_once(" (").map(|(host, _)| host))
        .flatten()
}

/// Host and port of `host:port` or `[host]:port`; none where a server named something else or the port is not known.
fn address(name: &str) -> Option<(String, u16)> {
    let (host, port) = name.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty() && host != "?").then(|| (host.to_owned(), port))
}

/// An error with its causes, on one line.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use daybreak_engine::{Identity, Role};
    use daybreak_model::{Endpoint, Flavor, Hosting, Product, Version};

    use super::{Member, Topology, Unreached, address};

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
        leader.identity.replicas = vec![
            "10.0.0.1 (walreceiver)".to_owned(),
            "10.0.0.1 (walreceiver)".to_owned(),
        ];
        let topology = Topology {
            members: vec![leader, member(2, Role::Replica, Some(1))],
            unreached: Vec::new(),
            aliases: Vec::new(),
        };
        let left = topology.standbys_left();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].name, "1 standby server(s) on 10.0.0.1");
    }

    #[test]
    fn only_whole_addresses_are_gone_to() {
        assert_eq!(address("db2:3306"), Some(("db2".to_owned(), 3306)));
        assert_eq!(address("[::1]:3306"), Some(("::1".to_owned(), 3306)));
        for unknown in ["?:3306", "db2:0", "10.0.0.7 (walreceiver)", ":3306"] {
            assert_eq!(address(unknown), None, "{unknown}");
        }
    }
}
