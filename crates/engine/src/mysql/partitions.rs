//! Partitions taken out as a whole (manual, "Exchanging Partitions and Subpartitions with Tables", "The INFORMATION_SCHEMA PARTITIONS Table").
//!
//! A bound is proof by itself: of an expression that never falls as its column rises, whatever is below the bound is before any value at
//! which the expression has reached it. A server sees to it that no other row lies there.

use std::sync::Arc;

use async_trait::async_trait;
use daybreak_model::{KeyPart, Table, TableName};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, from_value_opt};

use super::connection::Server;
use super::quote;
use super::session::Purpose;
use super::trim::lock;
use crate::{EngineError, ErrorKind, Partition, Partitions};

/// For how long a table that others hold is waited for, in seconds.
const LOCK_SECONDS: u32 = 5;

/// One connection that takes partitions out.
pub(crate) struct Partitioner {
    server: Arc<Server>,
}

impl Partitioner {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        Self { server }
    }

    async fn connect(&self) -> Result<Conn, EngineError> {
        let mut conn = self.server.connect(Purpose::Check).await?;
        // Times in bounds are read as UTC, which every session of ours is set to.
        let patience = format!("SET SESSION lock_wait_timeout = {LOCK_SECONDS}");
        let set = conn.query_drop(patience).await;
        set.map_err(|error| self.server.failed("failed to set up a session", error))?;
        Ok(conn)
    }

    async fn run(&self, conn: &mut Conn, what: &str, sql: String) -> Result<(), EngineError> {
        conn.query_drop(sql)
            .await
            .map_err(|error| self.server.failed(what, error))
    }

    async fn number(&self, conn: &mut Conn, what: &str, sql: String) -> Result<u64, EngineError> {
        let found: Result<Option<u64>, _> = conn.query_first(sql).await;
        let found = found.map_err(|error| self.server.failed(what, error))?;
        Ok(found.unwrap_or(0))
    }
}

/// How rows that were set aside come back where no partition is theirs.
fn by_hand(table: &Table, aside: &TableName) -> String {
    let stored = table.columns.iter().filter(|column| !column.generated);
    let names: Vec<String> = stored.map(|column| quote::name(&column.name)).collect();
    let (names, aside) = (names.join(", "), quote::table(aside));
    format!(
        "`INSERT INTO {} ({names}) SELECT {names} FROM {aside}` brings the rows back; then drop {aside}",
        quote::table(&table.name)
    )
}

/// The value at which a partition's expression is compared with its bound; none for an expression of which it is not known that it never
/// falls.
fn reached(expression: &str, column: &str, value: &str) -> Option<String> {
    let plain: String = expression.chars().filter(|c| !c.is_whitespace()).collect();
    let name = quote::name(column);
    let is = |text: &str| plain.eq_ignore_ascii_case(text);
    // The catalog quotes names since 5.7, and does not before.
    if is(&name) || is(column) {
        return Some(value.to_owned());
    }
    ["to_days", "to_seconds", "year", "unix_timestamp"]
        .into_iter()
        .find(|function| is(&format!("{function}({name})")) || is(&format!("{function}({column})")))
        .map(|function| format!("{function}({value})"))
}

