use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::Told;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use super::EVERY;
use super::refuse::{past, refusal};
use crate::assessment::{day_of, judge};
use crate::auditing::{self, AuditingError};
use crate::plays::failure::OrFail;
use crate::plays::{World, kept};

/// Looks for holes in the plan file, on every server and at AWS (D3), and goes no further where one is open that the plan does not
/// waive.
pub(super) struct Audit(pub(super) Arc<World>);

#[async_trait]
impl Step for Audit {
    fn plan(&self) -> StepPlan {
        let settings = &self.0.settings;
        let mut statements = vec![
            "the plan file, and what each server says of accounts, connections and logs; read-only"
                .to_owned(),
        ];
        if settings.cluster.is_some() {
            statements.push("AWS: the plan's cluster, and what AWS advises; read-only".to_owned());
        }
        StepPlan {
            servers: vec![
                settings.source.endpoint.to_string(),
                EVERY.to_owned(),
                settings.target.endpoint.to_string(),
            ],
            statements,
            undo: Undo::Nothing,
            deadline: Duration::from_secs(300),
            ..StepPlan::new(
                "audit",
                "D3",
                "look for holes: who is let in, how, and whether anybody would notice",
            )
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        let settings = &self.0.settings;
        let findings = match auditing::of_settings(settings).await {
            Ok(findings) => findings,
            Err(AuditingError::Engine(error)) => return Err(error).or_fail(),
            Err(AuditingError::Plan(error)) => {
                let failed = StepError::new(error.to_string());
                return Err(match error.hint() {
                    Some(hint) => failed.with_hint(hint),
                    None => failed,
                });
            }
        };
        let judged = judge(&findings, &settings.waivers, day_of(cx.clock().now()));
        let untold = findings
            .iter()
            .filter(|finding| finding.told == Told::CouldNotTell);
        let untold: Vec<String> = untold.map(|finding| finding.server.clone()).collect();
        let evidence = kept::findings(&findings, &judged)
            .with("could_not_tell", kept::some(&untold))
            .with("waivers_past", past(&judged));
        if judged.blocking.is_empty() {
            return Ok(evidence);
        }
        let hint = "`daybreak audit` shows each with its remedy; or accept it in the plan: `[[waivers]]` with `check`, `object`, `reason` \
                    and `expires`";
        Err(refusal(
            "the audit found open holes",
            &judged.blocking,
            hint,
            &judged,
            evidence,
        ))
    }

    /// Nothing was changed that could be otherwise now.
    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        Ok(Verdict::Holds(Evidence::none()))
    }
}
