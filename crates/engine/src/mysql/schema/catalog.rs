//! Tables, columns and keys as `information_schema` lists them.

use std::collections::BTreeMap;

use daybreak_model::{Column, KeyColumn, RowKey, Scope, Table, TableName};
use mysql_async::{Conn, Row};

use super::super::column::{Kind, kind};
use super::super::connection::Server;
use super::super::quote;
use crate::{EngineError, ErrorKind};

/// A table or view with what the model's [`Table`] does not hold.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) table: Table,
    /// `BASE TABLE`, `VIEW`, `SEQUENCE`, `SYSTEM VERSIONED`.
    pub(super) table_type: String,
    pub(super) engine: String,
    pub(super) collation: String,
    pub(super) row_format: String,
    pub(super) options: String,
    /// Per column, in the table's order: its collation.
    pub(super) collations: Vec<Option<String>>,
    /// The column that counts by itself.
    pub(super) auto_increment: Option<String>,
}

impl Listed {
    /// Whether it holds rows.
    pub(super) fn is_table(&self) -> bool {
        self.table_type == "BASE TABLE" || self.table_type == "SYSTEM VERSIONED"
    }
}

type Name = (String, String);

/// All tables and views of the scope, by name.
pub(super) async fn tables(
    server: &Server,
    conn: &mut Conn,
    scope: &Scope,
) -> Result<Vec<Listed>, EngineError> {
    let schemas = quote::texts(&scope.schemas);
    let mut columns = columns(server, conn, &schemas).await?;
    let mut keys = keys(server, conn, &schemas).await?;
    let rows: Vec<Row> = server
        .rows_on(
            conn,
            "failed to list the tables",
            &format!(
                "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, COALESCE(ENGINE, ''), COALESCE(TABLE_COLLATION, ''), \
                 COALESCE(ROW_FORMAT, ''), COALESCE(CREATE_OPTIONS, ''), COALESCE(TABLE_ROWS, 0), \
                 COALESCE(DATA_LENGTH, 0) FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA IN ({schemas}) ORDER BY TABLE_SCHEMA, TABLE_NAME"
            ),
        )
        .await?;
    let mut listed = Vec::with_capacity(rows.len());
    for row in rows {
        let what = "failed to list the tables";
        let (schema, name, table_type, engine, collation, row_format, options, rows, bytes) =
            mysql_async::from_row_opt::<(String, String, String, String, String, String, String, u64, u64)>(
                row,
            )
            .map_err(|error| server.error(ErrorKind::Other, format!("{what}: {error}")))?;
        let id = (schema.clone(), name.clone());
        let found = columns.remove(&id).unwrap_or_default();
        let key = keys.remove(&id).and_then(|keys| row_key(&keys, &found));
        let (auto_increment, collations) = (
            found
                .iter()
                .find(|column| column.extra.contains("auto_increment"))
                .map(|column| column.column.name.clone()),
            found.iter().map(|column| column.collation.clone()).collect(),
        );
        listed.push(Listed {
            table: Table {
                name: TableName::new(schema, name),
                columns: found.into_iter().map(|column| column.column).collect(),
                key,
                estimated_rows: rows,
                estimated_bytes: bytes,
            },
            table_type,
            engine,
            collation,
            row_format,
            options,
            collations,
            auto_increment,
        });
    }
    Ok(listed)
}

#[derive(Debug)]
struct ListedColumn {
    column: Column,
    collation: Option<String>,
    extra: String,
}

async fn columns(
    server: &Server,
    conn: &mut Conn,
    schemas: &str,
) -> Result<BTreeMap<Name, Vec<ListedColumn>>, EngineError> {
    type Fields = (
        String,
        String,
        String,
        String,
        String,
        Option<String>,
        Option<String>,
        String,
        String,
    );
    let rows: Vec<Fields> = server
        .rows_on(
            conn,
            "failed to list the columns",
            &format!(
                "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, \
                 COLLATION_NAME, IS_NULLABLE, EXTRA FROM information_schema.COLUMNS \
                 WHERE TABLE_SCHEMA IN ({schemas}) ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION"
            ),
        )
        .await?;
    let mut columns: BTreeMap<Name, Vec<ListedColumn>> = BTreeMap::new();
    for (schema, table, name, base_type, full_type, charset, collation, nullable, extra) in rows {
        let generated = ["VIRTUAL", "STORED", "PERSISTENT"]
            .iter()
            .any(|word| extra.contains(word));
        columns.entry((schema, table)).or_default().push(ListedColumn {
            column: Column {
                name,
                base_type: base_type.to_lowercase(),
                full_type,
                charset,
                nullable: nullable == "YES",
                generated,
            },
            collation,
            extra,
        });
    }
    Ok(columns)
}

