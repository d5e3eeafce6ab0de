//! What the servers are asked (P4): the classes of statements that `slow capture` kept, those that take the time first, with what became of
//! them since the capture before.

use std::collections::HashMap;

use daybreak_work::{Became, ClassChange, ClassReport, DigestReport, compare_digests, shortened};
use maud::{Markup, html};
use serde::Serialize;

use super::facts::count;
use crate::captures;
use crate::config::SlowPlan;
use crate::exit::Trouble;

/// Classes shown on the page; the JSON has all.
const SHOWN: usize = 25;
/// Bars of a histogram: three for each power of ten, from a microsecond to a thousand seconds.
const BARS: usize = 27;

/// A capture, and what became of the classes of the one before.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Workload {
    /// The capture's name.
    capture: String,
    /// The name of the one before.
    baseline: Option<String>,
    classes: DigestReport,
    changes: Vec<ClassChange>,
}

impl Workload {
    /// The captures that a plan names.
    pub(crate) fn of(plan: &SlowPlan) -> Result<Self, Trouble> {
        let classes = captures::read(&plan.folder, &plan.capture)?;
        let before = plan
            .baseline
            .as_ref()
            .map(|name| captures::read(&plan.folder, name));
        let changes = before
            .transpose()?
            .map(|before| compare_digests(&before, &classes));
        Ok(Self {
            capture: plan.capture.clone(),
            baseline: plan.baseline.clone(),
            classes,
            changes: changes.unwrap_or_default(),
        })
    }
}

pub(super) fn section(workload: Option<&Workload>) -> Markup {
    let Some(workload) = workload else {
        return html! {};
    };
    let classes = &workload.classes.classes;
    let became: HashMap<&str, &ClassChange> = workload
        .changes
        .iter()
        .map(|change| (change.id.as_str(), change))
        .collect();
    let gone: Vec<&ClassChange> = workload
        .changes
        .iter()
        .filter(|change| change.became == Became::Gone)
        .collect();
    html! {
        section id="workload" {
            h2 { "What the servers are asked" }
            p {
                "Capture " code { (workload.capture) } ": " (count(workload.classes.statements)) " statements of "
                (count(workload.classes.unique as u64)) " classes, " (time(workload.classes.time_s)) " in all."
                @if let Some(baseline) = &workload.baseline { " Before: " code { (baseline) } "." }
            }
            div.card.wide {
                table {
                    thead { tr { th { "Class" } th { "Statements" } th { "In all" } th { "Mean" } th { "95 of 100" } th { "Slowest" } th { "How long, 1 µs to 1,000 s" }
                        @if workload.baseline.is_some() { th { "Since" } } } }
                    tbody {
                        @for class in classes.iter().take(SHOWN) {
                            tr {
                                td { code { (class.id) } br; (shortened(&class.fingerprint, 160)) }
                                td.number { (count(class.count)) }
                                td.number { (time(class.time_s.total)) }
                                td.number { (time(class.time_s.mean)) }
                                td.number { (class.time_s.p95.map_or_else(|| "–".to_owned(), time)) }
                                td.number { (time(class.time_s.max)) }
                                td { (histogram(class)) }
                                @if workload.baseline.is_some() { td { (since(became.get(class.id.as_str()).copied())) } }
                            }
                        }
                    }
                }
                @if classes.len() > SHOWN { p.quiet { "And " (count((classes.len() - SHOWN) as u64)) " further classes: the JSON beside this page has all." } }
            }
            @if !gone.is_empty() {
                details {
                    summary { (count(gone.len() as u64)) " classes are gone" }
                    @for change in gone.iter().take(SHOWN) {
                        p.object { code { (change.id) } " " (shortened(&change.fingerprint, 160))
                            @if let Some(before) = change.before { ", " (time(before.total_s)) " before" } }
                    }
                    @if gone.len() > SHOWN { p.quiet { "And " (count((gone.len() - SHOWN) as u64)) " more." } }
                }
            }
        }
    }
}

fn since(change: Option<&ClassChange>) -> Markup {
    let Some(change) = change else {
        return html! {};
    };
    let (word, style) = match change.became {
        Became::Worse => ("worse", "blocks"),
        Became::New => ("new", "degrades"),
        Became::Better => ("better", "same"),
        Became::Gone => ("gone", "same"),
        Became::Same => ("same", "quiet"),
    };
    html! {
        span class=(style) { (word) }
        @if let Some(before) = change.before { br; span.quiet { "mean " (time(before.mean_s)) } }
    }
}

/// Bars that grow with the share of the statements.
fn histogram(class: &ClassReport) -> Markup {
    let mut bars = [0_u64; BARS];
    for (upper, times) in &class.histogram {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 26 by clamp"
        )]
        let at = (((upper.max(1e-6) * 1e6).log10() * 3.0)
            .floor()
            .clamp(0.0, (BARS - 1) as f64)) as usize;
        bars[at] += times;
    }
    let most = bars.iter().copied().max().unwrap_or(0);
    html! {
        @if most > 0 {
            svg.histogram viewBox="0 0 135 30" role="img" {
                @for (at, times) in bars.iter().enumerate().filter(|(_, times)| **times > 0) {
                    // What is there at all is seen.
                    @let height = (28.0 * *times as f64 / most as f64).max(1.5);
                    rect.shade2 x=(at * 5) y=(format!("{:.1}", 30.0 - height)) width="4" height=(format!("{height:.1}")) {
                        title { "up to " (time(10_f64.powf((at + 1) as f64 / 3.0) * 1e-6)) ": " (count(*times)) }
                    }
                }
            }
        }
    }
}

fn time(seconds: f64) -> String {
    match seconds {
        long if long >= 100.0 => format!("{long:.0} s"),
        some if some >= 1.0 => format!("{some:.2} s"),
        short if short >= 0.001 => format!("{:.1} ms", short * 1e3),
        least => format!("{:.0} µs", least * 1e6),
    }
}

#[cfg(test)]
mod tests {
    use daybreak_engine::StatementFigures;
    use daybreak_model::Family;
    use daybreak_work::{Digest, DigestReport, Ranking, compare_digests};

    use super::{Workload, section};

    fn digest(statements: &[(&str, f64)]) -> DigestReport {
        let figures: Vec<StatementFigures> = statements
            .iter()
            .map(|(text, each)| StatementFigures {
                text: (*text).to_owned(),
                count: 10,
                total_s: each * 10.0,
                max_s: *each,
                stddev_s: Some(0.0),
                histogram: vec![(*each, 9), (each * 100.0, 1)],
                ..StatementFigures::default()
            })
            .collect();
        let mut digest = Digest::default();
        digest.add_figures(Family::Mysql, "server", &figures);
        digest.report(Ranking::Time, 0)
    }

    #[test]
    fn classes_are_shown_with_what_became_of_them() {
        let before = digest(&[("select 1 from a", 2.0), ("select 1 from b", 1.0)]);
        let classes = digest(&[("select 1 from a", 0.5), ("select `<script>` from c", 0.002)]);
        let workload = Workload {
            capture: "after".to_owned(),
            baseline: Some("before".to_owned()),
            changes: compare_digests(&before, &classes),
            classes,
        };
        let page = section(Some(&workload)).into_string();
        for words in [
            "1 classes are gone",
            ">better<",
            ">new<",
            "mean 2.00 s",
            "&lt;script&gt;",
            "up to 2.2 ms: 9",
        ] {
            assert!(page.contains(words), "no {words} in {page}");
        }
        assert!(!page.contains("<script>"));
        assert_eq!(page.matches("<rect").count(), 4, "{page}");
        assert_eq!(section(None).into_string(), "");
    }
}
