//! What is waited for between two stages.

use std::time::Duration;

use daybreak_engine::EngineError;

use super::decide::GtidGoal;
use super::{GtidError, GtidMember, known};
use crate::{Observe, Topology, WorkEvent};

/// How often servers are asked again.
const AGAIN: Duration = Duration::from_millis(200);

/// No statement violates the consistency for so long, and none that does is left.
pub(super) async fn watch(
    members: &[GtidMember],
    watch: Duration,
    observer: &dyn Observe,
) -> Result<(), GtidError> {
    waiting(
        observer,
        format!(
            "watching for {} s whether statements violate the consistency of GTIDs",
            watch.as_secs()
        ),
    );
    tokio::time::sleep(watch).await;
    loop {
        for member in members {
            let now = member.database.gtid_violations().await?.unwrap_or(0);
            if now > member.violations {
                return Err(GtidError::Violated {
                    server: member.server.address.clone(),
                    times: now - member.violations,
                });
            }
        }
        let mut left = 0;
        for member in members {
            left += member.database.gtid_state().await?.violating;
        }
        if left == 0 {
            return Ok(());
        }
        waiting(
            observer,
            format!("{left} transaction(s) that violate the consistency have not ended"),
        );
        tokio::time::sleep(AGAIN).await;
    }
}

/// Every transaction of the other kind has ended, and is applied wherever it goes.
///
/// New ones begin nowhere: all servers are at the mode that gives them the new kind.
pub(super) async fn settled(
    goal: GtidGoal,
    members: &[GtidMember],
    topology: &Topology,
    observer: &dyn Observe,
) -> Result<(), EngineError> {
    // From the primary down, so that what a server has applied is in its own log before that is looked at.
    let mut downward: Vec<&GtidMember> = members.iter().collect();
    downward.sort_by_key(|member| member.server.depth);
    for member in downward {
        let end = loop {
            let state = known(&member.database, topology).await?;
            let left = match goal {
                GtidGoal::On => state.anonymous > 0,
                GtidGoal::Off => state.owned,
            };
            if !left {
                break state.log_end;
            }
            let kind = if goal == GtidGoal::On { "without" } else { "with" };
            waiting(
                observer,
                format!(
                    "{}: transactions {kind} a GTID have not ended",
                    member.server.address
                ),
            );
            tokio::time::sleep(AGAIN).await;
        };
        let Some(end) = end else { continue };
        for follower in members {
            applied(follower, &member.server.address, &end, topology, observer).await?;
        }
    }
    Ok(())
}

/// Replicas have applied what their sources have logged until now. One that does not run is not waited for: it was stopped to be changed.
pub(super) async fn all_applied(
    members: &[GtidMember],
    topology: &Topology,
    observer: &dyn Observe,
) -> Result<(), EngineError> {
    for source in members {
        let Some(end) = known(&source.database, topology).await?.log_end else {
            continue;
        };
        let address = &source.server.address;
        for follower in members {
            let channels = follower.server.state.channels.iter();
            if channels
                .clone()
                .any(|channel| channel.source == *address && channel.running)
            {
                applied(follower, address, &end, topology, observer).await?;
            }
        }
    }
    Ok(())
}

/// Waits until a server has applied its source's log up to there, if it follows that source.
async fn applied(
    follower: &GtidMember,
    source: &str,
    end: &(String, u64),
    topology: &Topology,
    observer: &dyn Observe,
) -> Result<(), EngineError> {
    loop {
        let state = known(&follower.database, topology).await?;
        let behind = state
            .channels
            .iter()
            .find(|channel| channel.source == source && !has_reached(&channel.applied, end));
        let Some(channel) = behind else { return Ok(()) };
        waiting(
            observer,
            format!(
                "{} has applied {source} up to {}:{}, and is to come to {}:{}",
                follower.server.address, channel.applied.0, channel.applied.1, end.0, end.1
            ),
        );
        tokio::time::sleep(AGAIN).await;
    }
}

/// Whether one place in a server's log is not before another: files are numbered, and the number grows by a digit in the end.
fn has_reached(place: &(String, u64), end: &(String, u64)) -> bool {
    (place.0.len(), place.0.as_str(), place.1) >= (end.0.len(), end.0.as_str(), end.1)
}

fn waiting(observer: &dyn Observe, why: String) {
    observer.event(WorkEvent::Waiting { why });
}

#[cfg(test)]
mod tests {
    use super::has_reached;

    #[test]
    fn files_come_before_offsets_and_by_number() {
        let at = |file: &str, offset| (format!("binlog.{file}"), offset);
        assert!(has_reached(&at("000002", 4), &at("000001", 900)));
        assert!(has_reached(&at("1000000", 4), &at("999999", 900)));
        assert!(!has_reached(&at("000001", 899), &at("000001", 900)));
        assert!(has_reached(&at("000001", 900), &at("000001", 900)));
    }
}
