//! What comes next, from where the servers stand: no server is asked here.

use daybreak_engine::{GtidChange, GtidConsistency, GtidMode, GtidObstacle, GtidState, GtidWay};

/// What is wanted of an estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GtidGoal {
    /// Every transaction has a GTID, and replicas keep their place by it.
    On,
    /// As before there were any: places are kept by file and offset.
    Off,
}

/// A server as a decision sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GtidServer {
    /// `host:port`.
    pub address: String,
    /// How many servers are between it and the primary.
    pub depth: usize,
    /// Where it stands.
    pub state: GtidState,
}

/// What must be so before the changes of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GtidWait {
    /// Nothing.
    Nothing,
    /// No statement violates the consistency for as long as it is watched.
    Violations,
    /// No transaction of the other kind is left on any server, and what was logged before is applied everywhere.
    Settled,
    /// Replicas have applied what their sources have logged until now.
    Applied,
}

/// Changes that are made before any of the next stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GtidStage {
    /// In words.
    pub title: &'static str,
    /// What must be so before.
    pub wait: GtidWait,
    /// Each with its server's place in the list, replicas before their sources.
    pub changes: Vec<(usize, GtidChange)>,
}

/// All stages that are left.
#[must_use]
pub fn stages(goal: GtidGoal, servers: &[GtidServer]) -> Vec<GtidStage> {
    let mut servers = servers.to_vec();
    let mut stages = Vec::new();
    while let Some(stage) = next(goal, &servers) {
        for (index, change) in &stage.changes {
            apply(&mut servers[*index].state, change);
        }
        stages.push(stage);
    }
    stages
}

fn apply(state: &mut GtidState, change: &GtidChange) {
    match change {
        GtidChange::Consistency(consistency) => state.consistency = Some(*consistency),
        GtidChange::Mode(mode) => state.mode = Some(*mode),
        GtidChange::Place { channel, by_gtid } => {
            for own in state.channels.iter_mut().filter(|own| own.name == *channel) {
                (own.by_gtid, own.running) = (*by_gtid, true);
            }
        }
    }
}

/// The stage that comes next; none when everything is as wanted.
pub(super) fn next(goal: GtidGoal, servers: &[GtidServer]) -> Option<GtidStage> {
    match goal {
        GtidGoal::On => next_on(servers),
        GtidGoal::Off => next_off(servers),
    }
}

fn next_on(servers: &[GtidServer]) -> Option<GtidStage> {
    let online = || {
        servers
            .iter()
            .map(|server| &server.state)
            .filter(|state| state.way == GtidWay::Online)
    };
    let least = online().filter_map(|state| state.mode).min();
    let Some(least) = least.filter(|mode| *mode < GtidMode::On) else {
        // A source sends a log that a replica lacks a part of from its beginning, and the last one before GTIDs were demanded begins with
        // transactions without one: by GTID it refuses to (1236).
        return keep_place(servers, true, "let replicas keep their place by GTID").map(|stage| GtidStage {
            wait: GtidWait::Applied,
            ..stage
        });
    };
    let consistency = online().filter_map(|state| state.consistency).min();
    if let Some(now) = consistency.filter(|now| *now < GtidConsistency::On) {
        let (title, wait, next) = if now == GtidConsistency::Off {
            (
                "warn of statements that cannot have one GTID",
                GtidWait::Nothing,
                GtidConsistency::Warn,
            )
        } else {
            (
                "refuse statements that cannot have one GTID",
                GtidWait::Violations,
                GtidConsistency::On,
            )
        };
        let change = GtidChange::Consistency(next);
        return Some(stage(
            servers,
            title,
            wait,
            |state| state.consistency == Some(now),
            &change,
        ));
    }
    let (title, wait, next) = match least {
        GtidMode::Off => (
            "apply transactions with a GTID as well",
            GtidWait::Nothing,
            GtidMode::OffPermissive,
        ),
        GtidMode::OffPermissive => (
            "give new transactions a GTID",
            GtidWait::Nothing,
            GtidMode::OnPermissive,
        ),
        GtidMode::OnPermissive | GtidMode::On => (
            "refuse transactions without a GTID",
            GtidWait::Settled,
            GtidMode::On,
        ),
    };
    Some(stage(
        servers,
        title,
        wait,
        |state| state.mode == Some(least),
        &GtidChange::Mode(next),
    ))
}

