//! What taking a cut-over back needs when a server is away: the way back to the old writer never waits for the new one.

use std::time::Duration;

use daybreak_engine::EngineError;
use daybreak_runbook::StepError;
use daybreak_traffic::{SwitchError, remembered_side};

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
                Ok(_) => {}
                // A gate that is gone lets nobody through, and asks the servers when it is started again. Whom it let through before,
                // it has left word of.
                Err(SwitchError::Unreachable { .. }) => self.see_nobody_was_moved().await?,
                Err(SwitchError::Refused(refusal)) => return Err(self.may_be_moved(&refusal.to_string())),
            }
        }
        let new = direction.new_writer(world);
        let closing = async {
            if new.write_state().await?.may_be_written() {
                // Nothing comes before the fence: over a long way each question costs. What it needs stands since it was fenced last.
                new.fence(&world.settings.scope).await?;
            }
            Ok(())
        };
        if answered(closing).await.or_fail()?.is_none() {
            return Ok(Closed::Away);
        }
        // Applications wait: what a restart would keep is secondary, and the next cut-over sets it again.
        answered(new.stay_fenced_after_restart()).await.or_fail()?;
        Ok(Closed::Fenced)
    }

    /// Whether a gate that does not run had sent applications to the new writer before.
    pub(super) fn was_moved(&self) -> Option<bool> {
        let file = self.world.settings.gate_side();
        let side = remembered_side(&file).ok().flatten()?;
        Some(side == self.direction.new_side())
    }

    async fn see_nobody_was_moved(&self) -> Result<(), StepError> {
        match self.was_moved() {
            Some(false) => Ok(()),
            Some(true) => Err(self.may_be_moved("the gate does not run, and sent them there last")),
            // Never started, or its file is gone.
            None => {
                let new = self.direction.new_writer(&self.world);
                match answered(new.write_state()).await.or_fail()? {
                    Some(state) if state.may_be_written() => {
                        Err(self
                            .may_be_moved("the gate does not run, and left no word of where it sent them"))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    fn may_be_moved(&self, why: &str) -> StepError {
        StepError::new(format!("applications may be on {} already: {why}", self.new_name())).with_hint(
            "leave both sides as they are: the new writer may hold the last writes. Start the gate (`daybreak gate`), see where it points \
             (`daybreak status`), then run the same command again",
        )
    }
}
