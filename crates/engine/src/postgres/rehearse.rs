//! Statements of the workload, explained and tried (manual, "EXPLAIN"; its GENERIC_PLAN came with PostgreSQL 16).

use std::time::{Duration, Instant};

use async_trait::async_trait;
use daybreak_model::{Endpoint, Table, TableName};
use futures_util::TryStreamExt;
use serde_json::Value;
use tokio::time::timeout;
use tokio_postgres::SimpleQueryMessage;

use super::classify::{failure, trouble};
use super::connection::{Connection, Purpose};
use super::quote;
use crate::{Access, EngineError, ErrorKind, Explained, Rehearse, Rehearsed};

/// Time beyond the server's own limit after which no answer is waited for.
const GRACE: Duration = Duration::from_secs(5);
/// The table into which rows are stored once more.
const BESIDE: &str = "daybreak_rehearsal";

/// One connection on which statements are tried.
pub(crate) struct Rehearsal {
    endpoint: Endpoint,
    schema: String,
    longest: Duration,
    connection: Option<Connection>,
}

impl Rehearsal {
    pub(crate) fn new(endpoint: Endpoint, schema: &str, longest: Duration) -> Self {
        Self {
            endpoint,
            schema: schema.to_owned(),
            longest,
            connection: None,
        }
    }

    /// The kept connection, or a new one: one on which a statement failed is not used again.
    async fn take(&mut self) -> Result<Connection, EngineError> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let connection = Connection::open(&self.endpoint, Purpose::Rows).await?;
        let settings = format!(
            "SET search_path = {}, pg_catalog; SET statement_timeout = {}; RESET jit; RESET row_security",
            quote::identifier(&self.schema),
            self.longest.as_millis()
        );
        connection.execute(&settings, "failed to set the session").await?;
        Ok(connection)
    }

    /// Between the beginning of a transaction and its rollback, in time.
    async fn within<T>(
        &mut self,
        begin: &str,
        what: &str,
        run: impl AsyncFnOnce(&Connection) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, EngineError> {
        let connection = self.take().await?;
        let asked = async {
            connection.client().batch_execute(begin).await?;
            let answer = run(&connection).await?;
            connection.client().batch_execute("ROLLBACK").await?;
            Ok(answer)
        };
        let Ok(answer) = timeout(self.longest + GRACE, asked).await else {
            let what = format!("{what}: no answer within {} s", self.longest.as_secs());
            return Err(trouble(connection.server(), what, ErrorKind::Interrupted, None));
        };
        let answer = answer.map_err(|error| failure(connection.server(), what, error))?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

#[async_trait]
impl Rehearse for Rehearsal {
    async fn explain(&mut self, statement: &str) -> Result<Explained, EngineError> {
        let told = self
            .within(
                "BEGIN READ ONLY",
                "failed to explain a statement",
                async |connection| {
                    let client = connection.client();
                    // The extended protocol takes one statement and no more: what it takes may follow EXPLAIN.
                    let prepared = client.prepare(statement).await?;
                    // With parameters nobody gave, the plan is the one for any value.
                    let generic = if prepared.params().is_empty() {
                        ""
                    } else {
                        ", GENERIC_PLAN"
                    };
                    client
                        .simple_query(&format!("EXPLAIN (FORMAT JSON{generic}) {statement}"))
                        .await
                },
            )
            .await?;
        let told: String = told
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0),
                _ => None,
            })
            .collect();
        let told: Value = serde_json::from_str(&told).unwrap_or(Value::Null);
        let mut explained = Explained::default();
        look(&told[0]["Plan"], None, &mut explained);
        Ok(explained)
    }

    async fn carry_out(&mut self, statement: &str) -> Result<Rehearsed, EngineError> {
        let no_parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 0] = [];
        self.within("BEGIN", "failed to try a statement", async |connection| {
            let prepared = connection.client().prepare(statement).await?;
            let began = Instant::now();
            let answer = connection.client().query_raw(&prepared, no_parameters).await?;
            let rows = answer.try_fold(0, |rows, _| async move { Ok(rows + 1) }).await?;
            Ok(Rehearsed {
                took: began.elapsed(),
                rows,
            })
        })
        .await
    }

    async fn value_of(&mut self, table: &Table, column: &str) -> Result<Option<String>, EngineError> {
        let (column, from) = (quote::identifier(column), quote::table(&table.name));
        let ask = |offset: u64| {
            format!(
                "SELECT quote_literal({column}::text) FROM {from} WHERE {column} IS NOT NULL LIMIT 1 OFFSET {offset}"
            )
        };
        let (middle, first) = (ask(table.estimated_rows / 2), ask(0));
        self.within("BEGIN", "failed to look for a value", async |connection| {
            let client = connection.client();
            let found = match client.query_opt(&middle, &[]).await? {
                Some(row) => Some(row),
                None => client.query_opt(&first, &[]).await?,
            };
            found.map(|row| row.try_get(0)).transpose()
        })
        .await
    }

    async fn store_again(&mut self, table: &Table, rows: u32) -> Result<Duration, EngineError> {
        let own = quote::table(&TableName::new(&table.name.schema, BESIDE));
        let columns = table.columns.iter().filter(|column| !column.generated);
        let list = quote::identifiers(columns.map(|column| column.name.as_str()));
        let from = quote::table(&table.name);
        let make = format!("CREATE TABLE {own} (LIKE {from} INCLUDING ALL)");
        let store = format!(
            "INSERT INTO {own} ({list}) OVERRIDING SYSTEM VALUE SELECT {list} FROM {from} LIMIT {rows}"
        );
        self.within("BEGIN", "failed to store rows once more", async |connection| {
            connection.client().batch_execute(&make).await?;
            let began = Instant::now();
            connection.client().batch_execute(&store).await?;
            Ok(began.elapsed())
        })
        .await
    }
}

