use comfy_table::{Table, presets};
use serde::Serialize;

use crate::output::{self, Format};

/// One case beside one peer. Field names are stable: scripts read them.
#[derive(Debug, Default, Serialize)]
pub(super) struct Figure {
    pub(super) case: String,
    /// Seconds of ours, the whole process; median.
    pub(super) ours_s: Option<f64>,
    pub(super) peer: Option<&'static str>,
    /// Seconds of the peer's; median; absent when it could not be had or failed.
    pub(super) peer_s: Option<f64>,
    /// Seconds of the least that the servers need for it; median.
    pub(super) limit_s: Option<f64>,
    /// The most resident memory that our process ever had, over all rounds, in units of 2^20 bytes.
    pub(super) peak_memory_mb: Option<f64>,
    /// What an application felt meanwhile, where one was at work.
    #[serde(flatten)]
    pub(super) felt: Option<Felt>,
}

/// How long an application's transactions took, alone and beside our work.
#[derive(Debug, Serialize)]
pub(super) struct Felt {
    /// The 99th percentile without our work, in milliseconds; median of the rounds.
    pub(super) p99_alone_ms: f64,
    /// The same while it goes on.
    pub(super) p99_beside_ms: f64,
    /// How much longer, in percent.
    pub(super) added_p99_percent: f64,
    /// Transactions measured.
    pub(super) transactions: usize,
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
    for figure in figures {
        if let Some(felt) = &figure.felt {
            output::line(format!(
                "{}: p99 of {} transactions {:.2} ms alone, {:.2} ms beside the check: {:+.1} %",
                figure.case, felt.transactions, felt.p99_alone_ms, felt.p99_beside_ms, felt.added_p99_percent
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Felt, Figure};

    #[test]
    fn a_figure_has_every_field_that_scripts_read_and_null_where_there_is_none() {
        let figure = Figure {
            case: "2000 tables".to_owned(),
            ours_s: Some(1.5),
            ..Figure::default()
        };
        let there = json!([{
            "case": "2000 tables", "ours_s": 1.5, "peer": null, "peer_s": null, "limit_s": null, "peak_memory_mb": null,
        }]);
        assert_eq!(serde_json::to_value([figure]).unwrap(), there);
    }

    #[test]
    fn what_an_application_felt_stands_beside_the_figure() {
        let figure = Figure {
            felt: Some(Felt {
                p99_alone_ms: 2.0,
                p99_beside_ms: 3.0,
                added_p99_percent: 50.0,
                transactions: 10,
            }),
            ..Figure::default()
        };
        let there = serde_json::to_value(figure).unwrap();
        assert_eq!(there["added_p99_percent"], 50.0);
        assert_eq!(there["transactions"], 10);
        assert!(there["felt"].is_null(), "{there}");
    }
}
