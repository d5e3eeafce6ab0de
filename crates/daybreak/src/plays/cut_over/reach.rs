use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};
use daybreak_work::{CheckReport, Verdict as CheckVerdict};

use super::Play;
use crate::plays::failure::{OrFail, evidence};

/// Waits until the new writer has everything up to the fence, and compares every row that changed lately.
pub(super) struct Reach(pub(super) Play);

#[async_trait]
impl Step for Reach {
    fn plan(&self) -> StepPlan {
        let play = &self.0;
        StepPlan {
            servers: vec![play.old_name(), play.new_name()],
            statements: vec![
                format!("{}: read the position of the fence", play.old_name()),
                format!(
                    "{}: wait until it is applied; compare the rows that changed lately",
                    play.new_name()
                ),
            ],
            undo: Undo::Nothing,
            deadline: play.world.settings.cut_over.catch_up * 2 + Duration::from_secs(5),
            blast_radius: "applications wait".to_owned(),
            ..StepPlan::new(
                &play.id("reach"),
                "F7",
                "reach the fence's position, compare what changed last",
            )
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        let patience = world.settings.cut_over.catch_up;
        let wait = async {
            let position = direction.old_writer(world).position().await.or_fail()?;
            let link = direction.link(world);
            link.wait_for(&position, patience).await.or_fail()?;
            Ok(position)
        };
        let position = world.pause.bound("reach the fence's position", wait).await?;
        Ok(Evidence::none().with("position", position.to_string()))
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        let compare = self.compare();
        let report = self
            .0
            .world
            .pause
            .bound("compare what changed last", compare)
            .await?;
        Ok(if report.verdict == CheckVerdict::Same {
            Verdict::Holds(evidence(&report))
        } else {
            Verdict::DoesNotHold {
                why: format!("the sides differ at the fence: {}", report.troubles().join(" · ")),
                evidence: evidence(&report),
            }
        })
    }
}

impl Reach {
    async fn compare(&self) -> Result<CheckReport, StepError> {
        let Play { world, direction } = &self.0;
        let patience = world.settings.cut_over.catch_up;
        // Nothing is written any more, so that is where the fence stands.
        let position = direction.old_writer(world).position().await.or_fail()?;
        let mut delta = world.delta.lock().await;
        let Some(delta) = delta.as_mut() else {
            return Err(
                StepError::new("the changes of the last moments were not followed")
                    .with_hint("run the same command again: it follows them from before the pause"),
            );
        };
        delta.finish(&position, patience).await.or_fail()
    }
}
