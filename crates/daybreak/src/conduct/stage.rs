use daybreak_runbook::{History, Run, RunStatus};

use crate::plays::Direction;

/// Which side leads: holds the writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Leader {
    /// The datacenter.
    Source,
    /// Aurora.
    Target,
}

/// Where a migration stands, from its journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stage {
    /// The play that is not over.
    pub(crate) open: Option<String>,
    /// Whether both sides were brought to hold the same.
    pub(crate) migrated: bool,
    /// Who was given the writes last.
    pub(crate) leader: Leader,
}

impl Stage {
    pub(crate) fn of(history: &History) -> Self {
        let newest = |play: &str, counts: fn(&Run) -> bool| {
            let mut runs = history.runs().iter().rev();
            runs.find(|run| run.play == play && counts(run)).map(|run| run.id)
        };
        let completed = |run: &Run| run.status.run == RunStatus::Completed;
        // From the point of no return on there is only forward, whether or not the run has come to its end.
        let moved = |run: &Run| run.status.run == RunStatus::Completed || run.status.crossed.is_some();
        let (out, home) = (
            newest(Direction::ToTarget.play(), moved),
            newest(Direction::ToSource.play(), moved),
        );
        Self {
            open: history.open().map(|run| run.play.clone()),
            migrated: newest("migrate", completed).is_some(),
            leader: if out > home {
                Leader::Target
            } else {
                Leader::Source
            },
        }
    }
}
