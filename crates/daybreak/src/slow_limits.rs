//! What of the plan's `[slow]` does not hold yet, as findings: for the runbook's step and for `slow check`.

use daybreak_model::{Finding, Severity, Told};
use daybreak_work::over_limits;

use crate::captures;
use crate::config::SlowPlan;
use crate::exit::Trouble;

/// What a finding about all classes together is about.
const ALL: &str = "all classes";

/// Reads the captures, and what of them is over the plan's limits.
pub(crate) fn findings(plan: &SlowPlan) -> Result<Vec<Finding>, Trouble> {
    let now = captures::read(&plan.folder, &plan.capture)?;
    let before = plan
        .baseline
        .as_ref()
        .map(|name| captures::read(&plan.folder, name))
        .transpose()?;
    let over = over_limits(&now, before.as_ref(), &plan.limits);
    let finding = |over: daybreak_work::OverLimit| Finding {
        id: over.id.to_owned(),
        rows: vec!["P4".to_owned()],
        severity: Severity::Blocks,
        server: format!("capture {}", plan.capture),
        object: over.class.unwrap_or_else(|| ALL.to_owned()),
        evidence: over.evidence,
        remedy: "`daybreak slow advise` tells what would help; capture again afterwards".to_owned(),
        statement: None,
        told: Told::Found,
    };
    Ok(over.into_iter().map(finding).collect())
}
