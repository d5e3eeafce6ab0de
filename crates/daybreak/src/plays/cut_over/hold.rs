use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};
use daybreak_traffic::{Flow, HoldLimits, Refusal, Stragglers, SwitchError};
use daybreak_work::Verdict as CheckVerdict;

use super::Play;
use crate::plays::failure::{OrFail, evidence};

/// Holds traffic at the gate: new connections wait, transactions in flight end.
pub(super) struct Hold(pub(super) Play);

#[async_trait]
impl Step for Hold {
    fn plan(&self) -> StepPlan {
        let play = &self.0;
        StepPlan {
            servers: vec!["the gate".to_owned()],
            statements: vec!["hold new connections; let transactions in flight end".to_owned()],
            undo: Undo::By(vec!["release everyone where they were".to_owned()]),
            deadline: Duration::from_secs(30),
            blast_radius: "applications wait".to_owned(),
            ..StepPlan::new(&play.id("hold"), "F4 F5", "start downtime: hold traffic")
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let world = &self.0.world;
        self.work_off_changes().await?;
        let old = self.0.direction.old_writer(world);
        old.stay_fenced_after_restart().await.or_fail()?;
        let (Some(gate), Some(settings)) = (&world.gate, &world.settings.gate) else {
            world.pause.begin(world.settings.cut_over.catch_up * 2);
            return Ok(Evidence::none().with("gate", "none: writes are stopped by the fence alone"));
        };
        let stragglers = if settings.close_stragglers {
            Stragglers::Close
        } else {
            Stragglers::Abort
        };
        let held = gate
            .hold(HoldLimits {
                deadline: settings.deadline,
                drain: settings.drain,
                stragglers,
            })
            .await
            .or_fail()?;
        world.pause.begin(Duration::from_millis(held.remaining_ms));
        let drained = gate.drain().await.or_fail()?;
        Ok(evidence(&drained))
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        let Some(gate) = &self.0.world.gate else {
            return Ok(Verdict::Holds(Evidence::none()));
        };
        // `drain` answered when nothing that a client sends could reach a server any more; that is so while the hold is on.
        let now = gate.where_now().await.or_fail()?;
        Ok(if now.flow == Flow::Held {
            Verdict::Holds(Evidence::none())
        } else {
            Verdict::DoesNotHold {
                why: format!("traffic flows to the {} again", now.side),
                evidence: evidence(&now),
            }
        })
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        world.pause.end();
        // Had it restarted since the hold, it would have come up fenced.
        let closed = self.0.keep_clients_back().await?;
        let old = direction.old_writer(world);
        old.open(&world.settings.scope).await.or_fail()?;
        let done = Evidence::none().with("new_writer", closed.words());
        let Some(gate) = &world.gate else {
            return Ok(done);
        };
        match gate.release().await {
            Ok(released) if released.side == direction.new_side() => Err(StepError::new(format!(
                "applications are on {}, and this cut-over was taken back",
                self.0.new_name()
            ))
            .with_hint("see which side can be written (`daybreak status`) before anything else")
            .with_evidence(evidence(&released))),
            Ok(released) => Ok(done.with("released", serde_json::json!(released))),
            // It asks the servers itself until one may be written, or when it is started again.
            Err(
                error @ (SwitchError::Unreachable { .. } | SwitchError::Refused(Refusal::NoWritableSide)),
            ) => Ok(done.with("gate", error.to_string())),
            Err(error) => Err(error).or_fail(),
        }
    }
}

impl Hold {
    /// Compares what has changed until now before anybody waits, round after round, for each round is shorter than the one
    /// before: what is left then is what changed during the last.
    async fn work_off_changes(&self) -> Result<(), StepError> {
        let mut delta = self.0.world.delta.lock().await;
        let Some(delta) = delta.as_mut() else {
            return Ok(());
        };
        let mut before = usize::MAX;
        loop {
            delta.take_in().await.or_fail()?;
            let pending = delta.pending();
            if pending == 0 || pending >= before {
                return Ok(());
            }
            before = pending;
            let report = delta.work_off().await.or_fail()?;
            if report.verdict == CheckVerdict::Different {
                let error = format!("the sides differ: {}", report.troubles().join(" · "));
                return Err(StepError::new(error).with_hint(
                    "mend the rows on the side that is not written, then run the same command again",
                ));
            }
        }
    }
}
