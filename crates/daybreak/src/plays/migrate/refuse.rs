//! How findings that nothing waives end a step.

use daybreak_model::{Finding, some_of};
use daybreak_runbook::{Evidence, StepError};

use crate::assessment::Judged;

/// Waivers that would cover a finding and are past, in words.
pub(super) fn past(judged: &Judged<'_>) -> Vec<String> {
    let past = judged.past.iter();
    past.map(|waiver| format!("{} until {}", waiver.check, waiver.expires))
        .collect()
}

/// The step's failure: what was found, the first few by name, and what can be done.
pub(super) fn refusal(
    what: &str,
    found: &[&Finding],
    hint: &str,
    judged: &Judged<'_>,
    evidence: Evidence,
) -> StepError {
    let names: Vec<String> = found.iter().map(|finding| named(finding)).collect();
    let hint = match past(judged).as_slice() {
        [] => hint.to_owned(),
        past => format!("{hint}; waivers that no longer count: {}", past.join(", ")),
    };
    StepError::new(format!("{what}: {}", some_of(&names)))
        .with_hint(hint)
        .with_evidence(evidence)
}

fn named(finding: &Finding) -> String {
    let Finding {
        id,
        object,
        server,
        evidence,
        ..
    } = finding;
    if object == server {
        return format!("{id} of {object} ({evidence})");
    }
    format!("{id} of {object} on {server} ({evidence})")
}