#[async_trait]
impl Partitions for Partitioner {
    async fn before(
        &mut self,
        table: &Table,
        column: &str,
        value: &KeyPart,
    ) -> Result<Vec<Partition>, EngineError> {
        let what = format!("failed to read the partitions of {}", table.name);
        let own = table.columns.iter().find(|own| own.name == column);
        // Where there is no value a row lies in the lowest partition, and is no old one.
        let Some(own) = own.filter(|own| !own.nullable) else {
            return Ok(Vec::new());
        };
        let value = match value {
            KeyPart::Integer(number) => number.to_string(),
            KeyPart::Text(text) => quote::text(text),
            KeyPart::Bytes(_) => return Ok(Vec::new()),
        };
        let triggers = format!(
            "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS \
             WHERE EVENT_OBJECT_SCHEMA = {} AND EVENT_OBJECT_TABLE = {} AND EVENT_MANIPULATION = 'DELETE'",
            quote::text(&table.name.schema),
            quote::text(&table.name.name)
        );
        let triggers: Vec<Row> = self.server.rows(&what, &triggers).await?;
        if !triggers.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT PARTITION_NAME, PARTITION_METHOD, PARTITION_EXPRESSION, PARTITION_DESCRIPTION, SUBPARTITION_NAME \
             FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} AND PARTITION_NAME IS NOT NULL \
             ORDER BY PARTITION_ORDINAL_POSITION",
            quote::text(&table.name.schema),
            quote::text(&table.name.name)
        );
        let rows: Vec<Row> = self.server.rows(&what, &sql).await?;
        let last = rows.len();
        let mut conn = self.connect().await?;
        let mut found = Vec::new();
        for (place, row) in rows.into_iter().enumerate() {
            let text = |at: usize| {
                row.as_ref(at)
                    .and_then(|value| from_value_opt::<Option<String>>(value.clone()).ok().flatten())
            };
            let (Some(name), Some(method), Some(expression), Some(bound)) =
                (text(0), text(1), text(2), text(3))
            else {
                break;
            };
            let ranges = method == "RANGE" || method == "RANGE COLUMNS";
            let subdivided = text(4).is_some();
            // A table keeps one partition.
            if !ranges || subdivided || bound == "MAXVALUE" || place + 1 == last {
                break;
            }
            let Some(reached) = reached(&expression, &own.name, &value) else {
                break;
            };
            let moment = matches!(own.base_type.as_str(), "date" | "datetime" | "timestamp");
            let compare = if method == "RANGE COLUMNS" && moment {
                format!("SELECT CAST({reached} AS DATETIME(6)) >= CAST({bound} AS DATETIME(6))")
            } else {
                format!("SELECT {reached} >= {bound}")
            };
            if self.number(&mut conn, &what, compare).await? != 1 {
                break;
            }
            found.push(Partition {
                name: TableName::new(&table.name.schema, name),
                bound,
            });
        }
        Ok(found)
    }

    fn statements(&self, table: &Table, partition: &Partition, aside: Option<&TableName>) -> Vec<String> {
        let (own, name) = (quote::table(&table.name), quote::name(&partition.name.name));
        let Some(aside) = aside else {
            return vec![format!("ALTER TABLE {own} DROP PARTITION {name}")];
        };
        let aside = quote::table(aside);
        vec![
            format!("CREATE TABLE {aside} LIKE {own}"),
            format!("ALTER TABLE {aside} REMOVE PARTITIONING"),
            format!("ALTER TABLE {own} EXCHANGE PARTITION {name} WITH TABLE {aside}"),
        ]
    }

    async fn set_aside(
        &mut self,
        table: &Table,
        partition: &Partition,
        aside: &TableName,
    ) -> Result<(), EngineError> {
        let what = format!(
            "failed to set partition {} of {} aside",
            partition.name.name, table.name
        );
        let mut conn = self.connect().await?;
        // Whoever asks whether it is there waits for this session, also when nobody listens to it any more.
        lock(&self.server, &mut conn, &aside.name).await?;
        for statement in self.statements(table, partition, Some(aside)) {
            self.run(&mut conn, &what, statement).await?;
        }
        Ok(())
    }

    async fn put_back(
        &mut self,
        table: &Table,
        partition: &Partition,
        aside: &TableName,
    ) -> Result<(), EngineError> {
        let what = format!(
            "failed to make {aside} partition {} of {} again",
            partition.name.name, table.name
        );
        let by_hand = |error: EngineError| EngineError {
            hint: Some(by_hand(table, aside)),
            ..error
        };
        let mut conn = self.connect().await?;
        lock(&self.server, &mut conn, &aside.name).await?;
        let (own, name) = (quote::table(&table.name), quote::name(&partition.name.name));
        let quoted = quote::table(aside);
        // Until the connection ends: what the two change is all that changes.
        let held = format!("LOCK TABLES {own} WRITE, {quoted} WRITE");
        self.run(&mut conn, &what, held).await.map_err(by_hand)?;
        let some = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {own} PARTITION ({name}) LIMIT 1) AS one");
        if self.number(&mut conn, &what, some).await.map_err(by_hand)? > 0 {
            let what = format!("{what}: rows came into the partition since");
            return Err(by_hand(self.server.error(ErrorKind::Other, what)));
        }
        let exchange = format!("ALTER TABLE {own} EXCHANGE PARTITION {name} WITH TABLE {quoted}");
        self.run(&mut conn, &what, exchange).await.map_err(by_hand)?;
        self.run(&mut conn, &what, format!("DROP TABLE {quoted}")).await
    }

    async fn remove(
        &mut self,
        table: &Table,
        partition: &Partition,
        empty: bool,
    ) -> Result<bool, EngineError> {
        let what = format!(
            "failed to drop partition {} of {}",
            partition.name.name, table.name
        );
        let mut conn = self.connect().await?;
        let (own, name) = (quote::table(&table.name), quote::name(&partition.name.name));
        if empty {
            // Until the connection ends.
            self.run(&mut conn, &what, format!("LOCK TABLES {own} WRITE"))
                .await?;
            let some =
                format!("SELECT COUNT(*) FROM (SELECT 1 FROM {own} PARTITION ({name}) LIMIT 1) AS one");
            if self.number(&mut conn, &what, some).await? > 0 {
                return Ok(false);
            }
        }
        for statement in self.statements(table, partition, None) {
            self.run(&mut conn, &what, statement).await?;
        }
        Ok(true)
    }

    async fn rows(&mut self, table: &Table, partition: &Partition) -> Result<u64, EngineError> {
        let what = format!(
            "failed to count partition {} of {}",
            partition.name.name, table.name
        );
        let (own, name) = (quote::table(&table.name), quote::name(&partition.name.name));
        let mut conn = self.connect().await?;
        let count = format!("SELECT COUNT(*) FROM {own} PARTITION ({name})");
        self.number(&mut conn, &what, count).await
    }

    async fn is_there(&mut self, table: &TableName) -> Result<bool, EngineError> {
        let mut conn = self.connect().await?;
        lock(&self.server, &mut conn, &table.name).await?;
        let sql = format!(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
            quote::text(&table.schema),
            quote::text(&table.name)
        );
        let found: Vec<Row> = self.server.rows("failed to look for a table", &sql).await?;
        Ok(!found.is_empty())
    }

    async fn drop_aside(&mut self, aside: &TableName) -> Result<(), EngineError> {
        let mut conn = self.connect().await?;
        lock(&self.server, &mut conn, &aside.name).await?;
        let what = format!("failed to drop {aside}");
        self.run(
            &mut conn,
            &what,
            format!("DROP TABLE IF EXISTS {}", quote::table(aside)),
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::reached;

    #[test]
    fn only_expressions_that_never_fall_prove_anything() {
        for (expression, wanted) in [
            ("`made`", Some("'x'")),
            ("made", Some("'x'")),
            ("to_days(`made`)", Some("to_days('x')")),
            ("TO_DAYS( made )", Some("to_days('x')")),
            ("unix_timestamp(`made`)", Some("unix_timestamp('x')")),
            ("year(`made`)", Some("year('x')")),
            ("month(`made`)", None),
            ("-`made`", None),
            ("`other`", None),
            ("`made`,`id`", None),
            ("to_days(`other`)", None),
        ] {
            assert_eq!(
                reached(expression, "made", "'x'").as_deref(),
                wanted,
                "{expression}"
            );
        }
    }
}
