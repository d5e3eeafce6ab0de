use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use super::Play;
use crate::plays::Direction;
use crate::plays::failure::OrFail;

/// Everything that can be made ready before the pause: the way back, and the fence.
pub(super) struct Arm(pub(super) Play);

#[async_trait]
impl Step for Arm {
    fn plan(&self) -> StepPlan {
        let play = &self.0;
        let back = play
            .direction
            .back(&play.world)
            .map(|back| back.statements())
            .unwrap_or_default();
        StepPlan {
            servers: vec![play.old_name(), play.new_name()],
            statements: back
                .into_iter()
                .map(|(server, statement)| format!("{server}: {}", statement.text))
                .collect(),
            undo: Undo::By(vec!["forget the way back".to_owned()]),
            deadline: Duration::from_secs(300),
            ..StepPlan::new(&play.id("arm"), "F8", "arm the way back and the fence")
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        let scope = &world.settings.scope;
        if let Some(back) = direction.back(world) {
            // Account and publication on the source were made before the load; now it is fenced.
            if *direction == Direction::ToTarget {
                back.prepare(scope).await.or_fail()?;
            }
            back.arm().await.or_fail()?;
        }
        direction.old_writer(world).prepare_fence(scope).await.or_fail()?;
        Ok(Evidence::none())
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        Ok(Verdict::Holds(Evidence::none()))
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        if let Some(back) = direction.back(world) {
            back.stop().await.or_fail()?;
            back.remove().await.or_fail()?;
        }
        Ok(Evidence::none())
    }
}
