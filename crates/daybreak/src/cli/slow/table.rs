//! Classes and their changes as tables on the terminal.

use comfy_table::{Table, presets};
use daybreak_work::{Became, ClassChange, DigestReport, shortened};

use super::super::plain;

/// Which classes stand in one transaction, where that was read.
fn transactions(report: &DigestReport) -> Vec<String> {
    if report.transactions.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["transactions", "statements", "most", "mean", "max", "classes"]);
    for transaction in &report.transactions {
        let shown = transaction.classes.iter().take(3);
        let mut classes: Vec<String> = shown.cloned().collect();
        if transaction.classes.len() > classes.len() {
            classes.push(format!("{} more", transaction.classes.len() - classes.len()));
        }
        table.add_row([
            transaction.count.to_string(),
            format!("{:.1}", transaction.statements_mean),
            transaction.statements_max.to_string(),
            time(transaction.time_mean_s),
            time(transaction.time_max_s),
            classes.join(", "),
        ]);
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    [String::new()]
        .into_iter()
        .chain(lines)
        .chain([String::new()])
        .collect()
}

/// Characters of a fingerprint on a line.
const SHOWN: usize = 100;

/// The table, then what was left out of it.
pub(super) fn classes(report: &DigestReport) -> Vec<String> {
    let mut lines = vec![format!(
        "{} statements of {} classes, {} in all",
        report.statements,
        report.unique,
        time(report.time_s)
    )];
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "",
        "id",
        "share",
        "count",
        "total",
        "mean",
        "p95",
        "max",
        "examined/sent",
        "statement",
    ]);
    for class in &report.classes {
        let examined = if class.rows_sent > 0 {
            format!("{:.0}", class.rows_examined as f64 / class.rows_sent as f64)
        } else {
            class.rows_examined.to_string()
        };
        table.add_row([
            class.rank.to_string(),
            class.id.clone(),
            format!("{:.1}%", class.share_percent),
            class.count.to_string(),
            time(class.time_s.total),
            time(class.time_s.mean),
            class.time_s.p95.map_or_else(|| "–".to_owned(), time),
            time(class.time_s.max),
            examined,
            short(&class.fingerprint),
        ]);
    }
    lines.extend(table.lines().map(|line| line.trim_end().to_owned()));
    lines.extend(transactions(report));
    let shown = report.classes.len();
    if shown < report.unique {
        lines.push(format!(
            "{} further classes: `--top 0` shows all",
            report.unique - shown
        ));
    }
    if report.left_out > 0 {
        lines.push(format!(
            "{} statements were left out by the filters",
            report.left_out
        ));
    }
    lines.extend(
        report
            .untold
            .iter()
            .map(|untold| format!("could not be asked: {}", super::super::plain(untold))),
    );
    if report.cut > 0 {
        lines.push(format!(
            "{} statements were too long to be held, and are known by their beginning",
            report.cut
        ));
    }
    lines
}

/// A line for each class, but for those that are the same.
pub(super) fn changes(changes: &[ClassChange]) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "",
        "id",
        "before",
        "after",
        "count before",
        "count after",
        "statement",
    ]);
    let same = changes
        .iter()
        .filter(|change| change.became == Became::Same)
        .count();
    for change in changes.iter().filter(|change| change.became != Became::Same) {
        let mean =
            |side: Option<daybreak_work::Side>| side.map_or_else(|| "–".to_owned(), |side| time(side.mean_s));
        let count = |side: Option<daybreak_work::Side>| {
            side.map_or_else(|| "–".to_owned(), |side| side.count.to_string())
        };
        let became = match change.became {
            Became::Worse => "worse",
            Became::New => "new",
            Became::Better => "better",
            Became::Gone => "gone",
            Became::Same => "same",
        };
        table.add_row([
            became.to_owned(),
            change.id.clone(),
            mean(change.before),
            mean(change.after),
            count(change.before),
            count(change.after),
            short(&change.fingerprint),
        ]);
    }
    let mut lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.push(format!("{same} classes are the same"));
    lines
}

pub(super) fn short(fingerprint: &str) -> String {
    shortened(&plain(fingerprint), SHOWN)
}

/// Seconds in a unit that suits them.
pub(super) fn time(seconds: f64) -> String {
    match seconds {
        _ if seconds >= 1.0 => format!("{seconds:.2} s"),
        _ if seconds >= 1e-3 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{:.0} µs", seconds * 1e6),
    }
}
