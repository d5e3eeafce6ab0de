use daybreak_runbook::{History, RunStatus};

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
        let completed = |play: &str| {
            history
                .runs()
                .iter()
                .rev()
                .find(|run| run.play == play && run.status.run == RunStatus::Completed)
                .map(|run| run.id)
        };
        let (out, home) = (
            completed(Direction::ToTarget.play()),
            completed(Direction::ToSource.play()),
        );
        Self {
            open: history.open().map(|run| run.play.clone()),
            migrated: completed("migrate").is_some(),
            leader: if out > home {
                Leader::Target
            } else {
                Leader::Source
            },
        }
    }
}
