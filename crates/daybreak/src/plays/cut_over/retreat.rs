//! What taking a cut-over back needs when a server is away: the way back to the old writer never waits for the new one.

use std::time::Duration;

use daybreak_engine::EngineError;
use daybreak_runbook::StepError;
use daybreak_traffic::SwitchError;

use super::Play;
use crate::plays::failure::OrFail;

/// How long a server that may be away is waited for while applications wait.
const ANSWER: Duration = Duration::from_secs(1);

/// How the new writer was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// It refuses writes.
    Fenced,
    /// It does not answer. No client was sent there, and none will be.
    Away,
}

impl Closed {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Fenced => "fenced",
            Self::Away => "does not answer; no client was sent there; the next cut-over fences it first",
        }
    }
}

/// Bounds what is asked of a server that may be away. `None`: it is away.
pub(super) async fn answered<T>(
    asked: impl Future<Output = Result<T, EngineError>>,
) -> Result<Option<T>, EngineError> {
    match tokio::time::timeout(ANSWER, asked).await {
        Ok(Ok(value)) => Ok(Some(value)),
        Ok(Err(error)) if error.is_transient() => Ok(None),
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

impl Play {
    /// Makes sure, before the old writer is opened again, that no client is and none will be on the new one: the gate is
    /// told to stay, and the new writer is closed as far as it can be reached. Without a gate nobody was moved: opening the
    /// new writer is the point of no return there.
    pub(super) async fn keep_clients_back(&self) -> Result<Closed, StepError> {
        let Self { world, direction } = self;
        if let Some(gate) = &world.gate {
            match gate.point(direction.new_side().other()).await {
                // A gate that is gone lets nobody through, and asks the servers when it is started again.
                Ok(_) | Err(SwitchError::Unreachable { .. }) => {}
                Err(SwitchError::Refused(refusal)) => {
                    return Err(StepError::new(format!(
                        "applications may be on {} already: {refusal}",
                        self.new_name()
                    ))
                    .with_hint(
                        "leave both sides as they are: the new writer holds the last writes; see where the gate points (`daybreak status`)",
                    ));
                }
            }
        }
        let new = direction.new_writer(world);
        let closing = async {
            if new.write_state().await?.may_be_written() {
                world.close(new).await?;
            }
            Ok(())
        };
        Ok(match answered(closing).await.or_fail()? {
            Some(()) => Closed::Fenced,
            None => Closed::Away,
        })
    }
}
