//! Where the schema is not the same on every server of the estate (P2).

use daybreak_runbook::History;
use daybreak_work::{Consequence, SchemaRepair};
use maud::{Markup, html};

use super::assessment::accepted;
use super::look::Look;
use crate::config::SCHEMA_CHECK;
use crate::plays::kept::Difference;

pub(super) const STEP: &str = SCHEMA_CHECK;

pub(super) fn section(history: &History) -> Markup {
    let Some(look) = Look::newest(history, STEP) else {
        return html! {};
    };
    let differences: Vec<Difference> = look.list("differences");
    let untold: Vec<String> = look.list("notes");
    let servers = look.list::<serde_json::Value>("servers").len();
    html! {
        section id="schema" {
            h2 { "Schema: is it the same on every server of the estate" }
            (look.when())
            @if servers < 2 {
                p { "The estate has one server that answered: there is nothing to compare it with." }
            } @else if differences.is_empty() && untold.is_empty() {
                p { span.chip.same { "same" } " on " (servers) " servers" }
            }
            @if !differences.is_empty() {
                div.wide { table {
                    thead { tr { th { "What it does" } th { "Object" } th { "Difference and repair" } } }
                    tbody { @for difference in &differences { (row(difference)) } }
                } }
            }
            (super::left_out(look.left_out("differences"), "differences", "daybreak schema-check"))
            @for line in untold { p { span.chip.doubt { "could not tell" } " " (line.trim_start_matches("could not tell: ")) } }
        }
    }
}

fn row(difference: &Difference) -> Markup {
    let class = match difference.class {
        Consequence::Harmless => "note",
        Consequence::BreaksTheWayBack | Consequence::BreaksTheApplication => "degrades",
        Consequence::BreaksReplication => "blocks",
    };
    html! {
        tr {
            td { span class=(format!("chip {class}")) { (difference.class) } }
            td { (difference.kind.replace('_', " ")) " " b { (difference.object) } }
            td {
                (difference.difference)
                (accepted(difference.waived.as_ref()))
                @for repair in &difference.repair { (statements(repair)) }
            }
        }
    }
}

fn statements(repair: &SchemaRepair) -> Markup {
    html! {
        details {
            summary { "Repair on " (repair.server) @if repair.loses_data { " (loses data: by hand)" } }
            @for statement in &repair.statements { pre { (statement) ";" } }
        }
    }
}
