//! Following which rows change, from the binary log.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{Column, KeyBound, KeyPart, Position, Scope, Table, TableName};
use futures_util::{FutureExt, StreamExt};
use mysql_async::binlog::events::{EventData, RowsEventData, TableMapEvent};
use mysql_async::binlog::row::BinlogRow;
use mysql_async::binlog::value::BinlogValue;
use mysql_async::{BinlogStream, BinlogStreamRequest, Conn, Row, Value};
use tokio::time::timeout;

use super::column::{Kind, kind};
use super::connection::Server;
use super::key;
use super::session::Purpose;
use crate::{Change, Changes, EngineError, ErrorKind};

/// How long the log may stay silent before the position asked for.
const SILENCE: Duration = Duration::from_secs(30);

/// A stream of the server's binary log, read up to wherever the server stands whenever it is asked.
pub(crate) struct Follower {
    server: Arc<Server>,
    stream: BinlogStream,
    scope: HashSet<String>,
    /// Tables with a key, by name.
    tables: HashMap<TableName, Table>,
    file: String,
    offset: u64,
}

impl Follower {
    pub(crate) async fn open(server: Arc<Server>, scope: &Scope) -> Result<Self, EngineError> {
        let mut conn = server.connect(Purpose::Ask).await?;
        let (file, offset) = server.binary_log_end(&mut conn).await?;
        let image = server.schema(scope, server.flavor().await?).await?;
        // A follower without a UUID makes MySQL 5.6 list its replicas with a column too few.
        let heartbeat = "SET @master_heartbeat_period = 1000000000, @source_heartbeat_period = 1000000000, \
                         @slave_uuid = UUID(), @replica_uuid = @slave_uuid";
        server
            .rows_on::<Row>(&mut conn, "failed to prepare following changes", heartbeat)
            .await?;
        let (id,) = server
            .row::<(u32,)>(
                "failed to choose a server id",
                "SELECT 3000000000 + FLOOR(RAND() * 1000000000) + 0",
            )
            .await?;
        let request = BinlogStreamRequest::new(id)
            .with_filename(file.as_bytes())
            .with_pos(offset);
        let stream = conn
            .get_binlog_stream(request)
            .await
            .map_err(|error| server.failed("failed to follow changes", error))?;
        Ok(Self {
            scope: scope.schemas.iter().cloned().collect(),
            tables: image
                .tables
                .into_iter()
                .map(|table| (table.name.clone(), table))
                .collect(),
            server,
            stream,
            file,
            offset,
        })
    }

    /// Where the server stands now: for the caller, and as file and offset. The GTIDs are read first: every one of them
    /// is logged before the offset read after it.
    async fn end(&self) -> Result<(Position, String, u64), EngineError> {
        let mut conn: Conn = self.server.borrow().await?;
        let position = self.server.position_on(&mut conn).await?;
        let (file, offset) = self.server.binary_log_end(&mut conn).await?;
        self.server.keep(conn);
        let position = match position {
            Position::Gtid(_) => position,
            _ => Position::BinlogFile {
                file: file.clone(),
                offset,
            },
        };
        Ok((position, file, offset))
    }

    fn has_reached(&self, file: &str, offset: u64) -> bool {
        (self.file.as_str(), self.offset) >= (file, offset)
    }

    fn unreadable(&self, error: impl std::fmt::Display) -> EngineError {
        let what = format!(
            "failed to read the binary log at {}:{}: {error}",
            self.file, self.offset
        );
        self.server.error(ErrorKind::Other, what)
    }

