//! Statements of the workload, explained and tried (manual, "EXPLAIN Output Format").
//!
//! The table of EXPLAIN is what 5.6 to 9.x and MariaDB have in common; its JSON differs from release to release.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use daybreak_model::{Table, TableName};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, from_value_opt};
use tokio::time::timeout;

use super::connection::Server;
use super::quote;
use super::session::Purpose;
use crate::{Access, EngineError, ErrorKind, Explained, Rehearse, Rehearsed};

/// Time beyond the server's own limit after which no answer is waited for.
const GRACE: Duration = Duration::from_secs(5);
/// The table into which rows are stored once more.
const BESIDE: &str = "daybreak_rehearsal";

/// One connection on which statements are tried.
pub(crate) struct Rehearsal {
    server: Arc<Server>,
    schema: String,
    longest: Duration,
    conn: Option<Conn>,
}

impl Rehearsal {
    pub(crate) fn new(server: Arc<Server>, schema: &str, longest: Duration) -> Self {
        Self {
            server,
            schema: schema.to_owned(),
            longest,
            conn: None,
        }
    }

    /// The kept connection, or a new one: one on which a statement failed is not used again.
    async fn take(&mut self) -> Result<Conn, EngineError> {
        if let Some(conn) = self.conn.take() {
            return Ok(conn);
        }
        let mut conn = self.server.connect(Purpose::Check).await?;
        let mut settings = vec!["SET NAMES utf8mb4".to_owned()];
        if !self.schema.is_empty() {
            settings.push(format!("USE {}", quote::name(&self.schema)));
        }
        let seconds = u32::try_from(self.longest.as_secs()).unwrap_or(u32::MAX).max(1);
        let flavor = self.server.flavor().await?;
        settings.extend(
            flavor
                .statement_limit(seconds)
                .map(|limit| format!("SET SESSION {limit}")),
        );
        for setting in settings {
            let set = conn.query_drop(setting).await;
            set.map_err(|error| self.server.failed("failed to set up a session", error))?;
        }
        Ok(conn)
    }

    /// Between the beginning of a transaction and its rollback, in time.
    async fn within<T>(
        &mut self,
        begin: &str,
        what: &str,
        run: impl AsyncFnOnce(&mut Conn) -> mysql_async::Result<T>,
    ) -> Result<T, EngineError> {
        let mut conn = self.take().await?;
        let asked = async {
            conn.query_drop(begin).await?;
            let answer = run(&mut conn).await?;
            conn.query_drop("ROLLBACK").await?;
            Ok(answer)
        };
        let Ok(answer) = timeout(self.longest + GRACE, asked).await else {
            let what = format!("{what}: no answer within {} s", self.longest.as_secs());
            return Err(self.server.error(ErrorKind::Interrupted, what));
        };
        let answer = answer.map_err(|error| self.server.failed(what, error))?;
        self.conn = Some(conn);
        Ok(answer)
    }
}

#[async_trait]
impl Rehearse for Rehearsal {
    async fn explain(&mut self, statement: &str) -> Result<Explained, EngineError> {
        let sql = format!("EXPLAIN FORMAT=TRADITIONAL {statement}");
        let rows: Vec<Row> = self
            .within(
                "START TRANSACTION READ ONLY",
                "failed to explain a statement",
                async |conn| conn.query(sql).await,
            )
            .await?;
        Ok(explained(&rows))
    }

    async fn carry_out(&mut self, statement: &str) -> Result<Rehearsed, EngineError> {
        self.within("START TRANSACTION", "failed to try a statement", async |conn| {
            let began = Instant::now();
            let mut answer = conn.query_iter(statement).await?;
            let mut rows = 0;
            while answer.next().await?.is_some() {
                rows += 1;
            }
            drop(answer);
            Ok(Rehearsed {
                took: began.elapsed(),
                rows,
            })
        })
        .await
    }

    async fn value_of(&mut self, table: &Table, column: &str) -> Result<Option<String>, EngineError> {
        let (column, from) = (quote::name(column), quote::table(&table.name));
        let sql = format!(
            "SELECT QUOTE({column}) FROM {from} WHERE {column} IS NOT NULL LIMIT 1 OFFSET {}",
            table.estimated_rows / 2
        );
        let first = format!("SELECT QUOTE({column}) FROM {from} WHERE {column} IS NOT NULL LIMIT 1");
        self.within(
            "START TRANSACTION",
            "failed to look for a value",
            async |conn| match conn.query_first(sql).await? {
                Some(value) => Ok(Some(value)),
                None => conn.query_first(first).await,
            },
        )
        .await
    }

    async fn store_again(&mut self, table: &Table, rows: u32) -> Result<Duration, EngineError> {
        let own = quote::table(&TableName::new(&table.name.schema, BESIDE));
        let columns = table.columns.iter().filter(|column| !column.generated);
        let list = columns
            .map(|column| quote::name(&column.name))
            .collect::<Vec<_>>()
            .join(", ");
        let from = quote::table(&table.name);
        self.within("DO 0", "failed to store rows once more", async |conn| {
            conn.query_drop(format!("DROP TABLE IF EXISTS {own}")).await?;
            conn.query_drop(format!("CREATE TABLE {own} LIKE {from}")).await?;
            let began = Instant::now();
            conn.query_drop(format!(
                "INSERT INTO {own} ({list}) SELECT {list} FROM {from} LIMIT {rows}"
            ))
            .await?;
            let took = began.elapsed();
            conn.query_drop(format!("DROP TABLE {own}")).await?;
            Ok(took)
        })
        .await
    }
}

/// A line for each table; a line without a row count is no table's (a union's result, a table that needs no look).
fn explained(rows: &[Row]) -> Explained {
    let mut explained = Explained::default();
    for row in rows {
        let text = |name: &str| {
            let at = row
                .columns_ref()
                .iter()
                .position(|column| column.name_str() == name)?;
            from_value_opt::<Option<String>>(row.as_ref(at)?.clone()).ok()?
        };
        let extra = text("Extra").unwrap_or_default();
        explained.sorts |= extra.contains("Using filesort");
        explained.temporary |= extra.contains("Using temporary");
        if let (Some(table), Some(rows)) = (text("table"), text("rows").and_then(|rows| rows.parse().ok())) {
            let how = text("type").unwrap_or_default();
            explained.accesses.push(Access {
                table,
                index: text("key"),
                whole: matches!(how.as_str(), "ALL" | "index"),
                rows,
            });
        }
    }
    explained
}
