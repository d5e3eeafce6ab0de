use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use super::Play;
use super::retreat::answered;
use crate::plays::failure::{OrFail, evidence};

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
        let turn = async {
            direction.link(world).disengage().await.or_fail()?;
            match direction.back(world) {
                Some(back) => back.engage().await.or_fail(),
                None => Ok(()),
            }
        };
        world.pause.bound("turn replication round", turn).await?;
        Ok(Evidence::none())
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        let Play { world, direction } = &self.0;
        let Some(back) = direction.back(world) else {
            return Ok(Verdict::Holds(
                Evidence::none().with("way_back", "none, as planned"),
            ));
        };
        // Looked at again, with a change in flight, once applications write.
        let look = async { back.status().await.or_fail() };
        let status = world.pause.bound("look at the way back", look).await?;
        Ok(match &status.fault {
            None if status.configured => Verdict::Holds(evidence(&status)),
            None => Verdict::DoesNotHold {
                why: "the way back is not set up".to_owned(),
                evidence: evidence(&status),
            },
            Some(fault) => Verdict::DoesNotHold {
                why: format!("the way back has stopped: {}", fault.message),
                evidence: evidence(&status),
            },
        })
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        if let Some(back) = direction.back(world)
            && answered(back.disengage()).await.or_fail()?.is_none()
        {
            // What the new writer sends cannot be stopped there, so it is not taken here any more; arming begins anew.
            back.stop().await.or_fail()?;
        }
        direction.link(world).reengage().await.or_fail()?;
        Ok(Evidence::none())
    }
}
