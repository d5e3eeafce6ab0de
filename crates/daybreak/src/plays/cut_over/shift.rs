use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};
use daybreak_traffic::{Flow, SwitchError};

use super::Play;
use crate::plays::failure::{OrFail, evidence};

/// Moves traffic to the new writer and releases it. Clients may write there from now on: the point of no return.
pub(super) struct Shift(pub(super) Play);

#[async_trait]
impl Step for Shift {
    fn plan(&self) -> StepPlan {
        let play = &self.0;
        StepPlan {
            servers: vec!["the gate".to_owned()],
            statements: vec![format!("point at {} and release", play.new_name())],
            undo: Undo::Irreversible(
                "clients may have written to the new writer: fail back instead".to_owned(),
            ),
            deadline: Duration::from_secs(60),
            blast_radius: "applications write to the new writer".to_owned(),
            point_of_no_return: true,
            ..StepPlan::new(&play.id("shift"), "F9 F12 F13", "move traffic, end downtime")
        }
    }

    /// The gate's deadline sends applications to the side that it finds open.
    fn happens_alone(&self) -> bool {
        self.0.world.gate.is_some()
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        let Play { world, direction } = &self.0;
        let Some(gate) = &world.gate else {
            return Ok(Probe::NotDone);
        };
        let now = match gate.where_now().await {
            Ok(now) => now,
            // A gate that was ended since may have moved them before.
            Err(SwitchError::Unreachable { .. }) if self.0.was_moved() == Some(true) => {
                return Ok(Probe::Done(Evidence::none().with(
                    "gate",
                    "does not run; applications were on the new writer when it ended",
                )));
            }
            Err(SwitchError::Unreachable { .. }) if self.0.was_moved() == Some(false) => {
                return Ok(Probe::NotDone);
            }
            Err(error) => return Err(error).or_fail(),
        };
        Ok(if now.side == direction.new_side() && now.flow == Flow::Open {
            Probe::Done(evidence(&now))
        } else {
            Probe::NotDone
        })
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        let Some(gate) = &world.gate else {
            return Ok(Evidence::none().with("gate", "none: applications are moved by other means"));
        };
        // After a crash the hold may be over and the gate may have found the way by itself.
        let now = gate.where_now().await.or_fail()?;
        if now.side == direction.new_side() && now.flow == Flow::Open {
            return Ok(evidence(&now));
        }
        if now.flow == Flow::Open {
            return Err(
                StepError::new(format!("traffic goes to the {} again", now.side)).with_hint(
                    "the gate's deadline ended the hold; look at the gate, then run the same command again",
                ),
            );
        }
        gate.point(direction.new_side()).await.or_fail()?;
        let released = gate.release().await.or_fail()?;
        world.pause.end();
        Ok(evidence(&released))
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        let Play { world, direction } = &self.0;
        let Some(gate) = &world.gate else {
            return Ok(Verdict::Holds(Evidence::none()));
        };
        let now = gate.where_now().await.or_fail()?;
        Ok(if now.side == direction.new_side() {
            Verdict::Holds(evidence(&now))
        } else {
            Verdict::DoesNotHold {
                why: format!("traffic goes to the {}", now.side),
                evidence: evidence(&now),
            }
        })
    }
}
