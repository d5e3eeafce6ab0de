use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::WriteState;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use crate::plays::World;
use crate::plays::failure::{OrFail, evidence};

/// Closes the target to applications until the cut-over, so that only one side is ever written (D4).
pub(super) struct TargetHold(pub(super) Arc<World>);

#[async_trait]
impl Step for TargetHold {
    fn plan(&self) -> StepPlan {
        let world = &self.0;
        let target = &world.target;
        let mut statements = Vec::new();
        if world.settings.native && world.settings.way_back {
            let prepared = world.backward.prepare_statements();
            statements.extend(prepared.into_iter().map(|(_, statement)| statement.text));
        }
        statements.extend(target.prepare_fence_statements());
        statements.extend(target.fence_statements());
        StepPlan {
            servers: vec![target.endpoint().to_string()],
            statements,
            undo: Undo::By(target.open_statements()),
            blast_radius: "whoever writes to the target already".to_owned(),
            deadline: Duration::from_secs(60),
            ..StepPlan::new("target.hold", "D4", "hold the target read-only")
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(match self.0.target.write_state().await.or_fail()? {
            WriteState::Fenced => {
                Probe::Partly("it refuses writes; the proof is still to be made".to_owned())
            }
            WriteState::Writable => Probe::NotDone,
            WriteState::Partly(which) => Probe::Partly(which),
        })
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let world = &self.0;
        if world.settings.native && world.settings.way_back {
            // The last moment at which a server of the company's own takes an account.
            world.backward.prepare(&world.settings.scope).await.or_fail()?;
        }
        world.close(&world.target).await.or_fail()?;
        Ok(Evidence::none())
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        let world = &self.0;
        // A process that was started anew has to make the proving account ready again.
        world
            .target
            .prepare_fence(&world.settings.scope)
            .await
            .or_fail()?;
        let proof = world.target.prove_fence().await.or_fail()?;
        Ok(Verdict::Holds(evidence(&proof)))
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let world = &self.0;
        world.target.open(&world.settings.scope).await.or_fail()?;
        Ok(Evidence::none())
    }
}
