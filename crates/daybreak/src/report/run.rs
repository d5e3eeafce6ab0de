//! A run, step by step.

use std::time::Duration;

use daybreak_runbook::{Evidence, Run, StepHistory, StepStanding};
use maud::{Markup, html};
use serde_json::Value;

use super::facts;
use super::look::measured;
use crate::output::words;

/// Lists that have a section of their own.
const ELSEWHERE: [&str; 5] = ["findings", "differences", "checks", "tables", "servers"];

pub(super) fn section(run: &Run) -> Markup {
    html! {
        section {
            h2 { "Run " (run.id) ": " (run.play) }
            p { "Started by " (run.started_by) " at " (run.started_at) " · " (words(&run.status.run)) }
            (timeline(run))
            div.wide { table {
                thead { tr { th { "Step" } th { "Row" } th { "Status" } th { "Took" } th { "What" } } }
                tbody {
                    @for (step, standing) in run.steps.iter().zip(&run.status.steps) { (step_rows(step, standing)) }
                }
            } }
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
                (evidence("Measured", measured(step)))
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
    let is_here = |(name, value): &(&str, &Value)| {
        let list = value.as_array();
        list.is_none_or(|list| !list.is_empty() && !ELSEWHERE.contains(name))
    };
    let mut here = evidence.iter().filter(is_here).peekable();
    html! {
        @if here.peek().is_some() {
            details { summary { (title) } (facts::table(here)) }
        }
    }
}
