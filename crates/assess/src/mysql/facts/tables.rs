use daybreak_engine::{Database, EngineError};
use daybreak_model::TableName;

use super::Fact;

/// A base table.
pub(crate) struct Table {
    pub(crate) name: TableName,
    pub(crate) engine: String,
}

impl Table {
    /// Its name as a statement wants it.
    pub(crate) fn quoted(&self) -> String {
        let quote = |name: &str| format!("`{}`", name.replace('`', "``"));
        format!("{}.{}", quote(&self.name.schema), quote(&self.name.name))
    }
}

pub(super) async fn gather(server: &dyn Database) -> Result<Fact<Vec<Table>>, EngineError> {
    let question = "SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM information_schema.TABLES \
                    WHERE TABLE_TYPE = 'BASE TABLE' \
                    AND TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')";
    let rows = server.ask("failed to list tables", question).await?;
    let table = |row: daybreak_engine::TextRow| {
        let mut values = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || values.next().unwrap_or_default();
        Table {
            name: TableName::new(next(), next()),
            engine: next(),
        }
    };
    Ok(Ok(rows.into_iter().map(table).collect()))
}
