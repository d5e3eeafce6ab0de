//! The report: the whole journal on one page that needs nothing else, and the same as JSON beside it.

mod assessment;
mod facts;
mod look;
mod rows;
mod run;
mod schema;
mod trim;
mod workload;

use std::path::Path;

use daybreak_runbook::History;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use crate::private;
use look::Look;
pub(crate) use trim::runs as trim_runs;
pub(crate) use workload::Workload;

/// What is told beside the journal.
#[derive(Default)]
pub(crate) struct Beside<'a> {
    /// What came of it all, at the top.
    pub(crate) summary: Option<&'a Value>,
    /// The runs of `trim`.
    pub(crate) trims: &'a [Value],
    /// What `slow capture` kept.
    pub(crate) workload: Option<&'a Workload>,
}

/// Writes `path` and, beside it, the same name with the ending `json`.
pub(crate) fn write(
    path: &Path,
    name: &str,
    history: &History,
    beside: &Beside<'_>,
) -> Result<(), std::io::Error> {
    private::write(path, page(name, history, beside).into_string())?;
    let newest = |step| Look::newest(history, step).map(|look| look.evidence);
    let value = json!({
        "migration": name,
        "summary": beside.summary,
        "assessment": newest(assessment::STEP),
        "schema_check": newest(schema::STEP),
        "estate_data_check": newest(rows::ESTATE_STEP),
        "data_check": newest(rows::STEP),
        "trim": beside.trims,
        "workload": beside.workload,
        "runs": history.runs(),
    });
    private::write(&path.with_extension("json"), serde_json::to_vec_pretty(&value)?)
}

fn page(name: &str, history: &History, beside: &Beside<'_>) -> Markup {
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
                @if let Some(Value::Object(facts)) = beside.summary {
                    section {
                        h2 { "What came of it" }
                        (facts::table(facts.iter().map(|(name, value)| (name.as_str(), value))))
                    }
                }
                (assessment::section(history))
                (schema::section(history))
                (rows::section(history))
                (workload::section(beside.workload))
                (trim::section(beside.trims))
                @for run in history.runs() { (run::section(run)) }
            }
        }
    }
}

/// How much of a list the journal did not keep, and which command tells all of it.
fn left_out(number: u64, what: &str, command: &str) -> Markup {
    html! {
        @if number > 0 {
            p.quiet { "And " (facts::count(number)) " more " (what) ": " code { (command) } " tells all." }
        }
    }
}
