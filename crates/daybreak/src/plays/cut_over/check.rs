use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo};
use daybreak_work::{CheckReport, Compared, Delta, Follows, Verdict, data_check};

use super::Play;
use crate::plays::failure::OrFail;
use crate::plays::kept;
use crate::plays::relay::shown;

/// Begins to follow which rows change, then compares every row: from here on nothing can differ unseen.
pub(super) struct Check(pub(super) Play);

#[async_trait]
impl Step for Check {
    fn plan(&self) -> StepPlan {
        let play = &self.0;
        StepPlan {
            servers: vec![play.old_name(), play.new_name()],
            statements: vec![
                format!("{}: follow which rows change from now on", play.old_name()),
                "count and checksum of every range of every table, read-only, on both sides".to_owned(),
            ],
            undo: Undo::Nothing,
            deadline: Duration::from_secs(7 * 86_400),
            blast_radius: "reading load on both sides".to_owned(),
            ..StepPlan::new(
                &play.id("check"),
                "P3",
                "compare every row, and follow what changes",
            )
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        Ok(kept::check(&follow_and_compare(cx, &self.0).await?))
    }

    async fn verify(&self, _cx: &Context) -> Result<daybreak_runbook::Verdict, StepError> {
        // The comparison is itself the verification; a difference is its failure.
        Ok(daybreak_runbook::Verdict::Holds(Evidence::none()))
    }
}

/// Follows changes first and compares everything after that, so that each row is covered by one or the other. What is
/// followed lives in this process: one that was started anew does both again.
pub(super) async fn follow_and_compare(cx: &Context, play: &Play) -> Result<CheckReport, StepError> {
    let Play { world, direction } = play;
    let tables = world.tables().await.or_fail()?;
    let (old, new) = (direction.old_writer(world), direction.new_writer(world));
    let link = direction.link(world);
    // A server that restarted since need not have started it again.
    link.resume().await.or_fail()?;
    if let Some(former) = world.delta.lock().await.take() {
        former.close().await.or_fail()?;
    }
    let (settings, scope) = (&world.settings.check, &world.settings.scope);
    let compared = Compared {
        server: Arc::clone(new),
        follows: Follows::Link(Arc::clone(link)),
    };
    let mut delta = Delta::follow(old, &compared, scope, &tables, settings)
        .await
        .or_fail()?;
    let check = shown(cx, "rows", |observer| async move {
        data_check(old, new, Some(link), &tables, settings, observer.as_ref())
            .await
            .or_fail()
    });
    let (report, beside) = delta.beside(check).await;
    let mut report: CheckReport = match report {
        Ok(report) => report,
        Err(error) => {
            // The error that counts is the check's own.
            let _ = delta.close().await;
            return Err(error);
        }
    };
    report.add_differences(beside, settings.rows_named);
    if report.verdict != Verdict::Same {
        delta.close().await.or_fail()?;
        let error = StepError::new(format!(
            "the sides are not the same: {}",
            report.troubles().join(" · ")
        ));
        return Err(error
            .with_hint("mend the rows on the side that is not written, then run the same command again")
            .with_evidence(kept::check(&report)));
    }
    *world.delta.lock().await = Some(delta);
    Ok(report)
}
