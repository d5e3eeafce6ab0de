use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::WriteState;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use super::Play;
use crate::plays::failure::{OrFail, evidence};

/// How long what was written on the old writer after all may take to go over.
const CARRYING: Duration = Duration::from_secs(60);

/// After the pause: scheduled events live on the new writer, the former direction is retired, and the way back is seen
/// to carry a change.
pub(super) struct Confirm(pub(super) Play);

#[async_trait]
impl Step for Confirm {
    fn plan(&self) -> StepPlan {
        let play = &self.0;
        StepPlan {
            servers: vec![play.new_name(), play.old_name()],
            statements: vec![
                "enable scheduled events on the new writer".to_owned(),
                "retire replication in the former direction".to_owned(),
            ],
            undo: Undo::Irreversible("the new writer is in use: fail back instead".to_owned()),
            deadline: Duration::from_secs(300),
            ..StepPlan::new(
                &play.id("confirm"),
                "F14",
                "confirm the new writer and the way back",
            )
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        if let Some(delta) = world.delta.lock().await.take() {
            delta.close().await.or_fail()?;
        }
        world.enable_on_new_writer(*direction).await.or_fail()?;
        // A managed server does not keep its fence over a restart.
        let old = direction.old_writer(world);
        let closed = old.write_state().await.or_fail()?.may_be_written();
        if closed {
            world.close(old).await.or_fail()?;
            // Whoever came there by another way than the gate meanwhile has been told that the write is done: it goes over before
            // nothing goes that way any more. On PostgreSQL it stays apart since the turn; `daybreak data-check` names it.
            let link = direction.link(world);
            link.resume().await.or_fail()?;
            let written = old.position().await.or_fail()?;
            link.wait_for(&written, CARRYING).await.or_fail()?;
        }
        // Nor need it have started replication again.
        if let Some(back) = direction.back(world) {
            back.resume().await.or_fail()?;
        }
        let link = direction.link(world);
        link.stop().await.or_fail()?;
        link.remove().await.or_fail()?;
        direction.new_writer(world).disarm_fence().await.or_fail()?;
        Ok(Evidence::none().with("old_writer_closed_again", closed))
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        let Play { world, direction } = &self.0;
        let (old, new) = (direction.old_writer(world), direction.new_writer(world));
        let (old_state, new_state) = (
            old.write_state().await.or_fail()?,
            new.write_state().await.or_fail()?,
        );
        let measured = Evidence::none().with("writer", new.endpoint().to_string());
        if old_state != WriteState::Fenced || new_state != WriteState::Writable {
            let why = format!(
                "{} is {old_state:?} and {} is {new_state:?}",
                old.endpoint(),
                new.endpoint()
            );
            return Ok(Verdict::DoesNotHold {
                why,
                evidence: measured,
            });
        }
        let Some(back) = direction.back(world) else {
            return Ok(Verdict::Holds(measured));
        };
        let position = new.position().await.or_fail()?;
        back.wait_for(&position, Duration::from_secs(60))
            .await
            .or_fail()?;
        let status = back.status().await.or_fail()?;
        Ok(if status.is_running() {
            Verdict::Holds(evidence(&status).with("writer", new.endpoint().to_string()))
        } else {
            Verdict::DoesNotHold {
                why: "the way back does not run".to_owned(),
                evidence: evidence(&status),
            }
        })
    }
}
