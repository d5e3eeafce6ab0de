use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::WriteState;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use super::Play;
use crate::plays::failure::OrFail;

/// Opens the new writer. With a gate nobody gets there yet, so it can still be closed again; without one the first
/// client may write at once, and this is the point of no return.
pub(super) struct Open(pub(super) Play);

#[async_trait]
impl Step for Open {
    fn plan(&self) -> StepPlan {
        let play = &self.0;
        let new = play.direction.new_writer(&play.world);
        StepPlan {
            servers: vec![play.new_name()],
            statements: new.open_statements(),
            undo: Undo::By(new.fence_statements()),
            deadline: Duration::from_secs(30),
            blast_radius: "the new writer accepts writes".to_owned(),
            point_of_no_return: play.world.gate.is_none(),
            ..StepPlan::new(&play.id("open"), "F8", "put the new writer into a writable state")
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        let Play { world, direction } = &self.0;
        Ok(match direction.new_writer(world).write_state().await.or_fail()? {
            WriteState::Writable => Probe::Done(Evidence::none()),
            WriteState::Fenced => Probe::NotDone,
            WriteState::Partly(which) => Probe::Partly(which),
        })
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let world = &self.0.world;
        let raised = world.pause.bound("open the new writer", self.open()).await?;
        Ok(Evidence::none().with("identity_values_raised", raised))
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        let Play { world, direction } = &self.0;
        Ok(match direction.new_writer(world).write_state().await.or_fail()? {
            WriteState::Writable => Verdict::Holds(Evidence::none()),
            WriteState::Fenced => Verdict::DoesNotHold {
                why: "the new writer still refuses writes".to_owned(),
                evidence: Evidence::none(),
            },
            WriteState::Partly(which) => Verdict::DoesNotHold {
                why: which,
                evidence: Evidence::none(),
            },
        })
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let closed = self.0.keep_clients_back().await?;
        Ok(Evidence::none().with("new_writer", closed.words()))
    }
}

impl Open {
    async fn open(&self) -> Result<usize, StepError> {
        let Play { world, direction } = &self.0;
        // Never two writers, whatever happened since the fence.
        let old = direction.old_writer(world);
        if old.write_state().await.or_fail()?.may_be_written() {
            return Err(StepError::new(format!("{} is no longer fenced", old.endpoint()))
                .with_hint("find out who opened it, then run the same command again"));
        }
        let scope = &world.settings.scope;
        let new = direction.new_writer(world);
        // Before it is opened: once it is, clients may come although this process has died.
        let values = old.identity_values(scope).await.or_fail()?;
        let raised = new.raise_identity_values(&values).await.or_fail()?;
        new.open(scope).await.or_fail()?;
        Ok(raised)
    }
}