#[derive(Debug, Default)]
struct UniqueKey {
    columns: Vec<Option<String>>,
    nullable: bool,
    prefix: bool,
}

/// Unique keys by table and index name.
async fn keys(
    server: &Server,
    conn: &mut Conn,
    schemas: &str,
) -> Result<BTreeMap<Name, BTreeMap<String, UniqueKey>>, EngineError> {
    type Fields = (String, String, String, Option<String>, Option<u64>, String);
    let rows: Vec<Fields> = server
        .rows_on(
            conn,
            "failed to list the keys",
            &format!(
                "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART, COALESCE(NULLABLE, '') \
                 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA IN ({schemas}) AND NON_UNIQUE = 0 \
                 ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"
            ),
        )
        .await?;
    let mut keys: BTreeMap<Name, BTreeMap<String, UniqueKey>> = BTreeMap::new();
    for (schema, table, index, column, prefix, nullable) in rows {
        let key = keys.entry((schema, table)).or_default().entry(index).or_default();
        key.columns.push(column);
        key.nullable |= nullable == "YES";
        key.prefix |= prefix.is_some();
    }
    Ok(keys)
}

/// The primary key, else the unique key of fewest columns that can hold no NULL; none over prefixes, expressions,
/// generated columns or types whose values cannot be compared as they are read.
fn row_key(keys: &BTreeMap<String, UniqueKey>, columns: &[ListedColumn]) -> Option<RowKey> {
    let usable = |index: &String, key: &UniqueKey| {
        let mut parts = Vec::new();
        for name in &key.columns {
            let column = &columns
                .iter()
                .find(|column| Some(&column.column.name) == name.as_ref())?
                .column;
            let kind = kind(column);
            if key.nullable || key.prefix || column.generated || matches!(kind, Kind::Json | Kind::Geometry) {
                return None;
            }
            parts.push(KeyColumn {
                name: column.name.clone(),
                integer: kind == Kind::Integer,
            });
        }
        Some(RowKey {
            index: index.clone(),
            columns: parts,
        })
    };
    let mut candidates: Vec<RowKey> = keys
        .iter()
        .filter_map(|(index, key)| usable(index, key))
        .collect();
    candidates.sort_by_key(|key| (key.index != "PRIMARY", key.columns.len(), !key.columns[0].integer));
    candidates.into_iter().next()
}

/// The text of `SHOW CREATE <what> <name>`: the column whose name begins with `Create`.
pub(super) async fn show_create(
    server: &Server,
    conn: &mut Conn,
    what: &str,
    name: &TableName,
) -> Result<String, EngineError> {
    let row = show_create_row(server, conn, what, name).await?;
    created(&row).ok_or_else(|| {
        server.error(
            ErrorKind::Privilege,
            format!("failed to read the definition of {} {name}", what.to_lowercase()),
        )
    })
}

/// The whole row of `SHOW CREATE <what> <name>`.
pub(super) async fn show_create_row(
    server: &Server,
    conn: &mut Conn,
    what: &str,
    name: &TableName,
) -> Result<Row, EngineError> {
    let failed = format!("failed to read the definition of {} {name}", what.to_lowercase());
    let sql = format!("SHOW CREATE {what} {}", quote::table(name));
    let rows: Vec<Row> = server.rows_on(conn, &failed, &sql).await?;
    rows.into_iter()
        .next()
        .ok_or_else(|| server.error(ErrorKind::SchemaChanged, failed))
}

/// The definition in a row of `SHOW CREATE`; `None` where the account may not see it.
pub(super) fn created(row: &Row) -> Option<String> {
    let position = row
        .columns_ref()
        .iter()
        .position(|column| column.name_str().starts_with("Create "))?;
    row.get::<Option<String>, _>(position).flatten()
}
