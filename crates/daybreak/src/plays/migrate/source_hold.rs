use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::WriteState;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use crate::plays::World;
use crate::plays::failure::{OrFail, evidence};

/// Closes the source to applications before the load, where nothing can carry later writes to the target (F4, F6).
pub(super) struct SourceHold(pub(super) Arc<World>);

#[async_trait]
impl Step for SourceHold {
    fn plan(&self) -> StepPlan {
        let source = &self.0.source;
        StepPlan {
            servers: vec![source.endpoint().to_string()],
            statements: source.fence_statements(),
            undo: Undo::By(source.open_statements()),
            blast_radius: "applications: their writes are refused from here on".to_owned(),
            deadline: Duration::from_secs(60),
            needs_approval: true,
            ..StepPlan::new(
                "source.hold",
                "F6",
                "hold the source read-only: there is no replication",
            )
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(match self.0.source.write_state().await.or_fail()? {
            WriteState::Fenced => {
                Probe::Partly("it refuses writes; the proof is still to be made".to_owned())
            }
            WriteState::Writable => Probe::NotDone,
            WriteState::Partly(which) => Probe::Partly(which),
        })
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let world = &self.0;
        let scope = &world.settings.scope;
        world.source.prepare_fence(scope).await.or_fail()?;
        world.source.fence(scope).await.or_fail()?;
        Ok(Evidence::none())
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        let proof = self.0.source.prove_fence().await.or_fail()?;
        Ok(Verdict::Holds(evidence(&proof)))
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let world = &self.0;
        world.source.open(&world.settings.scope).await.or_fail()?;
        Ok(Evidence::none())
    }
}