/// What a row costs that is looked at and left out, at the least (`cpu_tuple_cost` and `cpu_operator_cost`).
const ROW_COST: f64 = 0.0125;

/// The rows that a node looks at.
fn rows(node: &Value) -> f64 {
    let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
    let left = number("Plan Rows");
    if node["Filter"].is_null() {
        return left;
    }
    left.max((number("Total Cost") - number("Startup Cost")) / ROW_COST)
}

/// Goes through a plan. A bitmap's index is named a node below the table's.
fn look(node: &Value, table: Option<&str>, explained: &mut Explained) {
    let text = |name: &str| node[name].as_str();
    let kind = text("Node Type").unwrap_or_default();
    explained.sorts |= kind.contains("Sort");
    explained.temporary |= kind == "Materialize"
        || (kind == "Aggregate" && matches!(text("Strategy"), Some("Hashed" | "Mixed")));
    let own = text("Alias").or_else(|| text("Relation Name"));
    let table = own.or(table);
    let reads = kind.ends_with("Scan") && (text("Relation Name").is_some() || kind == "Bitmap Index Scan");
    if let Some(table) = table.filter(|_| reads && kind != "Bitmap Heap Scan") {
        explained.accesses.push(Access {
            table: table.to_owned(),
            index: text("Index Name").map(str::to_owned),
            whole: kind == "Seq Scan" || (kind != "Tid Scan" && text("Index Cond").is_none()),
            rows: rows(node),
        });
    }
    for below in node["Plans"].as_array().into_iter().flatten() {
        look(below, table, explained);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Explained, look, rows};

    #[test]
    fn a_bitmap_belongs_to_its_table_and_a_whole_index_is_read_whole() {
        let plan = json!({"Node Type": "Sort", "Plans": [{"Node Type": "Nested Loop", "Plans": [
            {"Node Type": "Bitmap Heap Scan", "Relation Name": "orders", "Alias": "o", "Plan Rows": 7, "Plans": [
                {"Node Type": "Bitmap Index Scan", "Index Name": "by_day", "Index Cond": "x", "Plan Rows": 8}]},
            {"Node Type": "Index Only Scan", "Relation Name": "lines", "Alias": "lines", "Index Name": "lines_pkey", "Plan Rows": 9},
            {"Node Type": "CTE Scan", "Alias": "c", "Plan Rows": 1}]}]});
        let mut explained = Explained::default();
        look(&plan, None, &mut explained);
        let found: Vec<_> = explained
            .accesses
            .iter()
            .map(|access| (access.table.as_str(), access.index.as_deref(), access.whole))
            .collect();
        assert_eq!(
            found,
            [("o", Some("by_day"), false), ("lines", Some("lines_pkey"), true)]
        );
        assert!(explained.sorts && !explained.temporary);
        let filtered = json!({"Plan Rows": 3, "Startup Cost": 1.0, "Total Cost": 126.0, "Filter": "x"});
        assert!((rows(&filtered) - 10_000.0).abs() < 1.0);
    }
}
