use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use crate::plays::World;
use crate::plays::failure::OrFail;

/// Makes the replication account (and PostgreSQL's publication) on the source, before the snapshot, so that these
/// statements are not part of the change stream that is replayed. Those of the way back are made when it is armed.
pub(super) struct LinksPrepare(pub(super) Arc<World>);

#[async_trait]
impl Step for LinksPrepare {
    fn plan(&self) -> StepPlan {
        let world = &self.0;
        StepPlan {
            servers: vec![world.source.endpoint().to_string()],
            statements: world
                .forward
                .prepare_statements()
                .into_iter()
                .map(|(server, statement)| format!("{server}: {}", statement.text))
                .collect(),
            undo: Undo::Irreversible(
                "the account stays, without effect; drop it when the migration is over".to_owned(),
            ),
            deadline: Duration::from_secs(120),
            ..StepPlan::new(
                "links.prepare",
                "D3",
                "make the replication account on the source",
            )
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        let world = &self.0;
        world.forward.prepare(&world.settings.scope).await.or_fail()?;
        Ok(Evidence::none())
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        Ok(if self.0.forward.is_prepared().await.or_fail()? {
            Verdict::Holds(Evidence::none())
        } else {
            Verdict::DoesNotHold {
                why: format!("{} has no such account", self.0.source.endpoint()),
                evidence: Evidence::none(),
            }
        })
    }
}
