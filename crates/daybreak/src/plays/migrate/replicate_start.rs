use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};
use daybreak_work::LoadReport;

use crate::plays::World;
use crate::plays::failure::{OrFail, evidence};

/// Starts native replication from the load's position and waits until the target has caught up once.
pub(super) struct ReplicateStart(pub(super) Arc<World>);

impl ReplicateStart {
    async fn position(&self, cx: &Context) -> Result<LoadReport, StepError> {
        let copied = cx.evidence_of("load.copy").await.ok_or_else(|| {
            StepError::new("the journal has no position to replicate from")
                .with_hint("run the step `load.copy` first")
        })?;
        copied.read().map_err(|error| {
            StepError::caused_by("failed to read the load's evidence in the journal", &error)
        })
    }
}

#[async_trait]
impl Step for ReplicateStart {
    fn plan(&self) -> StepPlan {
        let world = &self.0;
        StepPlan {
            servers: vec![world.target.endpoint().to_string()],
            statements: world
                .forward
                .start_statements()
                .into_iter()
                .map(|(server, statement)| format!("{server}: {}", statement.text))
                .collect(),
            undo: Undo::By(vec![format!(
                "{}: stop replication and forget its source",
                world.target.endpoint()
            )]),
            deadline: Duration::from_secs(2 * 86_400),
            blast_radius: "one more replica reads the source's change stream".to_owned(),
            ..StepPlan::new("replicate.start", "D4", "replicate from source to target")
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        let status = self.0.forward.status().await.or_fail()?;
        Ok(if !status.configured {
            Probe::NotDone
        } else if status.is_running() {
            Probe::Done(evidence(&status))
        } else {
            Probe::Partly("it is set up and does not run".to_owned())
        })
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        let loaded = self.position(cx).await?;
        self.0.forward.start(Some(&loaded.position)).await.or_fail()?;
        Ok(Evidence::none())
    }

    async fn verify(&self, cx: &Context) -> Result<Verdict, StepError> {
        let world = &self.0;
        let here = world.source.position().await.or_fail()?;
        cx.waiting(format!("{} is catching up to {here}", world.target.endpoint()));
        world
            .forward
            .wait_for(&here, Duration::from_secs(2 * 86_400))
            .await
            .or_fail()?;
        let status = world.forward.status().await.or_fail()?;
        Ok(match &status.fault {
            None => Verdict::Holds(evidence(&status)),
            Some(fault) => Verdict::DoesNotHold {
                why: format!(
                    "replication stopped: {} ({}); {}",
                    fault.meaning, fault.message, fault.hint
                ),
                evidence: evidence(&status),
            },
        })
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        self.0.forward.stop().await.or_fail()?;
        self.0.forward.remove().await.or_fail()?;
        Ok(Evidence::none())
    }
}
