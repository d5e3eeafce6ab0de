//! GTIDs turned on or off over a whole estate, while it is at work (P7).
//!
//! observe: every server's mode, channels and violations · decide: [`stages`] and [`refusals`] · act: one stage at a time, each
//! on the replicas before their sources · verify: every server is asked again before the next stage begins.
//!
//! Nothing is remembered between two runs: where the servers stand says what is left to do, so that a run that was broken off
//! goes on. The order is the manual's ("Enabling GTID Transactions Online", "Disabling GTID Transactions Online").

// Each imports only from those above it.
mod decide;

mod settle;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use daybreak_engine::{Database, EngineError, GtidChange, GtidObstacle, GtidState, Statement, database};
use daybreak_model::Flavor;

pub use decide::{
    GtidGoal, GtidServer, GtidStage, GtidWait, refusals as gtid_refusals, stages as gtid_stages,
};

use crate::{Observe, Topology, WorkEvent, edges};

/// A member of the estate with where it stands.
#[derive(Clone)]
pub struct GtidMember {
    /// The server.
    pub database: Arc<dyn Database>,
    /// What it runs.
    pub flavor: Flavor,
    /// What decisions are made from.
    pub server: GtidServer,
    /// What stands in the way or has to be known.
    pub obstacles: Vec<GtidObstacle>,
    /// How many violations had been counted just before obstacles were looked for: one that comes later is new.
    violations: u64,
}

/// Why numbering was not changed, or not to the end. What was done stays: running again goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum GtidError {
    /// A server said no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A statement that cannot have one GTID was seen while violations were watched for.
    #[error(
        "{server}: {times} statement(s) that violate the consistency of GTIDs were seen while they were watched for"
    )]
    Violated {
        /// Address.
        server: String,
        /// How many.
        times: u64,
    },
    /// A change was made and the server does not show it.
    #[error("{server}: {change} was done, and the server does not show it")]
    NotSeen {
        /// Address.
        server: String,
        /// In words.
        change: String,
    },
}

impl GtidError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Engine(error) => error.hint().map(str::to_owned),
            Self::Violated { .. } => Some(
                "`daybreak gtid` names them with their accounts; they still run: change the application, then run the same command again"
                    .to_owned(),
            ),
            Self::NotSeen { .. } => Some("look at the server, then run the same command again: it goes on from where they stand".to_owned()),
        }
    }
}

/// Asks every member of the estate.
///
/// # Errors
/// The first server that does not answer, or does not show what is asked for.
pub async fn gtid_members(topology: &Topology) -> Result<Vec<GtidMember>, EngineError> {
    let depths = depths(topology);
    let mut members = Vec::with_capacity(topology.members.len());
    for member in &topology.members {
        let address = member.endpoint.address();
        let database = database(member.endpoint.clone());
        let state = known(&database, topology).await?;
        let lacking = database.missing_privileges("gtid").await?;
        let (violations, obstacles) = if lacking.is_empty() {
            let counted = database.gtid_violations().await?.unwrap_or(0);
            (counted, database.gtid_obstacles().await?)
        } else {
            (0, vec![lacks(&lacking)])
        };
        members.push(GtidMember {
            flavor: member.identity.flavor.clone(),
            server: GtidServer {
                depth: depths.get(&address).copied().unwrap_or(0),
                address,
                state,
            },
            database,
            obstacles,
            violations,
        });
    }
    Ok(members)
}

fn lacks(privileges: &[String]) -> GtidObstacle {
    GtidObstacle {
        id: "privilege".to_owned(),
        blocks: true,
        object: "this account".to_owned(),
        evidence: format!(
            "it lacks {}, so that violations cannot be looked for, or nothing changed",
            privileges.join(", ")
        ),
        remedy: "`daybreak accounts --for gtid` prints the statements".to_owned(),
        statement: None,
    }
}

/// Where a server stands, its sources under the addresses that the estate knows them by.
async fn known(database: &Arc<dyn Database>, topology: &Topology) -> Result<GtidState, EngineError> {
    let mut state = database.gtid_state().await?;
    for channel in &mut state.channels {
        if let Some(source) = topology.at(&channel.source) {
            channel.source = source.endpoint.address();
        }
    }
    Ok(state)
}

/// How many servers are between each and the one all changes come from. In a ring every server counts from where it was found.
fn depths(topology: &Topology) -> BTreeMap<String, usize> {
    let edges = edges(topology);
    let mut depths: BTreeMap<String, usize> = BTreeMap::new();
    let Ok(primary) = topology.primary() else {
        return depths;
    };
    let mut at = vec![primary.endpoint.address()];
    let mut depth = 0;
    while !at.is_empty() {
        let mut below = Vec::new();
        for address in at {
            if depths.contains_key(&address) {
                continue;
            }
            below.extend(
                edges
                    .iter()
                    .filter(|edge| edge.from == address)
                    .map(|edge| edge.to.clone()),
            );
            depths.insert(address, depth);
        }
        at = below;
        depth += 1;
    }
    depths
}

/// The statements of a stage, each with its server's address, as they would be sent now.
///
/// # Errors
/// A server that does not answer.
pub async fn gtid_statements(
    members: &[GtidMember],
    stage: &GtidStage,
) -> Result<Vec<(String, Statement)>, EngineError> {
    let mut all = Vec::new();
    for (index, change) in &stage.changes {
        let member = &members[*index];
        for statement in member.database.gtid_statements(change).await? {
            all.push((member.server.address.clone(), statement));
        }
    }
    Ok(all)
}

/// Turns GTIDs on or off. What [`gtid_refusals`] says of these members has to be settled before.
///
/// Violations are watched for as long as `watch` between the stage that warns of them and the one that refuses them; those
/// that came since the members were asked count too.
///
/// # Errors
/// See [`GtidError`].
pub async fn turn_gtid(
    goal: GtidGoal,
    topology: &Topology,
    mut members: Vec<GtidMember>,
    watch: Duration,
    observer: &dyn Observe,
) -> Result<(), GtidError> {
    loop {
        let servers: Vec<GtidServer> = members.iter().map(|member| member.server.clone()).collect();
        let Some(stage) = decide::next(goal, &servers) else {
            return Ok(());
        };
        match stage.wait {
            GtidWait::Nothing => {}
            GtidWait::Violations => settle::watch(&members, watch, observer).await?,
            GtidWait::Settled => settle::settled(goal, &members, topology, observer).await?,
            GtidWait::Applied => settle::all_applied(&members, topology, observer).await?,
        }
        for (index, change) in &stage.changes {
            let member = &members[*index];
            observer.event(WorkEvent::Doing {
                what: format!("{}: {}", member.server.address, decide::words(change)),
            });
            member.database.change_gtid(change).await?;
        }
        for member in &mut members {
            member.server.state = known(&member.database, topology).await?;
        }
        for (index, change) in &stage.changes {
            let server = &members[*index].server;
            if !shows(&server.state, change) {
                return Err(GtidError::NotSeen {
                    server: server.address.clone(),
                    change: decide::words(change),
                });
            }
        }
    }
}

/// Whether a change is there. A replica that was started may still be connecting, which its own statements tell.
fn shows(state: &GtidState, change: &GtidChange) -> bool {
    match change {
        GtidChange::Consistency(consistency) => state.consistency == Some(*consistency),
        GtidChange::Mode(mode) => state.mode == Some(*mode),
        GtidChange::Place { channel, by_gtid } => state
            .channels
            .iter()
            .any(|own| own.name == *channel && own.by_gtid == *by_gtid && own.running),
    }
}
