use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::WriteState;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use super::Play;
use crate::plays::failure::{OrFail, evidence};

/// Fences the old writer on every path, and proves it by a write that is refused.
pub(super) struct Fence(pub(super) Play);

#[async_trait]
impl Step for Fence {
    fn plan(&self) -> StepPlan {
        let play = &self.0;
        let old = play.direction.old_writer(&play.world);
        StepPlan {
            servers: vec![play.old_name()],
            statements: old.fence_statements(),
            undo: Undo::By(old.open_statements()),
            deadline: Duration::from_secs(30),
            blast_radius: "no application can write".to_owned(),
            ..StepPlan::new(
                &play.id("fence"),
                "F6",
                "put the old writer in read-only, and prove it",
            )
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        let Play { world, direction } = &self.0;
        Ok(match direction.old_writer(world).write_state().await.or_fail()? {
            WriteState::Writable => Probe::NotDone,
            WriteState::Fenced => Probe::Partly("it is fenced; the proof is still to be made".to_owned()),
            WriteState::Partly(which) => Probe::Partly(which),
        })
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        let old = direction.old_writer(world);
        let fence = async { old.fence(&world.settings.scope).await.or_fail() };
        world.pause.bound("fence the old writer", fence).await?;
        Ok(Evidence::none())
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        let Play { world, direction } = &self.0;
        let prove = async { direction.old_writer(world).prove_fence().await.or_fail() };
        let proof = world.pause.bound("prove the fence", prove).await?;
        Ok(Verdict::Holds(evidence(&proof)))
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        // Never two writers: the old one is opened only while no client can be on the new one.
        let closed = self.0.keep_clients_back().await?;
        direction
            .old_writer(world)
            .open(&world.settings.scope)
            .await
            .or_fail()?;
        Ok(Evidence::none().with("new_writer", closed.words()))
    }
}
