//! Whether every row is the same: on the replicas before the load, and on both sides (P3).

use daybreak_model::{Severity, Told};
use daybreak_runbook::History;
use daybreak_work::{CheckReport, TableReport, TableVerdict, Verdict};
use maud::{Markup, html};

use super::assessment::accepted;
use super::facts::count;
use super::look::Look;
use crate::config::DATA_CHECK;
use crate::plays::kept::{Compared, Found};

pub(super) const ESTATE_STEP: &str = DATA_CHECK;
pub(super) const STEP: &str = "data.check";
/// Steps that compare both sides, with what stands over each.
const BETWEEN_SIDES: [(&str, &str); 3] = [
    (STEP, "Source and target, after the load"),
    ("cutover.check", "Source and target, before the last cut-over"),
    ("failback.check", "Target and source, before failing back"),
];

/// More tables than these stand folded, where all are the same.
const UNFOLDED: usize = 12;

pub(super) fn section(history: &History) -> Markup {
    let estate = Look::newest(history, ESTATE_STEP);
    let sides: Vec<(&str, Look<'_>, CheckReport)> = BETWEEN_SIDES
        .iter()
        .filter_map(|(step, title)| {
            let look = Look::newest(history, step)?;
            let report = look.evidence.read().ok()?;
            Some((*title, look, report))
        })
        .collect();
    if estate.is_none() && sides.is_empty() {
        return html! {};
    }
    html! {
        section id="rows" {
            h2 { "Rows: is every one the same" }
            @if let Some(look) = &estate { (of_estate(look)) }
            @for (title, look, report) in &sides {
                div.card {
                    h3 { (title) }
                    (look.when())
                    (check(report, look.left_out("tables")))
                }
            }
        }
    }
}

fn of_estate(look: &Look<'_>) -> Markup {
    let compared: Vec<Compared> = look.list("checks");
    let found: Vec<Found> = look.list("findings");
    let primary = look.evidence.get("primary").and_then(|primary| primary.as_str());
    html! {
        div.card {
            h3 { "The primary and its replicas, before the load" }
            (look.when())
            @if look.evidence.get("left_out").is_some() {
                p { span.chip.doubt { "not compared" } " the plan leaves it out (" code { "check.estate = false" } ")" }
            } @else if compared.is_empty() && found.is_empty() {
                p { (primary.unwrap_or("The primary")) " has no replica: there is nothing to compare it with." }
            }
            @for node in &compared {
                h4 { (node.server) @if let Some(primary) = primary { " with " (primary) } }
                (check(&node.report, node.tables_left_out as u64))
                @if let Some(why) = &node.left { p.error { "Left out from there on: " (why) } }
            }
            @for found in found.iter().filter(|found| found.finding.severity == Severity::Blocks) {
                div.object {
                    span class=(if found.finding.told == Told::Found { "chip blocks" } else { "chip doubt" }) {
                        (if found.finding.told == Told::Found { "different" } else { "could not tell" })
                    }
                    " " b { (found.finding.object) } " on " (found.finding.server) ": " (found.finding.evidence)
                    (accepted(found.waived.as_ref()))
                }
            }
        }
    }
}

fn check(report: &CheckReport, left_out: u64) -> Markup {
    let (class, verdict) = match report.verdict {
        Verdict::Same => ("same", "same"),
        Verdict::Different => ("blocks", "different"),
        Verdict::CouldNotTell => ("doubt", "could not tell"),
    };
    let unfolded = report.verdict != Verdict::Same || report.tables.len() <= UNFOLDED;
    html! {
        p {
            span class=(format!("chip {class}")) { (verdict) } " "
            (count(report.rows)) " rows of " (count(report.tables.len() as u64 + left_out)) " tables in "
            (count(report.chunks)) " ranges, " (count(report.rechecked)) " looked at again, in "
            (format!("{:.1}", report.seconds)) " s"
            @if let Some(position) = &report.position { ", up to " code.position { (position) } }
        }
        details open[unfolded] {
            summary { "Tables" }
            div.wide { table {
                thead { tr { th { "Table" } th { "Verdict" } th.number { "Rows" } th.number { "Ranges" } th.number { "Looked at again" } } }
                tbody { @for table in &report.tables { (row(table)) } }
            } }
            (super::left_out(left_out, "tables", "daybreak data-check"))
        }
    }
}

fn row(table: &TableReport) -> Markup {
    html! {
        tr {
            td { (table.table) }
            td {
                @match &table.verdict {
                    TableVerdict::Same => { span.chip.same { "same" } }
                    TableVerdict::Different { count: number, rows } => {
                        span.chip.blocks { (count(*number)) " different" }
                        @for row in rows { div.object { (row) } }
                    }
                    TableVerdict::CouldNotTell(why) => { span.chip.doubt { "could not tell" } " " (why) }
                }
            }
            td.number { (count(table.rows)) }
            td.number { (count(table.chunks)) }
            td.number { (count(table.rechecked)) }
        }
    }
}
