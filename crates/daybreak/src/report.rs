//! The report: the whole journal on one page that needs nothing else, and the same as JSON beside it.

use std::path::Path;
use std::time::Duration;

use daybreak_runbook::{Evidence, History, Run, StepHistory, StepStanding};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use crate::output::words;

/// Writes `path` and, beside it, the same name with the ending `json`. `summary` stands at the top where there is one.
pub(crate) fn write(
    path: &Path,
    name: &str,
    history: &History,
    summary: Option<&Value>,
) -> Result<(), std::io::Error> {
    std::fs::write(path, page(name, history, summary).into_string())?;
    let value = json!({ "migration": name, "summary": summary, "runs": history.runs() });
    std::fs::write(path.with_extension("json"), serde_json::to_vec_pretty(&value)?)
}

fn page(name: &str, history: &History, summary: Option<&Value>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Daybreak: " (name) }
                style { (PreEscaped(include_str!("report/style.css"))) }
            }
            body {
                header {
                    h1 { "Migration " (name) }
                    p { "From a journal of " (history.runs().len()) " run(s) whose hash chain is unbroken." }
                }
                @if let Some(Value::Object(facts)) = summary {
                    section {
                        h2 { "What came of it" }
                        (facts_table(facts.iter().map(|(name, value)| (name.as_str(), value))))
                    }
                }
                @for run in history.runs() { (run_section(run)) }
            }
        }
    }
}

fn run_section(run: &Run) -> Markup {
    html! {
        section {
            h2 { "Run " (run.id) ": " (run.play) }
            p { "Started by " (run.started_by) " at " (run.started_at) " · " (words(&run.status.run)) }
            (timeline(run))
            table {
                thead { tr { th { "Step" } th { "Row" } th { "Status" } th { "Took" } th { "What" } } }
                tbody {
                    @for (step, standing) in run.steps.iter().zip(&run.status.steps) { (step_rows(step, standing)) }
                }
            }
            @if !run.approvals.is_empty() {
                h3 { "Approvals" }
                ul {
                    @for approval in &run.approvals {
                        li { (approval.step) " by " (approval.by) " at " (approval.at) }
                    }
                }
            }
        }
    }
}

/// Each step's share of the time as a bar, in the order in which they ran.
fn timeline(run: &Run) -> Markup {
    let took: Vec<(&str, f64)> = run
        .steps
        .iter()
        .filter_map(|step| {
            Some((
                step.planned.plan.id.as_str(),
                Duration::from(step.took?).as_secs_f64(),
            ))
        })
        .collect();
    let total: f64 = took
        .iter()
        .map(|(_, seconds)| seconds)
        .sum::<f64>()
        .max(f64::MIN_POSITIVE);
    let bars = took.iter().scan(0.0, |from, (step, seconds)| {
        let (x, width) = (*from, seconds / total * 1000.0);
        *from += width;
        Some((x, width, format!("{step}: {seconds:.3} s")))
    });
    html! {
        svg.timeline viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label="time taken by each step" {
            @for (index, (x, width, words)) in bars.enumerate() {
                rect x=(format!("{x:.2}")) y="0" width=(format!("{width:.2}")) height="24" class=(format!("shade{}", index % 4)) {
                    title { (words) }
                }
            }
        }
    }
}

fn step_rows(step: &StepHistory, standing: &StepStanding) -> Markup {
    let plan = &step.planned.plan;
    html! {
        tr {
            td { code { (plan.id) } }
            td { (plan.row) }
            td { (words(&standing.status)) @if plan.point_of_no_return { " · point of no return" } }
            td.number { @if let Some(took) = step.took { (format!("{:.3} s", Duration::from(took).as_secs_f64())) } }
            td {
                (plan.title)
                @if let Some(error) = &step.error { p.error { (error) @if let Some(hint) = error.hint() { " — " (hint) } } }
                (details("Statements", &plan.statements))
                (evidence("Measured", &step.evidence))
                (evidence("Verified", &step.verified))
            }
        }
    }
}

fn details(title: &str, lines: &[String]) -> Markup {
    html! {
        @if !lines.is_empty() {
            details { summary { (title) } @for line in lines { pre { (line) } } }
        }
    }
}

fn evidence(title: &str, evidence: &Evidence) -> Markup {
    html! {
        @if !evidence.is_empty() {
            details { summary { (title) } (facts_table(evidence.iter())) }
        }
    }
}

fn facts_table<'a>(facts: impl Iterator<Item = (&'a str, &'a Value)>) -> Markup {
    html! {
        table.facts {
            @for (name, value) in facts {
                tr { th { (name.replace('_', " ")) } td { (plain(value)) } }
            }
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
