use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::Position;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo};
use daybreak_work::{CheckReport, Verdict, data_check};

use crate::plays::failure::OrFail;
use crate::plays::relay::shown;
use crate::plays::{World, kept};

/// Compares every row of every table while both sides live.
pub(super) struct DataCheck(pub(super) Arc<World>);

impl DataCheck {
    /// Without replication both sides must stand still: where the source's log ends, which no write may move. Of a part the
    /// fence alone can tell.
    async fn standing(&self) -> Result<Option<Position>, StepError> {
        let world = &self.0;
        if world.settings.native {
            return Ok(None);
        }
        for side in [&world.source, &world.target] {
            let state = side.write_state().await.or_fail()?;
            if state.may_be_written() {
                return Err(
                    StepError::new(format!("{} can be written: {state:?}", side.endpoint()))
                        .with_hint("set it read-only again and load anew: without replication no write reaches the other side"),
                );
            }
        }
        if world.settings.scope.part.is_some() {
            // What stays moves its log on: the fence around the part is what holds.
            return Ok(None);
        }
        world.source.position().await.or_fail().map(Some)
    }
}

#[async_trait]
impl Step for DataCheck {
    fn plan(&self) -> StepPlan {
        let world = &self.0;
        StepPlan {
            servers: vec![
                world.source.endpoint().to_string(),
                world.target.endpoint().to_string(),
            ],
            statements: vec![
                "count and checksum of every range of every table, read-only, on both sides".to_owned(),
            ],
            undo: Undo::Nothing,
            deadline: Duration::from_secs(7 * 86_400),
            blast_radius: "reading load on both sides".to_owned(),
            ..StepPlan::new("data.check", "P3", "compare every row of both sides")
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        let world = &self.0;
        let tables = world.tables().await.or_fail()?;
        if world.settings.native {
            // A target that restarted since need not have started it again.
            world.forward.resume().await.or_fail()?;
        }
        let before = self.standing().await?;
        let report: CheckReport = shown(cx, "rows", |observer| async move {
            let link = world.settings.native.then_some(&world.forward);
            data_check(
                &world.source,
                &world.target,
                link,
                &tables,
                &world.settings.check,
                observer.as_ref(),
            )
            .await
            .or_fail()
        })
        .await?;
        if self.standing().await? != before {
            return Err(StepError::new(format!(
                "{} was written while it was compared",
                world.source.endpoint()
            ))
            .with_hint("let nothing write there, then run the same command again"));
        }
        let ended = cx.clock().now().to_string();
        let measured = kept::check(&report).with("ended", ended);
        if report.verdict == Verdict::Same {
            return Ok(measured);
        }
        let error = StepError::new(format!(
            "source and target are not the same: {}",
            report.troubles().join(" · ")
        ));
        Err(error
            .with_hint("mend the rows on the target, then run the same command again")
            .with_evidence(measured))
    }

    async fn verify(&self, _cx: &Context) -> Result<daybreak_runbook::Verdict, StepError> {
        // The check is itself the verification; a difference is its failure.
        Ok(daybreak_runbook::Verdict::Holds(Evidence::none()))
    }
}
