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
        let mut statements = Vec::new();
        if let Some(back) = play.direction.back(&play.world) {
            if play.direction == Direction::ToTarget {
                statements.extend(back.prepare_statements());
            }
            statements.extend(back.start_statements());
        }
        let fence = play.direction.old_writer(&play.world).prepare_fence_statements();
        let fence = fence
            .into_iter()
            .map(|text| format!("{}: {text}", play.old_name()));
        StepPlan {
            servers: vec![play.old_name(), play.new_name()],
            statements: statements
                .into_iter()
                .map(|(server, statement)| format!("{server}: {}", statement.text))
                .chain(fence)
                .collect(),
            undo: Undo::By(vec![
                "forget the way back; take away what the fence left in the way of writes".to_owned(),
            ]),
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
        let closed = self.0.close_new_writer().await?;
        Ok(Evidence::none().with("new_writer_closed_again", closed))
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        let Play { world, direction } = &self.0;
        let new = direction.new_writer(world);
        let why = if new.write_state().await.or_fail()?.may_be_written() {
            Some(format!("{} can be written", new.endpoint()))
        } else {
            match direction.back(world) {
                Some(back) if !back.status().await.or_fail()?.configured => {
                    Some("the way back is not set up".to_owned())
                }
                _ => None,
            }
        };
        let evidence = Evidence::none();
        Ok(match why {
            Some(why) => Verdict::DoesNotHold { why, evidence },
            None => Verdict::Holds(evidence),
        })
    }

    async fn undo(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        if let Some(back) = direction.back(world) {
            back.stop().await.or_fail()?;
            back.remove().await.or_fail()?;
        }
        direction.old_writer(world).disarm_fence().await.or_fail()?;
        Ok(Evidence::none())
    }
}

impl Play {
    /// A managed server does not keep its fence over a restart, and one that was away when a cut-over was taken back is
    /// still open. While the old writer has the applications it is closed; true if that was needed. Whatever was written
    /// there, a check after this finds.
    pub(super) async fn close_new_writer(&self) -> Result<bool, StepError> {
        let Self { world, direction } = self;
        let (old, new) = (direction.old_writer(world), direction.new_writer(world));
        if !new.write_state().await.or_fail()?.may_be_written() {
            return Ok(false);
        }
        let leads = match &world.gate {
            Some(gate) => gate.where_now().await.or_fail()?.side != direction.new_side(),
            None => false,
        };
        if !leads || !old.write_state().await.or_fail()?.may_be_written() {
            return Err(StepError::new(format!(
                "{} may be written, and nothing tells that no application writes there",
                new.endpoint()
            ))
            .with_hint("make sure that applications write to the other side alone, then set it read-only"));
        }
        world.close(new).await.or_fail()?;
        Ok(true)
    }
}