fn next_off(servers: &[GtidServer]) -> Option<GtidStage> {
    if let Some(stage) = keep_place(servers, false, "let replicas keep their place by file and offset") {
        return Some(stage);
    }
    let online = || {
        servers
            .iter()
            .map(|server| &server.state)
            .filter(|state| state.way == GtidWay::Online)
    };
    let most = online().filter_map(|state| state.mode).max();
    let Some(most) = most.filter(|mode| *mode > GtidMode::Off) else {
        let enforced = |state: &GtidState| state.consistency.is_some_and(|now| now > GtidConsistency::Off);
        let change = GtidChange::Consistency(GtidConsistency::Off);
        let title = "let statements run that cannot have one GTID";
        return online()
            .any(enforced)
            .then(|| stage(servers, title, GtidWait::Nothing, enforced, &change));
    };
    let (title, wait, next) = match most {
        GtidMode::On => (
            "apply transactions without a GTID as well",
            GtidWait::Nothing,
            GtidMode::OnPermissive,
        ),
        GtidMode::OnPermissive => (
            "give new transactions no GTID",
            GtidWait::Nothing,
            GtidMode::OffPermissive,
        ),
        GtidMode::OffPermissive | GtidMode::Off => (
            "refuse transactions with a GTID",
            GtidWait::Settled,
            GtidMode::Off,
        ),
    };
    Some(stage(
        servers,
        title,
        wait,
        |state| state.mode == Some(most),
        &GtidChange::Mode(next),
    ))
}

/// The places of those servers for which this holds, replicas before their sources.
fn deepest_first(servers: &[GtidServer], which: impl Fn(&GtidState) -> bool) -> Vec<usize> {
    let mut chosen: Vec<usize> = (0..servers.len())
        .filter(|&index| which(&servers[index].state))
        .collect();
    chosen.sort_by_key(|&index| std::cmp::Reverse(servers[index].depth));
    chosen
}

/// The same change on every server that is changed online and for which this holds.
fn stage(
    servers: &[GtidServer],
    title: &'static str,
    wait: GtidWait,
    which: impl Fn(&GtidState) -> bool,
    change: &GtidChange,
) -> GtidStage {
    let those = deepest_first(servers, |state| state.way == GtidWay::Online && which(state));
    GtidStage {
        title,
        wait,
        changes: those.into_iter().map(|index| (index, change.clone())).collect(),
    }
}

/// Channels that keep their place in another way, or that were stopped for the change and not started again.
fn keep_place(servers: &[GtidServer], by_gtid: bool, title: &'static str) -> Option<GtidStage> {
    let turns = |state: &GtidState| matches!(state.way, GtidWay::Online | GtidWay::Always);
    let mut changes = Vec::new();
    for index in deepest_first(servers, turns) {
        for channel in &servers[index].state.channels {
            if channel.by_gtid != by_gtid || !channel.running {
                let channel = channel.name.clone();
                changes.push((index, GtidChange::Place { channel, by_gtid }));
            }
        }
    }
    (!changes.is_empty()).then_some(GtidStage {
        title,
        wait: GtidWait::Nothing,
        changes,
    })
}

/// What keeps the estate from being changed, each with its server. `unreached` are names of servers that could not be asked.
#[must_use]
pub fn refusals(
    goal: GtidGoal,
    servers: &[GtidServer],
    obstacles: &[(String, GtidObstacle)],
    unreached: &[String],
) -> Vec<(String, String)> {
    let mut refusals: Vec<(String, String)> = unreached
        .iter()
        .map(|name| {
            (
                name.clone(),
                "it could not be asked, and every server must be changed".to_owned(),
            )
        })
        .collect();
    let way = |way: GtidWay| match way {
        GtidWay::Online | GtidWay::Always => None,
        GtidWay::Restart => {
            Some("its gtid_mode changes only with a restart, of all servers at once: see the written runbook")
        }
        GtidWay::ParameterGroup => Some(
            "gtid-mode and enforce_gtid_consistency are parameters of its parameter group: set them there",
        ),
        GtidWay::LogPosition => {
            Some("PostgreSQL has no GTIDs and needs none: every reader's place in its log is one position")
        }
        GtidWay::None => Some("its version has no GTIDs: upgrade it first"),
    };
    for server in servers {
        let state = &server.state;
        let mut refuse = |why: String| refusals.push((server.address.clone(), why));
        if let Some(why) = way(state.way) {
            refuse(why.to_owned());
            continue;
        }
        let begun = state.way == GtidWay::Online && state.mode == Some(GtidMode::On);
        for channel in state.channels.iter().filter(|channel| !channel.running) {
            if goal == GtidGoal::On && !begun {
                refuse(format!(
                    "its replication from {} does not run: mend or start it first",
                    channel.source
                ));
            }
        }
        let followed = servers.iter().any(|other| {
            other
                .state
                .channels
                .iter()
                .any(|channel| channel.source == server.address)
        });
        if followed && !state.channels.is_empty() && !state.logs_applied {
            refuse("it is followed and does not log what it applies: set log_slave_updates (log_replica_updates) and restart it".to_owned());
        }
    }
    let mut ways: Vec<GtidWay> = servers.iter().map(|server| server.state.way).collect();
    ways.dedup();
    if ways.len() > 1 && ways.contains(&GtidWay::Always) {
        refusals.push((
            "the estate".to_owned(),
            "it mixes MariaDB with MySQL, whose GTIDs are not the same".to_owned(),
        ));
    }
    if goal == GtidGoal::On {
        let blocking = obstacles.iter().filter(|(_, obstacle)| obstacle.blocks);
        refusals.extend(blocking.map(|(server, obstacle)| {
            (
                server.clone(),
                format!("{}: {}", obstacle.object, obstacle.evidence),
            )
        }));
    }
    refusals
}

