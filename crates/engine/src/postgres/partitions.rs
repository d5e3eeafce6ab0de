//! Partitions taken out as a whole (manual, "Table Partitioning", "ALTER TABLE").
//!
//! A bound is proof by itself: the server lets no row into a partition whose value is its upper bound or above.

use async_trait::async_trait;
use daybreak_model::{KeyPart, Table, TableName};

use super::connection::Connection;
use super::quote;
use super::trim::lock;
use crate::{EngineError, Partition, Partitions};

/// One connection that takes partitions out. Its session waits for locks five seconds at most.
pub(crate) struct Partitioner {
    connection: Connection,
}

impl Partitioner {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Runs statements in one transaction; what fails is rolled back.
    async fn together(&self, statements: &[String], what: String) -> Result<(), EngineError> {
        let all = format!("BEGIN;\n{};\nCOMMIT", statements.join(";\n"));
        let ran = self.connection.execute(&all, what).await;
        if ran.is_err() {
            // Should this fail, too, the connection is gone, and the transaction with it.
            let _ = self.connection.execute("ROLLBACK", "failed to roll back").await;
        }
        ran
    }

    async fn looks(&self, table: &TableName) -> Result<bool, EngineError> {
        let ask = format!(
            "SELECT CASE WHEN to_regclass({}) IS NULL THEN 0 ELSE 1 END",
            quote::literal(&quote::table(table))
        );
        Ok(self.number("failed to look for a table", &ask).await? == 1)
    }

    async fn number(&self, what: &str, ask: &str) -> Result<u64, EngineError> {
        let told = self.connection.value(ask, what).await?;
        Ok(told.and_then(|told| told.parse().ok()).unwrap_or(0))
    }
}

/// The upper end of `FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')`, as a constant of SQL.
fn upper(bound: &str) -> Option<&str> {
    let range = bound.strip_prefix("FOR VALUES FROM (")?;
    let (_, upper) = range.rsplit_once(") TO (")?;
    let upper = upper.strip_suffix(')')?;
    (upper != "MAXVALUE").then_some(upper)
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
        let value = match value {
            KeyPart::Integer(number) => number.to_string(),
            KeyPart::Text(text) => quote::literal(text),
            KeyPart::Bytes(_) => return Ok(Vec::new()),
        };
        let ask = include_str!("sql/partitions.sql")
            .replace("{schema}", &quote::literal(&table.name.schema))
            .replace("{table}", &quote::literal(&table.name.name))
            .replace("{column}", &quote::literal(column));
        let rows = self.connection.simple(&ask, what.clone()).await?;
        let mut found = Vec::new();
        for row in &rows {
            let text = |at: usize| row.get(at).unwrap_or_default();
            let Some(upper) = upper(text(2)).filter(|_| text(3) == "r") else {
                continue;
            };
            let kind = text(4);
            let ask = format!("SELECT CASE WHEN {upper}::{kind} <= {value}::{kind} THEN 1 ELSE 0 END");
            if self.number(&what, &ask).await? == 1 {
                found.push(Partition {
                    name: TableName::new(text(0), text(1)),
                    bound: text(2).to_owned(),
                });
            }
        }
        // A table without any partition takes no row.
        if found.len() == rows.len() {
            found.pop();
        }
        Ok(found)
    }

    fn statements(&self, table: &Table, partition: &Partition, aside: Option<&TableName>) -> Vec<String> {
        let (own, part) = (quote::table(&table.name), quote::table(&partition.name));
        let after = match aside {
            Some(aside) => format!("ALTER TABLE {part} RENAME TO {}", quote::identifier(&aside.name)),
            None => format!("DROP TABLE {part}"),
        };
        vec![format!("ALTER TABLE {own} DETACH PARTITION {part}"), after]
    }

    async fn set_aside(
        &mut self,
        table: &Table,
        partition: &Partition,
        aside: &TableName,
    ) -> Result<(), EngineError> {
        let what = format!(
            "failed to set partition {} of {} aside",
            partition.name, table.name
        );
        // Whoever asks whether it is there waits for this session, also when nobody listens to it any more.
        lock(&self.connection, &aside.name).await?;
        let statements = self.statements(table, partition, Some(aside));
        self.together(&statements, what).await
    }

    async fn put_back(
        &mut self,
        table: &Table,
        partition: &Partition,
        aside: &TableName,
    ) -> Result<(), EngineError> {
        let what = format!(
            "failed to make {aside} partition {} of {} again",
            partition.name, table.name
        );
        lock(&self.connection, &aside.name).await?;
        let (own, quoted) = (quote::table(&table.name), quote::table(aside));
        let statements = [
            format!("ALTER TABLE {own} ATTACH PARTITION {quoted} {}", partition.bound),
            format!(
                "ALTER TABLE {quoted} RENAME TO {}",
                quote::identifier(&partition.name.name)
            ),
        ];
        self.together(&statements, what).await.map_err(|error| {
            let stored = table.columns.iter().filter(|column| !column.generated);
            let names = quote::identifiers(stored.map(|column| column.name.as_str()));
            EngineError {
                hint: Some(format!(
                    "`INSERT INTO {own} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {quoted}` brings the rows back; then drop {quoted}"
                )),
                ..error
            }
        })
    }

    async fn remove(
        &mut self,
        table: &Table,
        partition: &Partition,
        empty: bool,
    ) -> Result<bool, EngineError> {
        // Set aside, nothing of it is left.
        if !self.looks(&partition.name).await? {
            return Ok(true);
        }
        if empty {
            return Ok(false);
        }
        let what = format!("failed to drop partition {} of {}", partition.name, table.name);
        let statements = self.statements(table, partition, None);
        self.together(&statements, what).await?;
        Ok(true)
    }

    async fn rows(&mut self, table: &Table, partition: &Partition) -> Result<u64, EngineError> {
        let what = format!("failed to count partition {} of {}", partition.name, table.name);
        let ask = format!(
            "SELECT count(*)::text FROM ONLY {}",
            quote::table(&partition.name)
        );
        self.number(&what, &ask).await
    }

    async fn is_there(&mut self, table: &TableName) -> Result<bool, EngineError> {
        lock(&self.connection, &table.name).await?;
        self.looks(table).await
    }

    async fn drop_aside(&mut self, aside: &TableName) -> Result<(), EngineError> {
        lock(&self.connection, &aside.name).await?;
        let drop = format!("DROP TABLE IF EXISTS {}", quote::table(aside));
        self.connection
            .execute(&drop, format!("failed to drop {aside}"))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::upper;

    #[test]
    fn a_bound_has_an_upper_end() {
        for (bound, wanted) in [
            (
                "FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')",
                Some("'2020-02-01'"),
            ),
            (
                "FOR VALUES FROM (MINVALUE) TO ('2020-02-01 00:00:00+00')",
                Some("'2020-02-01 00:00:00+00'"),
            ),
            ("FOR VALUES FROM ('1') TO (MAXVALUE)", None),
            ("DEFAULT", None),
            ("FOR VALUES IN ('a TO (b')", None),
        ] {
            assert_eq!(upper(bound), wanted, "{bound}");
        }
    }
}
