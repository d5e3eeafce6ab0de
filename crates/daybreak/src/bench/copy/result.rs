use comfy_table::{Table, presets};
use serde::Serialize;

use crate::output::{self, Format};

/// One case beside one peer. Field names are stable: scripts read them.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub(super) case: String,
    /// Seconds of our load, the whole process; median.
    pub(super) ours_s: Option<f64>,
    pub(super) peer: Option<&'static str>,
    /// Seconds of the peer's; median; absent when it could not be had or failed.
    pub(super) peer_s: Option<f64>,
    /// Seconds of the target's own fastest way for rows that lie ready; median.
    pub(super) limit_s: Option<f64>,
    /// The most resident memory that the process of our load ever had, over all rounds, in units of 2^20 bytes.
    pub(super) peak_memory_mb: Option<f64>,
}

pub(super) fn print(figures: &[Figure], format: Format) {
    if format == Format::Json {
        output::json(&figures);
        return;
    }
    let seconds = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2} s"));
    let ratio = |over: Option<f64>, under: Option<f64>| {
        over.zip(under)
            .map_or_else(|| "–".to_owned(), |(over, under)| format!("{:.2}", over / under))
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "case",
        "daybreak",
        "limit",
        "× limit",
        "peer",
        "",
        "peer ÷ ours",
        "peak memory",
    ]);
    for figure in figures {
        table.add_row([
            figure.case.clone(),
            seconds(figure.ours_s),
            seconds(figure.limit_s),
            ratio(figure.ours_s, figure.limit_s),
            figure.peer.unwrap_or("–").to_owned(),
            seconds(figure.peer_s),
            ratio(figure.peer_s, figure.ours_s),
            figure
                .peak_memory_mb
                .map_or_else(|| "–".to_owned(), |megabytes| format!("{megabytes:.0} MB")),
        ]);
    }
    output::line(table);
}
