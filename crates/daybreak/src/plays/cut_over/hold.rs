use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};
use daybreak_traffic::{HoldLimits, Stragglers};
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
        let (Some(gate), Some(settings)) = (&world.gate, &world.settings.gate) else {
            return Ok(Evidence::none().with("gate", "none: writes are stopped by the fence alone"));
        };
        let stragglers = if settings.close_stragglers {
            Stragglers::Close
        } else {
            Stragglers::Abort
        };
        gate.hold(HoldLimits {
            deadline: settings.deadline,
            drain: settings.drain,
            stragglers,
        })
        .await
        .or_fail()?;
        let drained = gate.drain().await.or_fail()?;
        Ok(evidence(&drained))
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        // `drain` answers only when nothing that a client sends can reach a server; the fence proves it again.
        Ok(Verdict::Holds(Evidence::none()))
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        match &self.0.world.gate {
            Some(gate) => Ok(evidence(&gate.release().await.or_fail()?)),
            None => Ok(Evidence::none()),
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
