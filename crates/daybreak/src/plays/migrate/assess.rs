use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_engine::ErrorKind;
use daybreak_model::{AuroraLine, Finding, Told, some_of};
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};
use serde_json::{Value, json};

use super::estate_check;
use crate::assessment::{self, Assessment, day_of, judge};
use crate::plays::World;
use crate::plays::failure::OrFail;

/// Looks at every server of the source's estate for what will not survive the move (P1), and goes no further where something
/// blocks that the plan does not waive.
pub(super) struct Assess(pub(super) Arc<World>);

#[async_trait]
impl Step for Assess {
    fn plan(&self) -> StepPlan {
        StepPlan {
            servers: vec![self.0.settings.source.endpoint.to_string()],
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
        let assessment = match assessment::of_estate(start, &[], target, |_| {}).await {
            Err(error) if error.kind == ErrorKind::Privilege => {
                // All that is missing is told in one go.
                estate_check::allowed(world).await?;
                return Err(error).or_fail();
            }
            other => other.or_fail()?,
        };
        let findings = assessment.findings();
        let judged = judge(&findings, &world.settings.waivers, day_of(cx.clock().now()));
        let waived: BTreeSet<&str> = judged
            .waived
            .iter()
            .map(|(finding, _)| finding.id.as_str())
            .collect();
        let past: Vec<String> = judged
            .past
            .iter()
            .map(|waiver| format!("{} until {}", waiver.check, waiver.expires))
            .collect();
        let evidence = Evidence::none()
            .with("servers", servers(&assessment))
            .with("could_not_tell", hidden(&findings))
            .with("waived", waived.into_iter().collect::<Vec<_>>())
            .with("waivers_past", past.clone());
        if judged.blocking.is_empty() {
            return Ok(evidence);
        }
        let names: Vec<String> = judged.blocking.iter().map(|finding| named(finding)).collect();
        let hint = "`daybreak assess` shows each with its remedy; or accept it in the plan: `[[waivers]]` with `check`, `object`, \
                    `reason` and `expires`";
        let hint = match past.as_slice() {
            [] => hint.to_owned(),
            past => format!("{hint}; waivers that no longer count: {}", past.join(", ")),
        };
        Err(StepError::new(format!(
            "the assessment found what blocks the move: {}",
            some_of(&names)
        ))
        .with_hint(hint)
        .with_evidence(evidence))
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

fn named(finding: &Finding) -> String {
    format!(
        "{} of {} on {} ({})",
        finding.id, finding.object, finding.server, finding.evidence
    )
}

/// Each server with its counts.
fn servers(assessment: &Assessment) -> Value {
    let servers = assessment.servers.iter().map(|server| {
        json!({
            "server": server.verdict.server,
            "flavor": server.verdict.flavor.to_string(),
            "target": server.target.name,
            "score": server.verdict.score,
        })
    });
    servers.collect()
}

fn hidden(findings: &[Finding]) -> Vec<String> {
    let hidden = findings
        .iter()
        .filter(|finding| finding.told == Told::CouldNotTell);
    hidden
        .map(|finding| format!("{} on {}", finding.id, finding.server))
        .collect()
}
