//! The report: the whole journal on one page that needs nothing else, and the same as JSON beside it.

mod assessment;
mod facts;
mod look;
mod rows;
mod run;
mod schema;
mod trim;

use std::path::Path;

use daybreak_runbook::History;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use look::Look;
pub(crate) use trim::runs as trim_runs;

/// Writes `path` and, beside it, the same name with the ending `json`. `summary` stands at the top where there is one; `trims` are the runs
/// of `trim`.
pub(crate) fn write(
    path: &Path,
    name: &str,
    history: &History,
    summary: Option<&Value>,
    trims: &[Value],
) -> Result<(), std::io::Error> {
    std::fs::write(path, page(name, history, summary, trims).into_string())?;
    let newest = |step| Look::newest(history, step).map(|look| look.evidence);
    let value = json!({
        "migration": name,
        "summary": summary,
        "assessment": newest(assessment::STEP),
        "schema_check": newest(schema::STEP),
        "estate_data_check": newest(rows::ESTATE_STEP),
        "data_check": newest(rows::STEP),
        "trim": trims,
        "runs": history.runs(),
    });
    std::fs::write(path.with_extension("json"), serde_json::to_vec_pretty(&value)?)
}

fn page(name: &str, history: &History, summary: Option<&Value>, trims: &[Value]) -> Markup {
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
                        (facts::table(facts.iter().map(|(name, value)| (name.as_str(), value))))
                    }
                }
                (assessment::section(history))
                (schema::section(history))
                (rows::section(history))
                (trim::section(trims))
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