    /// The changes of one event.
    fn changes(&self, data: &EventData<'_>, found: &mut HashSet<Change>) -> Result<(), EngineError> {
        match data {
            EventData::RowsEvent(rows) => self.row_changes(rows, found),
            EventData::QueryEvent(query) => {
                let text = query.query();
                let schema = query.schema();
                if is_whole_table(&text) && (schema.is_empty() || self.scope.contains(schema.as_ref())) {
                    for table in self.tables.keys().filter(|table| text.contains(&table.name)) {
                        found.insert(Change {
                            table: table.clone(),
                            key: None,
                        });
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn row_changes(&self, rows: &RowsEventData<'_>, found: &mut HashSet<Change>) -> Result<(), EngineError> {
        let Some(map) = self.stream.get_tme(rows.table_id()) else {
            return Err(self.unreadable("a row without its table"));
        };
        let name = TableName::new(map.database_name(), map.table_name());
        if !self.scope.contains(&name.schema) {
            return Ok(());
        }
        let table = self.tables.get(&name).filter(|table| table.key.is_some());
        let Some(table) = table else {
            found.insert(Change {
                table: name,
                key: None,
            });
            return Ok(());
        };
        for row in rows.rows(map) {
            let (before, after) = row.map_err(|error| self.unreadable(error))?;
            for image in before.iter().chain(&after) {
                found.insert(Change {
                    table: name.clone(),
                    key: key_of(table, map, image),
                });
            }
        }
        Ok(())
    }
}

/// The key in a row's image. `None`, which stands for the whole table, when it cannot be read.
fn key_of(table: &Table, map: &TableMapEvent<'_>, row: &BinlogRow) -> Option<KeyBound> {
    if map.columns_count() != table.columns.len() as u64 {
        return None;
    }
    let parts = key::columns(table).into_iter().map(|column| {
        let index = table.columns.iter().position(|other| other.name == column.name)?;
        match row.as_ref(index)? {
            BinlogValue::Value(value) => part(column, value),
            _ => None,
        }
    });
    parts.collect::<Option<Vec<_>>>().map(KeyBound)
}

fn part(column: &Column, value: &Value) -> Option<KeyPart> {
    match (kind(column), value) {
        (Kind::Integer, Value::Int(number)) => Some(KeyPart::Integer(whole(column, *number))),
        (Kind::Integer, Value::UInt(number)) => Some(KeyPart::Integer(i128::from(*number))),
        (Kind::Text, Value::Bytes(bytes)) => Some(KeyPart::Bytes(bytes.clone())),
        (Kind::Binary, Value::Bytes(bytes)) => Some(KeyPart::Bytes(padded(column, bytes))),
        (Kind::Decimal, Value::Bytes(bytes)) => String::from_utf8(bytes.clone()).ok().map(KeyPart::Text),
        (Kind::Enum, Value::Int(number)) => Some(KeyPart::Integer(i128::from(*number))),
        // Other kinds are rare as keys: their tables are looked at whole.
        _ => None,
    }
}

/// Old servers log no signs: a negative number in an unsigned column is the upper half of its range.
fn whole(column: &Column, number: i64) -> i128 {
    if number >= 0 || !column.full_type.contains("unsigned") {
        return i128::from(number);
    }
    let bits = match column.base_type.as_str() {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" => 32,
        _ => 64,
    };
    i128::from(number) + (1_i128 << bits)
}

/// `BINARY(n)` is logged without its trailing zeros.
fn padded(column: &Column, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let length = column
        .full_type
        .strip_prefix("binary(")
        .and_then(|rest| rest.strip_suffix(')')?.parse::<usize>().ok());
    if let Some(length) = length {
        bytes.resize(length.max(bytes.len()), 0);
    }
    bytes
}

/// Statements that are not logged row by row.
fn is_whole_table(statement: &str) -> bool {
    let first = statement.split_whitespace().next().unwrap_or_default();
    ["TRUNCATE", "ALTER", "DROP", "RENAME", "CREATE"]
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word))
}

#[async_trait]
impl Changes for Follower {
    async fn next(&mut self) -> Result<(Vec<Change>, Position), EngineError> {
        let (position, file, offset) = self.end().await?;
        let mut found = HashSet::new();
        // Whether the events of a compressed transaction (`binlog_transaction_compression`) are to come: the stream has them
        // at hand, and the event that held them stands at their end in the file.
        let mut unpacking = false;
        while unpacking || !self.has_reached(&file, offset) {
            let next = if unpacking {
                let Some(event) = self.stream.next().now_or_never() else {
                    unpacking = false;
                    continue;
                };
                Ok(event)
            } else {
                timeout(SILENCE, self.stream.next()).await
            };
            let event = match next {
                Ok(Some(Ok(event))) => event,
                Ok(Some(Err(error))) => return Err(self.server.failed("failed to follow changes", error)),
                Ok(None) => {
                    return Err(self
                        .server
                        .error(ErrorKind::ConnectionLost, "the stream of changes ended"));
                }
                Err(_) => {
                    return Err(self
                        .server
                        .error(ErrorKind::Interrupted, "the stream of changes fell silent"));
                }
            };
            let end = event.header().log_pos();
            let data = event.read_data().map_err(|error| self.unreadable(error))?;
            match data {
                Some(EventData::RotateEvent(rotate)) => {
                    self.file = rotate.name().into_owned();
                    self.offset = rotate.position();
                    unpacking = false;
                    continue;
                }
                Some(EventData::TransactionPayloadEvent(_)) => unpacking = true,
                Some(data) => self.changes(&data, &mut found)?,
                None => {}
            }
            // Events the server makes up for the stream have no place in the file, nor have those that were packed.
            if end != 0 {
                self.offset = self.offset.max(u64::from(end));
            }
        }
        Ok((found.into_iter().collect(), position))
    }

    async fn close(self: Box<Self>) -> Result<(), EngineError> {
        // Ending the connection ends the dump; an error says that it is gone already.
        drop(self.stream.close().await);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::Column;

    fn column(base_type: &str, full_type: &str) -> Column {
        Column {
            name: "k".to_owned(),
            base_type: base_type.to_owned(),
            full_type: full_type.to_owned(),
            charset: None,
            nullable: false,
            generated: false,
        }
    }

    #[test]
    fn signs_are_known_from_the_column() {
        assert_eq!(super::whole(&column("tinyint", "tinyint unsigned"), -1), 255);
        assert_eq!(
            super::whole(&column("int", "int(10) unsigned"), -1),
            4_294_967_295
        );
        assert_eq!(
            super::whole(&column("bigint", "bigint unsigned"), -1),
            i128::from(u64::MAX)
        );
        assert_eq!(super::whole(&column("int", "int"), -1), -1);
    }

    #[test]
    fn binary_keys_get_their_zeros_back() {
        assert_eq!(super::padded(&column("binary", "binary(4)"), &[1]), [1, 0, 0, 0]);
        assert_eq!(super::padded(&column("varbinary", "varbinary(4)"), &[1]), [1]);
    }

    #[test]
    fn statements_about_whole_tables_are_recognised() {
        assert!(super::is_whole_table("TRUNCATE TABLE t"));
        assert!(super::is_whole_table(" alter table t add x int"));
        assert!(!super::is_whole_table("BEGIN"));
    }
}
