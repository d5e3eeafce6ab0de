//! Which side may be written, asked of the servers themselves and held against the journal.

use std::sync::Arc;
use std::time::Duration;

use daybreak_engine::Database;
use daybreak_model::WriteState;
use serde::Serialize;

use crate::conduct::{Leader, Stage};
use crate::exit::Exit;
use crate::plays::World;

/// How long both servers may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the servers say, and what that means.
#[derive(Debug, Serialize)]
pub(super) struct Sides {
    source: Side,
    target: Side,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
}

/// One server.
#[derive(Debug, Serialize)]
struct Side {
    address: String,
    /// Absent when the server did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<WriteState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    AsItShouldBe,
    Wrong,
    CouldNotTell,
}

/// What both servers said at about the same moment.
pub(super) struct Answers {
    source: Side,
    target: Side,
}

impl Answers {
    pub(super) async fn ask(world: &World) -> Self {
        let (source, target) = tokio::join!(Side::ask(&world.source), Side::ask(&world.target));
        Self { source, target }
    }
}

impl Sides {
    /// `moving` is whether a conductor was at work while they were asked; `by_hand` whether the plan leaves the move to a person.
    pub(super) fn judged(
        Answers { source, target }: Answers,
        stage: &Stage,
        moving: bool,
        by_hand: bool,
    ) -> Self {
        let (leads, follows) = match stage.leader {
            Leader::Source => (source.open(), target.open()),
            Leader::Target => (target.open(), source.open()),
        };
        let closed_by_now = stage.migrated || stage.leader == Leader::Target;
        let (verdict, why) = match (leads, follows) {
            (Some(false), Some(open)) if by_hand && !moving => moved_by_hand(open),
            _ => judge(leads, follows, closed_by_now, moving),
        };
        Self {
            source,
            target,
            verdict,
            why,
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.source.words(), self.target.words()];
        lines.extend(self.why.map(|why| format!("{}: {why}", self.verdict.words())));
        lines
    }

    pub(super) fn exit(&self) -> Exit {
        match self.verdict {
            Verdict::AsItShouldBe => Exit::Done,
            Verdict::Wrong => Exit::Different,
            Verdict::CouldNotTell => Exit::CouldNotTell,
        }
    }
}

impl Side {
    async fn ask(server: &Arc<dyn Database>) -> Self {
        let (state, error) = match tokio::time::timeout(PATIENCE, server.write_state()).await {
            Ok(Ok(state)) => (Some(state), None),
            Ok(Err(error)) => (None, Some(error.in_words())),
            Err(_) => (None, Some(format!("no answer within {} s", PATIENCE.as_secs()))),
        };
        Self {
            address: server.endpoint().to_string(),
            state,
            error,
        }
    }

    fn open(&self) -> Option<bool> {
        self.state.as_ref().map(WriteState::may_be_written)
    }

    fn words(&self) -> String {
        let said = match (&self.state, &self.error) {
            (Some(WriteState::Writable), _) => "may be written".to_owned(),
            (Some(WriteState::Fenced), _) => "refuses writes".to_owned(),
            (Some(WriteState::Partly(words)), _) => format!("may be written in part: {words}"),
            (None, error) => error.clone().unwrap_or_default(),
        };
        format!("{}: {said}", self.address)
    }
}

impl Verdict {
    const fn words(self) -> &'static str {
        match self {
            Self::AsItShouldBe => "as it should be",
            Self::Wrong => "wrong",
            Self::CouldNotTell => "could not tell",
        }
    }
}

/// Without replication the source is closed before it is loaded, and a person opens the target.
fn moved_by_hand(target_open: bool) -> (Verdict, Option<&'static str>) {
    let why = if target_open {
        "the source stands still, and the target was opened by hand"
    } else {
        "both sides stand still until the target is opened by hand: `daybreak run` says how"
    };
    (Verdict::AsItShouldBe, Some(why))
}

/// From whether the side that leads by the journal may be written, and the other, and whether the other has to be closed by now:
/// before a migration has loaded a target nobody has fenced it.
fn judge(
    leads: Option<bool>,
    follows: Option<bool>,
    closed_by_now: bool,
    moving: bool,
) -> (Verdict, Option<&'static str>) {
    match (leads, follows) {
        (Some(true), Some(false)) => (Verdict::AsItShouldBe, None),
        (Some(true), Some(true)) if !closed_by_now => (Verdict::AsItShouldBe, None),
        _ if moving => (
            Verdict::CouldNotTell,
            Some("a conductor is at work, and writes may be moving just now: ask again when it has ended"),
        ),
        (Some(true), Some(true)) => (
            Verdict::Wrong,
            Some(
                "the side that follows may be written as well. Nothing of ours opens it: it came up so after a restart, or somebody \
                 opened it. Set it read-only, find who wrote there, and run `daybreak data-check` before anything else",
            ),
        ),
        (Some(false), Some(true)) if !closed_by_now => (
            Verdict::Wrong,
            Some(
                "the source refuses writes, and nothing has moved to the target: somebody closed it. Find out why, and open it before \
                 anything is migrated",
            ),
        ),
        (Some(false), Some(true)) => (
            Verdict::Wrong,
            Some(
                "writes have moved, and the journal does not say so yet: its conductor ended on the way. Start the same command again, \
                 and it goes on",
            ),
        ),
        (Some(false), Some(false)) => (
            Verdict::Wrong,
            Some(
                "neither side may be written: a conductor ended within its pause, or somebody closed the side that leads. Start the same \
                 command again, and it goes on or takes its steps back",
            ),
        ),
        (None, Some(true)) if closed_by_now => (
            Verdict::Wrong,
            Some(
                "the side that follows may be written, and the side that leads did not say: writes moved while nobody conducted, and the \
                 same command goes on, or somebody opened it. Find out before anybody writes to either",
            ),
        ),
        (Some(true), None) if !closed_by_now => (Verdict::AsItShouldBe, None),
        (None, _) | (_, None) => (Verdict::CouldNotTell, Some("a server did not say")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, judge};

    #[test]
    fn one_side_and_the_right_one() {
        let (yes, no) = (Some(true), Some(false));
        for (leads, follows, closed_by_now, moving, wanted) in [
            (yes, no, true, false, Verdict::AsItShouldBe),
            (yes, no, true, true, Verdict::AsItShouldBe),
            (yes, yes, false, false, Verdict::AsItShouldBe),
            (yes, None, false, false, Verdict::AsItShouldBe),
            (yes, yes, true, false, Verdict::Wrong),
            (no, yes, true, false, Verdict::Wrong),
            (no, no, true, false, Verdict::Wrong),
            (no, no, false, false, Verdict::Wrong),
            (no, yes, false, false, Verdict::Wrong),
            (no, no, true, true, Verdict::CouldNotTell),
            (yes, yes, true, true, Verdict::CouldNotTell),
            (None, no, true, false, Verdict::CouldNotTell),
            (None, yes, true, false, Verdict::Wrong),
            (None, yes, true, true, Verdict::CouldNotTell),
            (None, yes, false, false, Verdict::CouldNotTell),
            (yes, None, true, false, Verdict::CouldNotTell),
            (no, None, true, false, Verdict::CouldNotTell),
            (None, None, false, false, Verdict::CouldNotTell),
        ] {
            let (verdict, why) = judge(leads, follows, closed_by_now, moving);
            assert_eq!(verdict, wanted, "{leads:?} {follows:?} {closed_by_now} {moving}");
            assert_eq!(why.is_none(), verdict == Verdict::AsItShouldBe);
        }
    }
}
