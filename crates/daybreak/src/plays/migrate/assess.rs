use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_engine::ErrorKind;
use daybreak_model::{AuroraLine, Finding, Told};
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use super::refuse::{past, refusal};
use super::{EVERY, estate_check};
use crate::assessment::{self, KeptAssessment, day_of, judge};
use crate::plays::failure::OrFail;
use crate::plays::{World, kept};

/// Looks at every server of the source's estate for what will not survive the move (P1), and goes no further where something
/// blocks that the plan does not waive.
pub(super) struct Assess(pub(super) Arc<World>);

#[async_trait]
impl Step for Assess {
    fn plan(&self) -> StepPlan {
        StepPlan {
            servers: vec![self.0.settings.source.endpoint.to_string(), EVERY.to_owned()],
            statements: vec![
                "what each check asks: settings, catalogs, accounts, counters; read-only".to_owned(),
            ],
            undo: Undo::Nothing,
            deadline: Duration::from_secs(300),
            ..StepPlan::new("assess", "P1", "assess every server of the estate")
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        let world = &self.0;
        let start = &world.settings.source.endpoint;
        let target = self.target().await?;
        let (also, known) = (&world.settings.also, world.settings.sides());
        let assessment = match assessment::of_estate(start, also, &known, target, |_| {}).await {
            Err(error) if error.kind == ErrorKind::Privilege => {
                // All that is missing is told in one go.
                estate_check::allowed(world).await?;
                return Err(error).or_fail();
            }
            other => other.or_fail()?,
        };
        KeptAssessment::keep(&assessment, &world.settings.state_dir, cx.clock().now())
            .map_err(|error| unkept(&world.settings.state_dir, &error))?;
        let findings = assessment.findings();
        let judged = judge(&findings, &world.settings.waivers, day_of(cx.clock().now()));
        let waived: BTreeSet<&str> = judged
            .waived
            .iter()
            .map(|(finding, _)| finding.id.as_str())
            .collect();
        let evidence = kept::findings(&findings, &judged)
            .with("servers", kept::servers(&assessment.servers))
            .with("could_not_tell", kept::some(&hidden(&findings)))
            .with("waived", waived.into_iter().collect::<Vec<_>>())
            .with("waivers_past", past(&judged));
        if judged.blocking.is_empty() {
            return Ok(evidence);
        }
        let what = "the assessment found what blocks the move";
        let hint = "`daybreak assess` shows each with its remedy; or accept it in the plan: `[[waivers]]` with `check`, `object`, \
                    `reason` and `expires`";
        Err(refusal(what, &judged.blocking, hint, &judged, evidence))
    }

    /// Nothing was changed that could be otherwise now: what later steps need of it they look at again themselves.
    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        Ok(Verdict::Holds(Evidence::none()))
    }
}

impl Assess {
    /// The line of the cluster that the plan names; each server's default where that is no cluster of Aurora's.
    async fn target(&self) -> Result<Option<&'static AuroraLine>, StepError> {
        let flavor = self.0.target.flavor().await.or_fail()?;
        Ok(assessment::line_of(&flavor))
    }
}

fn unkept(state_dir: &Path, error: &std::io::Error) -> StepError {
    let place = state_dir.display();
    StepError::new(format!("failed to keep the assessment in {place}: {error}"))
        .with_hint("let this account write there, and run the same command again")
}

fn hidden(findings: &[Finding]) -> Vec<String> {
    let hidden = findings
        .iter()
        .filter(|finding| finding.told == Told::CouldNotTell);
    hidden
        .map(|finding| format!("{} on {}", finding.id, finding.server))
        .collect()
}
