//! Statements as the Performance Schema counts them (manual, "Statement Summary Tables", "Statement Histogram Summary Tables").

use std::collections::HashMap;

use mysql_async::{Row, from_value_opt};

use super::connection::Server;
use crate::{EngineError, ErrorKind, StatementFigures};

/// Picoseconds of a second.
const PICO: &str = "1e12";

impl Server {
    /// What it has counted of statements.
    pub(super) async fn statement_figures(&self) -> Result<Vec<StatementFigures>, EngineError> {
        let flavor = self.flavor().await?;
        let what = "failed to read what the Performance Schema counts";
        let on: Vec<(i64,)> = self.rows(what, "SELECT @@performance_schema").await?;
        if on.first().is_none_or(|(on,)| *on == 0) {
            let error = self.error(
                ErrorKind::Unsupported,
                "its Performance Schema is off: it counts no statements",
            );
            let hint = "set performance_schema = ON and restart it, or read its slow query log";
            return Err(EngineError {
                hint: Some(hint.to_owned()),
                ..error
            });
        }
        let more = flavor.keeps_statement_histograms();
        let sample = if more { "QUERY_SAMPLE_TEXT" } else { "NULL" };
        let sql = format!(
            "SELECT COALESCE(DIGEST_TEXT, ''), {sample}, COALESCE(SCHEMA_NAME, ''), COALESCE(DIGEST, ''), CAST(COUNT_STAR AS CHAR), \
             CAST(SUM_TIMER_WAIT / {PICO} AS CHAR), CAST(MIN_TIMER_WAIT / {PICO} AS CHAR), CAST(MAX_TIMER_WAIT / {PICO} AS CHAR), \
             CAST(SUM_LOCK_TIME / {PICO} AS CHAR), CAST(SUM_ERRORS AS CHAR), CAST(SUM_ROWS_SENT AS CHAR), \
             CAST(SUM_ROWS_EXAMINED AS CHAR), CAST(SUM_ROWS_AFFECTED AS CHAR), \
             CAST(UNIX_TIMESTAMP(FIRST_SEEN) AS CHAR), CAST(UNIX_TIMESTAMP(LAST_SEEN) AS CHAR) \
             FROM performance_schema.events_statements_summary_by_digest WHERE COUNT_STAR > 0"
        );
        let rows: Vec<Row> = self.rows(what, &sql).await?;
        let mut histograms: HashMap<(String, String), Vec<(f64, u64)>> = HashMap::new();
        if more {
            let sql = format!(
                "SELECT COALESCE(SCHEMA_NAME, ''), COALESCE(DIGEST, ''), CAST(BUCKET_TIMER_HIGH / {PICO} AS CHAR), CAST(COUNT_BUCKET AS CHAR) \
                 FROM performance_schema.events_statements_histogram_by_digest WHERE COUNT_BUCKET > 0"
            );
            let buckets: Vec<(String, String, String, String)> = self.rows(what, &sql).await?;
            for (schema, digest, upper, count) in buckets {
                let bucket = (upper.parse().unwrap_or(0.0), count.parse().unwrap_or(0));
                histograms.entry((schema, digest)).or_default().push(bucket);
            }
        }
        Ok(rows
            .into_iter()
            .map(|row| figures(row, &mut histograms))
            .collect())
    }
}

fn figures(row: Row, histograms: &mut HashMap<(String, String), Vec<(f64, u64)>>) -> StatementFigures {
    let mut values = row
        .unwrap()
        .into_iter()
        .map(|value| from_value_opt::<String>(value).ok());
    let mut text = || values.next().flatten();
    let (statement, sample) = (text().unwrap_or_default(), text());
    let (database, digest) = (text().unwrap_or_default(), text().unwrap_or_default());
    let mut number = || text().and_then(|text| text.parse::<f64>().ok());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of a server are not negative, and 53 bits of them do"
    )]
    let whole = |number: Option<f64>| number.unwrap_or(0.0) as u64;
    let seconds = |number: Option<f64>| number.unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "moments lie far below 2^53 microseconds"
    )]
    let moment = |number: Option<f64>| number.map(|seconds| (seconds * 1e6) as i64);
    StatementFigures {
        text: statement,
        sample,
        histogram: histograms.remove(&(database.clone(), digest)).unwrap_or_default(),
        database,
        user: String::new(),
        count: whole(number()),
        total_s: seconds(number()),
        min_s: seconds(number()),
        max_s: seconds(number()),
        stddev_s: None,
        lock_s: seconds(number()),
        errors: whole(number()),
        rows_sent: whole(number()),
        rows_examined: whole(number()),
        rows_affected: whole(number()),
        first_seen: moment(number()),
        last_seen: moment(number()),
    }
}
