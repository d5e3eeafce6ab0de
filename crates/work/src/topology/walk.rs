//! From one server to the next, until no name is left that was not asked.

use std::collections::{BTreeSet, VecDeque};

use daybreak_engine::{Direction, EngineError, ErrorKind, Identity, Surroundings, Untold, database};
use daybreak_model::Endpoint;

use super::{Member, Topology, Unreached, host_alone};

/// More servers than this are not looked at.
const MOST: usize = 100;

/// A name on the way, and who gave it.
struct Named {
    name: String,
    by: String,
    /// The address is only likely: a standby, at its primary's port.
    guessed: bool,
    /// Whoever gave it follows it.
    above: bool,
}

/// Finds all servers around `start`; `also` are the addresses of further ones, which no server names. All are asked as `start` is, but
/// for one of `known` that another follows: it is asked by its own account.
///
/// # Errors
/// When `start` itself cannot be asked; others are listed as unreached.
pub async fn walk(start: &Endpoint, also: &[String], known: &[Endpoint]) -> Result<Topology, EngineError> {
    let server = database(start.clone());
    let identity = server.identity().await?;
    let surroundings = server.surroundings().await;
    let mut topology = Topology {
        members: Vec::new(),
        unreached: Vec::new(),
        aliases: Vec::new(),
    };
    let mut asked: BTreeSet<String> = [start.address()].into();
    let mut named: VecDeque<Named> = neighbours(start, &identity, &surroundings).collect();
    named.extend(also.iter().map(|name| Named {
        name: name.clone(),
        by: "the command line".to_owned(),
        guessed: false,
        above: false,
    }));
    topology
        .members
        .push(member(start.clone(), identity, surroundings).await);
    while let Some(next) = named.pop_front() {
        if !asked.insert(next.name.clone()) {
            continue;
        }
        match look(start, known, &next, &topology).await {
            Ok((endpoint, identity)) => {
                if let Some(member) = topology.known(&identity) {
                    let own = member.endpoint.address();
                    topology.aliases.push((next.name, own));
                    continue;
                }
                let surroundings = database(endpoint.clone()).surroundings().await;
                let follows = |above: &str| {
                    let ties = surroundings.ties.iter();
                    ties.filter(|tie| tie.direction == Direction::Follows)
                        .map(|tie| &tie.other)
                        .chain(&identity.follows)
                        .any(|other| other == above)
                };
                if next.guessed && !follows(&next.by) {
                    // Somebody else's server at the same port.
                    continue;
                }
                named.extend(neighbours(&endpoint, &identity, &surroundings));
                topology
                    .members
                    .push(member(endpoint, identity, surroundings).await);
            }
            Err(_) if next.guessed => {}
            Err(why) => topology.unreached.push(Unreached {
                name: next.name,
                named_by: next.by,
                why,
            }),
        }
    }
    let left = topology.followers_left();
    topology.unreached.extend(left);
    Ok(topology)
}

async fn member(endpoint: Endpoint, identity: Identity, mut surroundings: Surroundings) -> Member {
    let state = database(endpoint.clone()).write_state().await;
    if let Err(error) = &state {
        surroundings.untold.push(Untold {
            what: "whether it can be written".to_owned(),
            why: error.in_words(),
            grant: None,
        });
    }
    Member {
        open: state.map_or(true, |state| state.may_be_written()),
        endpoint,
        identity,
        surroundings,
    }
}

/// Asks the server at a named address who it is; in words, why that cannot be.
async fn look(
    start: &Endpoint,
    known: &[Endpoint],
    next: &Named,
    topology: &Topology,
) -> Result<(Endpoint, Identity), String> {
    if topology.members.len() >= MOST {
        return Err(format!("{MOST} servers were found before it"));
    }
    let (host, port) =
        address(&next.name).ok_or("the server that names it does not know its host and port")?;
    let known = known
        .iter()
        .find(|known| next.above && known.host == host && known.port == port);
    let endpoint = known.cloned().unwrap_or_else(|| Endpoint {
        host,
        port,
        ..start.clone()
    });
    let identity = database(endpoint.clone()).identity().await;
    let identity = identity.map_err(|error| match (error.kind, error.hint()) {
        (ErrorKind::Privilege, Some(hint)) => format!("{}; {hint}", error.in_words()),
        _ => error.in_words(),
    })?;
    Ok((endpoint, identity))
}

/// Whom a server names: those it follows, and those that follow it.
fn neighbours(
    endpoint: &Endpoint,
    identity: &Identity,
    surroundings: &Surroundings,
) -> impl Iterator<Item = Named> + use<> {
    let by = endpoint.address();
    let above = identity.follows.iter().map(|name| (name, true));
    let below = identity.replicas.iter().map(|name| (name, false));
    let ties = surroundings.ties.iter();
    let tied = ties.map(|tie| (&tie.other, tie.direction == Direction::Follows));
    let names: Vec<Named> = above
        .chain(below)
        .chain(tied)
        .map(|(name, above)| match host_alone(name) {
            None => Named {
                name: name.clone(),
                by: by.clone(),
                guessed: false,
                above,
            },
            Some(host) => Named {
                name: Endpoint {
                    host: host.to_owned(),
                    ..endpoint.clone()
                }
                .address(),
                by: by.clone(),
                guessed: true,
                above,
            },
        })
        .collect();
    names.into_iter()
}

/// Host and port of `host:port` or `[host]:port`; none where a server named something else or the port is not known.
fn address(name: &str) -> Option<(String, u16)> {
    let (host, port) = name.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty() && host != "?").then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn only_whole_addresses_are_gone_to() {
        assert_eq!(address("db2:3306"), Some(("db2".to_owned(), 3306)));
        assert_eq!(address("[::1]:3306"), Some(("::1".to_owned(), 3306)));
        for unknown in ["?:3306", "db2:0", "10.0.0.7 (walreceiver)", ":3306"] {
            assert_eq!(address(unknown), None, "{unknown}");
        }
    }
}