/// A change in words.
pub(super) fn words(change: &GtidChange) -> String {
    match change {
        GtidChange::Consistency(consistency) => format!("enforce_gtid_consistency = {consistency}"),
        GtidChange::Mode(mode) => format!("gtid_mode = {mode}"),
        GtidChange::Place { channel, by_gtid } => {
            let channel = if channel.is_empty() {
                String::new()
            } else {
                format!(" of channel '{channel}'")
            };
            format!(
                "replication{channel} by {}",
                if *by_gtid { "GTID" } else { "file and offset" }
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use daybreak_engine::{GtidChange, GtidChannel, GtidConsistency, GtidMode, GtidState, GtidWay};

    use super::{GtidGoal, GtidServer, GtidWait, apply, next, refusals, stages};

    fn server(port: u16, depth: usize, source: Option<u16>) -> GtidServer {
        let channels = source.map(|source| GtidChannel {
            name: String::new(),
            source: format!("10.0.0.1:{source}"),
            by_gtid: false,
            running: true,
            applied: ("binlog.000001".to_owned(), 4),
        });
        GtidServer {
            address: format!("10.0.0.1:{port}"),
            depth,
            state: GtidState {
                way: GtidWay::Online,
                mode: Some(GtidMode::Off),
                consistency: Some(GtidConsistency::Off),
                logs: true,
                logs_applied: true,
                persists: true,
                anonymous: 0,
                violating: 0,
                owned: false,
                log_end: None,
                channels: channels.into_iter().collect(),
            },
        }
    }

    fn estate() -> Vec<GtidServer> {
        vec![server(1, 0, None), server(2, 1, Some(1)), server(3, 2, Some(2))]
    }

    /// No two servers may ever be more than one mode apart: replication between them would stop.
    fn one_mode_apart(servers: &[GtidServer]) -> bool {
        let modes = || servers.iter().filter_map(|server| server.state.mode);
        let (least, most) = (modes().min(), modes().max());
        least
            .zip(most)
            .is_some_and(|(least, most)| most as u8 - least as u8 <= 1)
    }

    #[test]
    fn on_and_off_take_every_mode_in_turn_and_replicas_first() {
        let mut servers = estate();
        for (goal, waits) in [
            (
                GtidGoal::On,
                [GtidWait::Violations, GtidWait::Settled, GtidWait::Applied].as_slice(),
            ),
            (GtidGoal::Off, &[GtidWait::Settled]),
        ] {
            let all = stages(goal, &servers);
            let waited: Vec<GtidWait> = all
                .iter()
                .map(|stage| stage.wait)
                .filter(|wait| *wait != GtidWait::Nothing)
                .collect();
            assert_eq!(waited, waits);
            for stage in all {
                let order: Vec<usize> = stage
                    .changes
                    .iter()
                    .map(|(index, _)| servers[*index].depth)
                    .collect();
                assert!(order.is_sorted_by(|one, next| one >= next), "{stage:?}");
                for (index, change) in &stage.changes {
                    apply(&mut servers[*index].state, change);
                    assert!(one_mode_apart(&servers), "{change:?}");
                    // Whoever is killed here finds the way on from here.
                    let left = stages(goal, &servers);
                    assert!(left.len() <= 6, "{left:?}");
                }
            }
            assert_eq!(next(goal, &servers), None);
            let wanted = if goal == GtidGoal::On {
                GtidMode::On
            } else {
                GtidMode::Off
            };
            assert!(servers.iter().all(|server| server.state.mode == Some(wanted)));
        }
    }

    #[test]
    fn a_replica_stopped_for_the_change_is_started_again() {
        let mut servers = estate();
        for server in &mut servers {
            (server.state.mode, server.state.consistency) = (Some(GtidMode::On), Some(GtidConsistency::On));
            for channel in &mut server.state.channels {
                channel.by_gtid = true;
            }
        }
        assert_eq!(next(GtidGoal::On, &servers), None);
        servers[1].state.channels[0].running = false;
        let stage = next(GtidGoal::On, &servers).expect("it is not done");
        let place = GtidChange::Place {
            channel: String::new(),
            by_gtid: true,
        };
        assert_eq!(stage.changes, [(1, place)]);
        assert!(refusals(GtidGoal::On, &servers, &[], &[]).is_empty());
    }

    #[test]
    fn what_cannot_be_changed_is_said_with_its_server() {
        let mut servers = estate();
        servers[1].state.channels[0].running = false;
        servers[1].state.logs_applied = false;
        servers[2].state.way = GtidWay::Restart;
        let said = refusals(GtidGoal::On, &servers, &[], &["10.0.0.1:9".to_owned()]);
        let of: Vec<&str> = said.iter().map(|(server, _)| server.as_str()).collect();
        assert_eq!(
            of,
            ["10.0.0.1:9", "10.0.0.1:2", "10.0.0.1:2", "10.0.0.1:3"],
            "{said:?}"
        );
    }
}
