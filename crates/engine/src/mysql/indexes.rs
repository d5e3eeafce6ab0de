//! Indexes as they are, and statements of new ones (manual, "The INFORMATION_SCHEMA STATISTICS Table", "Online DDL Operations").

use std::collections::{BTreeMap, HashMap};

use daybreak_model::TableName;
use mysql_async::{Row, from_value_opt};

use super::connection::Server;
use super::quote;
use crate::{EngineError, IndexStatements, NewIndex, Statement, TableIndex};

/// For how long the statement that makes an index may wait for the table, in seconds: all others wait behind it.
const LOCK_SECONDS: u32 = 5;

impl Server {
    /// The indexes of tables.
    pub(super) async fn indexes(&self, tables: &[TableName]) -> Result<Vec<TableIndex>, EngineError> {
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        let flavor = self.flavor().await?;
        let visible = if flavor.indexes_expressions() {
            "IS_VISIBLE = 'YES'"
        } else {
            "TRUE"
        };
        let named = tables
            .iter()
            .map(|table| format!("({}, {})", quote::text(&table.schema), quote::text(&table.name)))
            .collect::<Vec<_>>()
            .join(", ");
        let sql = format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, CAST(NON_UNIQUE AS CHAR), \
             CAST(SUB_PART IS NULL AND INDEX_TYPE = 'BTREE' AND COLLATION = 'A' AND {visible} AS CHAR) \
             FROM information_schema.STATISTICS WHERE (TABLE_SCHEMA, TABLE_NAME) IN ({named}) \
             ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"
        );
        let rows: Vec<Row> = self.rows("failed to read the indexes", &sql).await?;
        let mut indexes: BTreeMap<(TableName, String), TableIndex> = BTreeMap::new();
        for row in rows {
            let text = |at: usize| {
                row.as_ref(at)
                    .and_then(|value| from_value_opt::<String>(value.clone()).ok())
            };
            let (Some(schema), Some(table), Some(name)) = (text(0), text(1), text(2)) else {
                continue;
            };
            let table = TableName::new(schema, table);
            let unique = text(4).as_deref() == Some("0");
            let index = indexes
                .entry((table.clone(), name.clone()))
                .or_insert(TableIndex {
                    table,
                    name,
                    columns: Vec::new(),
                    plain: true,
                    unique,
                    needed: unique,
                    bytes: None,
                    reads: None,
                });
            index.columns.push(text(3));
            index.plain &= text(5).as_deref() == Some("1") && text(3).is_some();
        }
        let mut indexes: Vec<TableIndex> = indexes.into_values().collect();
        let sizes = format!(
            "SELECT database_name, table_name, index_name, CAST(stat_value * @@innodb_page_size AS CHAR) \
             FROM mysql.innodb_index_stats WHERE stat_name = 'size' AND (database_name, table_name) IN ({named})"
        );
        let reads = format!(
            "SELECT OBJECT_SCHEMA, OBJECT_NAME, INDEX_NAME, CAST(COUNT_STAR AS CHAR) \
             FROM performance_schema.table_io_waits_summary_by_index_usage \
             WHERE INDEX_NAME IS NOT NULL AND @@performance_schema AND (OBJECT_SCHEMA, OBJECT_NAME) IN ({named})"
        );
        // What the account may not read, or the server does not count, stays untold.
        let (sizes, reads) = (self.by_index(&sizes).await, self.by_index(&reads).await);
        for index in &mut indexes {
            let name = (index.table.clone(), index.name.clone());
            index.bytes = sizes.get(&name).copied();
            index.reads = reads.get(&name).copied();
        }
        Ok(indexes)
    }

    async fn by_index(&self, sql: &str) -> HashMap<(TableName, String), u64> {
        let told: Result<Vec<(String, String, String, String)>, EngineError> =
            self.rows("failed to read figures of indexes", sql).await;
        let figures = told.unwrap_or_default().into_iter();
        figures
            .filter_map(|(schema, table, index, figure)| {
                Some(((TableName::new(schema, table), index), figure.parse().ok()?))
            })
            .collect()
    }
}

/// InnoDB makes and drops an index while others write. Where it cannot, the statement is refused and nobody waits.
pub(super) fn statements(index: &NewIndex) -> IndexStatements {
    let (table, name) = (quote::table(&index.table), quote::name(&index.name));
    let columns = index
        .columns
        .iter()
        .map(|(column, length)| match length {
            Some(length) => format!("{}({length})", quote::name(column)),
            None => quote::name(column),
        })
        .collect::<Vec<_>>()
        .join(", ");
    let patience = || Statement {
        what: "set a session's patience".to_owned(),
        text: format!("SET SESSION lock_wait_timeout = {LOCK_SECONDS}"),
    };
    let change = |verb: &str, what: String| Statement {
        what: format!("{verb} index {name} of {table}"),
        text: format!("ALTER TABLE {table} {what}, ALGORITHM=INPLACE, LOCK=NONE"),
    };
    IndexStatements {
        make: vec![
            patience(),
            change("make", format!("ADD INDEX {name} ({columns})")),
        ],
        drop: vec![patience(), change("drop", format!("DROP INDEX {name}"))],
    }
}
