use daybreak_runbook::{Evidence, History, RunId, StepHistory};
use maud::{Markup, html};

/// The newest time that a step looked, with what it measured: also where that is why it failed.
pub(super) struct Look<'a> {
    run: RunId,
    step: &'a StepHistory,
    pub(super) evidence: &'a Evidence,
}

impl<'a> Look<'a> {
    pub(super) fn newest(history: &'a History, step: &str) -> Option<Self> {
        let runs = history.runs().iter().rev();
        runs.filter_map(|run| {
            let step = run.step(step)?;
            let evidence = measured(step);
            (!evidence.is_empty()).then_some(Self {
                run: run.id,
                step,
                evidence,
            })
        })
        .next()
    }

    /// A list that the step kept, as far as it can be read.
    pub(super) fn list<T: serde::de::DeserializeOwned>(&self, name: &str) -> Vec<T> {
        let list = self.evidence.get(name).and_then(|list| list.as_array());
        let values = list.into_iter().flatten().cloned();
        values
            .filter_map(|value| serde_json::from_value(value).ok())
            .collect()
    }

    /// How many of a list were left out.
    pub(super) fn left_out(&self, name: &str) -> u64 {
        let number = self.evidence.get(&format!("{name}_left_out"));
        number.and_then(serde_json::Value::as_u64).unwrap_or(0)
    }

    /// When, and in which run.
    pub(super) fn when(&self) -> Markup {
        html! {
            p.quiet {
                "By step " code { (self.step.planned.plan.id) } " of run " (self.run)
                @if let Some(ended) = self.step.ended_at { ", at " (format!("{ended:.0}")) }
                "."
            }
        }
    }
}

/// What a step measured, or measured before it failed.
pub(super) fn measured(step: &StepHistory) -> &Evidence {
    match &step.error {
        Some(error) if step.evidence.is_empty() => error.evidence(),
        _ => &step.evidence,
    }
}
