use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use super::Play;
use crate::plays::failure::OrFail;

/// Turns replication round while neither side is written: what the new writer will write flows back to the old one.
pub(super) struct Turn(pub(super) Play);

#[async_trait]
impl Step for Turn {
    fn plan(&self) -> StepPlan {
        let play = &self.0;
        StepPlan {
            servers: vec![play.new_name(), play.old_name()],
            statements: vec![format!(
                "replicate from {} to {} from now on",
                play.new_name(),
                play.old_name()
            )],
            undo: Undo::By(vec![format!(
                "replicate from {} to {} again",
                play.old_name(),
                play.new_name()
            )]),
            deadline: Duration::from_secs(30),
            blast_radius: "applications wait".to_owned(),
            ..StepPlan::new(&play.id("turn"), "F8", "replicate back to the old writer")
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::Partly("replication may run either way".to_owned()))
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        direction.link(world).disengage().await.or_fail()?;
        if let Some(back) = direction.back(world) {
            back.engage().await.or_fail()?;
        }
        Ok(Evidence::none())
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        // `engage` has made sure that the way back runs; the confirmation after the pause looks at it with a change in flight.
        Ok(Verdict::Holds(Evidence::none()))
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        if let Some(back) = direction.back(world) {
            back.disengage().await.or_fail()?;
        }
        direction.link(world).engage().await.or_fail()?;
        Ok(Evidence::none())
    }
}
