use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use super::refuse::{past, refusal};
use crate::assessment::{day_of, judge};
use crate::plays::{World, kept};
use crate::slow_limits;

/// Sees by what `slow capture` kept that slow statements were removed as far as the plan wants (P4), and goes no further where a class
/// remains that the plan does not waive.
pub(super) struct SlowCheck(pub(super) Arc<World>);

#[async_trait]
impl Step for SlowCheck {
    fn plan(&self) -> StepPlan {
        let plan = self.0.settings.slow.as_ref();
        let names = plan
            .into_iter()
            .flat_map(|plan| [Some(&plan.capture), plan.baseline.as_ref()]);
        let names: Vec<&str> = names.flatten().map(String::as_str).collect();
        let what = format!(
            "captures of slow statements are read: {}; no server is asked",
            names.join(", ")
        );
        StepPlan {
            servers: Vec::new(),
            statements: vec![what],
            undo: Undo::Nothing,
            deadline: Duration::from_secs(60),
            ..StepPlan::new("slow.check", "P4", "see that slow statements were removed")
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        let settings = &self.0.settings;
        // Only to take back a run that was begun with limits can there be none.
        let Some(plan) = &settings.slow else {
            return Ok(Evidence::none());
        };
        let findings = slow_limits::findings(plan).map_err(|trouble| {
            let error = StepError::new(format!("{:#}", trouble.error));
            match trouble.hint {
                Some(hint) => error.with_hint(hint),
                None => error,
            }
        })?;
        let judged = judge(&findings, &settings.waivers, day_of(cx.clock().now()));
        let evidence = kept::findings(&findings, &judged).with("waivers_past", past(&judged));
        if judged.blocking.is_empty() {
            return Ok(evidence);
        }
        let what = "slow statements remain";
        let hint = "`daybreak slow advise` tells what would help; capture again afterwards, or accept one in the plan: `[[waivers]]` with \
                    `check`, `object`, `reason` and `expires`";
        Err(refusal(what, &judged.blocking, hint, &judged, evidence))
    }

    /// Nothing was changed that could be otherwise now.
    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        Ok(Verdict::Holds(Evidence::none()))
    }
}
