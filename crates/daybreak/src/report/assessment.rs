//! What will not survive the move (P1): server by server, the weightiest first.

use daybreak_model::{Severity, Told};
use daybreak_runbook::History;
use maud::{Markup, html};

use super::look::Look;
use crate::assessment::WAY;
use crate::output::words;
use crate::plays::kept::{Accepted, Found, Server};

pub(super) const STEP: &str = "assess";

/// The groups of a server's findings, with their titles and whether they stand open.
const GROUPS: [(Told, Severity, &str, bool); 6] = [
    (Told::Found, Severity::Blocks, "Blocks", true),
    (Told::Found, Severity::Degrades, "Degrades", true),
    (Told::Found, Severity::Note, "To be known", false),
    (
        Told::CouldNotTell,
        Severity::Blocks,
        "Could not tell what would block",
        true,
    ),
    (
        Told::CouldNotTell,
        Severity::Degrades,
        "Could not tell what would degrade",
        false,
    ),
    (Told::CouldNotTell, Severity::Note, "Could not tell", false),
];

pub(super) fn section(history: &History) -> Markup {
    let Some(look) = Look::newest(history, STEP) else {
        return html! {};
    };
    let servers: Vec<Server> = look.list("servers");
    let found: Vec<Found> = look.list("findings");
    let of = |server: &str| {
        found
            .iter()
            .filter(|found| found.finding.server == server)
            .collect::<Vec<_>>()
    };
    let elsewhere: Vec<&Found> = found
        .iter()
        .filter(|found| !servers.iter().any(|server| server.server == found.finding.server))
        .collect();
    html! {
        section id="assessment" {
            h2 { "Assessment: what will not survive the move" }
            (look.when())
            @for server in &servers { (card(server, &of(&server.server))) }
            @if !elsewhere.is_empty() {
                div.card {
                    h3 { "Servers that could not be looked at" }
                    @for found in elsewhere { (object(found)) }
                }
            }
            (super::left_out(look.left_out("findings"), "findings", "daybreak assess"))
        }
    }
}

fn card(server: &Server, all: &[&Found]) -> Markup {
    let score = &server.score;
    let (ways, found): (Vec<&Found>, Vec<&Found>) = all.iter().partition(|found| found.finding.id == WAY);
    html! {
        div.card {
            h3 { (server.server) }
            p.quiet { (server.flavor) ", " (words(&server.role)) ", towards Aurora " (server.target) }
            p.chips {
                (chip("blocks", score.blocks, "block"))
                (chip("degrades", score.degrades, "degrade"))
                (chip("note", score.notes, "to be known"))
                (chip("doubt", score.could_not_tell, "could not tell"))
                span.chip.same { (score.clean) " of " (score.checks) " checks clean" }
            }
            @for (told, severity, title, open) in GROUPS {
                (group(title, open, found.iter().copied().filter(|found| {
                    found.finding.told == told && found.finding.severity == severity
                }).collect()))
            }
            @if !ways.is_empty() {
                details.group {
                    summary { "Ways to Aurora" }
                    @for way in &ways { (object(way)) }
                    @for support in ways.first().iter().map(|way| &way.finding.remedy) { p.object.quiet { (support) } }
                }
            }
        }
    }
}

fn chip(class: &str, number: usize, words: &str) -> Markup {
    html! { @if number > 0 { span class=(format!("chip {class}")) { (number) " " (words) } } }
}

/// Each check once, with its remedy, and below it all of its objects.
fn group(title: &str, open: bool, found: Vec<&Found>) -> Markup {
    if found.is_empty() {
        return html! {};
    }
    let checks = found.chunk_by(|one, next| one.finding.id == next.finding.id);
    html! {
        details.group open[open] {
            summary { (title) " (" (found.len()) ")" }
            @for of_check in checks {
                div.finding {
                    p { code { (of_check[0].finding.id) } " " (of_check[0].finding.remedy) }
                    @for found in of_check { (object(found)) }
                }
            }
        }
    }
}

fn object(found: &Found) -> Markup {
    let finding = &found.finding;
    html! {
        div.object {
            b { (finding.object) } ": " (finding.evidence)
            (accepted(found.waived.as_ref()))
            @if let Some(statement) = &finding.statement { pre { (statement) ";" } }
        }
    }
}

/// Why something is accepted, where it is.
pub(super) fn accepted(waived: Option<&Accepted>) -> Markup {
    html! {
        @if let Some(waived) = waived {
            " " span.chip.waived { "waived until " (waived.until) ": " (waived.reason) }
        }
    }
}
