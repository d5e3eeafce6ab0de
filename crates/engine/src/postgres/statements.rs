//! Statements as `pg_stat_statements` counts them (manual, "pg_stat_statements").

use tokio_postgres::SimpleQueryRow;

use super::classify::trouble;
use super::connection::Connection;
use super::quote;
use crate::{EngineError, ErrorKind, StatementFigures};

/// What the extension has counted in all databases.
pub(crate) async fn figures(connection: &Connection) -> Result<Vec<StatementFigures>, EngineError> {
    let what = "failed to read what pg_stat_statements counts";
    let ask = "SELECT n.nspname, EXISTS (SELECT FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
                                         WHERE c.relname = 'pg_stat_statements' AND c.relnamespace = n.oid AND a.attname = 'total_exec_time')
               FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'";
    let found = connection.simple(ask, what).await?;
    let Some((schema, new)) = found.first().and_then(|row| row.get(0).zip(row.get(1))) else {
        let what = "pg_stat_statements is not in this database: nobody counts statements";
        let hint = "put it into shared_preload_libraries, restart, and CREATE EXTENSION pg_stat_statements; or read the server's log";
        return Err(trouble(
            connection.server(),
            what,
            ErrorKind::Unsupported,
            Some(hint),
        ));
    };
    // Version 1.8 of the extension, with PostgreSQL 13, tells planning from execution.
    let time = if new == "t" { "exec_time" } else { "time" };
    let ask = format!(
        "SELECT s.query, coalesce(d.datname, ''), coalesce(r.rolname, ''), s.calls::text, (s.total_{time} / 1000)::text,
                (s.min_{time} / 1000)::text, (s.max_{time} / 1000)::text, (s.stddev_{time} / 1000)::text, s.rows::text
         FROM {}.pg_stat_statements AS s
         LEFT JOIN pg_database AS d ON d.oid = s.dbid LEFT JOIN pg_roles AS r ON r.oid = s.userid
         WHERE s.calls > 0 AND s.query IS NOT NULL",
        quote::identifier(schema)
    );
    let rows = connection.simple(&ask, what).await?;
    Ok(rows.iter().map(of).collect())
}

fn of(row: &SimpleQueryRow) -> StatementFigures {
    let text = |at: usize| row.get(at).unwrap_or_default().to_owned();
    let seconds = |at: usize| row.get(at).and_then(|text| text.parse().ok()).unwrap_or(0.0);
    let count = |at: usize| row.get(at).and_then(|text| text.parse().ok()).unwrap_or(0);
    StatementFigures {
        text: text(0),
        database: text(1),
        user: text(2),
        count: count(3),
        total_s: seconds(4),
        min_s: seconds(5),
        max_s: seconds(6),
        stddev_s: Some(seconds(7)),
        rows_sent: count(8),
        ..StatementFigures::default()
    }
}
