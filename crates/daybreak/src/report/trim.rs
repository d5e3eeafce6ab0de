//! Old rows that were taken out (P5): each run of `daybreak trim`, the newest first.

use std::path::Path;

use maud::{Markup, html};
use serde_json::Value;

use super::facts::count;

/// Runs shown on the page; the JSON has all.
const SHOWN: usize = 50;

/// The list of runs that `trim` keeps in the state folder. A line that was cut short is none.
pub(crate) fn runs(state_dir: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(state_dir.join("trim").join("runs.jsonl")).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

pub(super) fn section(runs: &[Value]) -> Markup {
    if runs.is_empty() {
        return html! {};
    }
    let number = |value: &Value, name: &str| value[name].as_u64().unwrap_or(0);
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    html! {
        section id="trim" {
            h2 { "Old rows that were taken out" }
            div.card {
                table {
                    thead { tr { th { "Run" } th { "Rule" } th { "Table" } th { "Rows deleted" } th { "Rows that stayed" } th { "Archive" } } }
                    tbody {
                        @for run in runs.iter().rev().take(SHOWN) {
                            @for table in run["tables"].as_array().into_iter().flatten() {
                                tr {
                                    td { (text(run, "at")) @if run["whole"] == false { " (stopped)" } }
                                    td { (text(run, "rule")) }
                                    td { (text(&table["table"], "schema")) "." (text(&table["table"], "name")) }
                                    td { (count(number(table, "deleted"))) }
                                    td { (count(number(table, "changed") + number(table, "referred") + number(table, "locked"))) }
                                    td { (text(run, "archive")) }
                                }
                            }
                        }
                    }
                }
                @if runs.len() > SHOWN { p.quiet { "And " (count((runs.len() - SHOWN) as u64)) " earlier runs: the JSON beside this page has all." } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn what_servers_call_things_stays_text() {
        let run = json!({
            "rule": "old", "at": "2026-11-30T00:00:00Z", "whole": false, "archive": "/a",
            "tables": [{"table": {"schema": "s", "name": "<script>"}, "deleted": 1200, "changed": 1, "referred": 2, "locked": 3}],
        });
        let page = super::section(&[run]).into_string();
        assert!(
            page.contains("s.&lt;script&gt;") && !page.contains("<script>"),
            "{page}"
        );
        assert!(
            page.contains("<td>1,200</td><td>6</td>") && page.contains("(stopped)"),
            "{page}"
        );
        assert_eq!(super::section(&[]).into_string(), "");
    }
}
