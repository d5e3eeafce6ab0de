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
use super::connection::{PROGRAM, Server};
use super::session::Purpose;
use super::{key, quote};
use crate::gathered::{Gathered, PIECE};
use crate::{Change, Changes, EngineError, ErrorKind};

/// How long the log may stay silent before the position asked for.
const SILENCE: Duration = Duration::from_secs(30);

/// Most changed rows held at once where very many may have changed, in all tables together.
const MOST_HELD: usize = 200_000;

/// A stream of the server's binary log, read up to wherever the server stands whenever it is asked.
pub(crate) struct Follower {
    server: Arc<Server>,
    stream: BinlogStream,
    scope: HashSet<String>,
    /// Tables with a key, by name.
    tables: HashMap<TableName, Table>,
    /// Tables whose rows a deleted or renamed row of another takes with it, by that other: InnoDB logs none of them.
    cascades: HashMap<TableName, Vec<TableName>>,
    /// Most changes held at once; of more, tables are given up.
    most: usize,
    /// How many changes are handed over at once, about; of more, the rest waits in the log.
    piece: usize,
    /// How far to go, while changes are handed over piece by piece.
    goal: Option<Goal>,
    file: String,
    offset: u64,
    /// Whether the first event came, in which the server says again which file was asked for. MariaDB ends the name there with a
    /// checksum, which no reader can know before the second event.
    begun: bool,
    /// What was taken in before an error, and told to nobody yet.
    gathered: Option<Gathered>,
}

/// Where the server stood: for the caller, and as file and offset.
#[derive(Clone)]
struct Goal {
    position: Position,
    file: String,
    offset: u64,
}

impl Follower {
    /// From now on.
    pub(crate) async fn open(server: Arc<Server>, scope: &Scope) -> Result<Self, EngineError> {
        let mut conn = server.connect(Purpose::Ask).await?;
        let (file, offset) = server.binary_log_end(&mut conn).await?;
        Self::stream(server, conn, scope, file, offset).await
    }

    /// From a place of the log on that an earlier check noted.
    pub(crate) async fn open_at(
        server: Arc<Server>,
        scope: &Scope,
        log: &Position,
    ) -> Result<Self, EngineError> {
        let mut conn = server.connect(Purpose::Ask).await?;
        let gone = |why: String| EngineError {
            hint: Some(
                "run a full check; what it leaves can be followed for as long as the log is kept".to_owned(),
            ),
            ..server.error(
                ErrorKind::Other,
                format!("failed to follow changes from {log} on: {why}"),
            )
        };
        let Position::BinlogFile { file, offset } = log else {
            return Err(gone("it is no place in a binary log".to_owned()));
        };
        let (end_file, end_offset) = server.binary_log_end(&mut conn).await?;
        let end = Position::BinlogFile {
            file: end_file,
            offset: end_offset,
        };
        let logs: Vec<Row> = server
            .rows_on(&mut conn, "failed to list the binary logs", "SHOW BINARY LOGS")
            .await?;
        let kept = logs
            .iter()
            .any(|row| row.get::<String, _>(0).as_ref() == Some(file));
        if !kept || !end.covers(log) {
            return Err(gone(format!(
                "the binary log was purged or begun anew, it ends at {end}"
            )));
        }
        let statement = server.flavor().await?.show_binary_log_status();
        let status: Vec<Row> = server
            .rows_on(&mut conn, "failed to read the binary log's filters", statement)
            .await?;
        let filtered = [2, 3].into_iter().any(|column| {
            let names = status
                .first()
                .and_then(|row| row.get::<Option<String>, _>(column).flatten());
            names.is_some_and(|names| !names.is_empty())
        });
        if filtered {
            return Err(gone(
                "it leaves databases out (`binlog_do_db`, `binlog_ignore_db`)".to_owned(),
            ));
        }
        let cascades = cascades(&server, &mut conn, scope).await?;
        let follower = Self::stream(Arc::clone(&server), conn, scope, file.clone(), *offset).await?;
        Ok(Self {
            cascades,
            most: MOST_HELD,
            // They are wanted all at once, before anything is compared.
            piece: usize::MAX,
            ..follower
        })
    }

    async fn stream(
        server: Arc<Server>,
        mut conn: Conn,
        scope: &Scope,
        file: String,
        offset: u64,
    ) -> Result<Self, EngineError> {
        let tables = server.tables(scope).await?;
        // A follower without a UUID makes MySQL 5.6 list its replicas with a column too few. Nobody may ask for what has changed
        // before a long check has ended, and a server ends whoever does not read for a minute.
        let heartbeat = "SET @master_heartbeat_period = 1000000000, @source_heartbeat_period = 1000000000, \
                         @slave_uuid = UUID(), @replica_uuid = @slave_uuid, \
                         SESSION net_write_timeout = 86400";
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
            .with_hostname(PROGRAM.as_bytes())
            .with_filename(file.as_bytes())
            .with_pos(offset);
        let stream = conn
            .get_binlog_stream(request)
            .await
            .map_err(|error| server.failed("failed to follow changes", error))?;
        Ok(Self {
            scope: scope.schemas.iter().cloned().collect(),
            tables: tables
                .into_iter()
                .map(|table| (table.name.clone(), table))
                .collect(),
            server,
            stream,
            cascades: HashMap::new(),
            most: usize::MAX,
            piece: PIECE,
            goal: None,
            file,
            offset,
            begun: false,
            gathered: None,
        })
    }

    /// Where the server stands now. The GTIDs are read first: every one of them is logged before the offset read after it.
    async fn end(&self) -> Result<Goal, EngineError> {
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
        Ok(Goal {
            position,
            file,
            offset,
        })
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

    /// Takes in all events up to a place, or as many as make a piece.
    async fn gather(&mut self, found: &mut Gathered, file: &str, offset: u64) -> Result<(), EngineError> {
        // Whether the events of a compressed transaction (`binlog_transaction_compression`) are to come: the stream has them
        // at hand, and the event that held them stands at their end in the file.
        let mut unpacking = false;
        while unpacking || !self.has_reached(file, offset) {
            if !unpacking && found.held() >= self.piece {
                return Ok(());
            }
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
            let kind = event.header().event_type_raw();
            let data = event.read_data().map_err(|error| self.unreadable(error))?;
            match data {
                Some(EventData::RotateEvent(_)) if !self.begun => {
                    self.begun = true;
                    continue;
                }
                Some(EventData::RotateEvent(rotate)) => {
                    self.file = rotate.name().into_owned();
                    self.offset = rotate.position();
                    unpacking = false;
                    continue;
                }
                Some(EventData::TransactionPayloadEvent(_)) => unpacking = true,
                Some(data) => self.changes(&data, found)?,
                None if kind >= FIRST_COMPRESSED => {
                    return Err(EngineError {
                        hint: Some(
                            "set `log_bin_compress = OFF` on the server, for sessions that begin after it, then run the same command again"
                                .to_owned(),
                        ),
                        ..self.unreadable(format!("an event of kind {kind} is compressed"))
                    });
                }
                None => {}
            }
            // Events the server makes up for the stream have no place in the file, nor have those that were packed.
            if end != 0 {
                self.offset = self.offset.max(u64::from(end));
            }
        }
        Ok(())
    }

    /// The changes of one event.
    fn changes(&self, data: &EventData<'_>, found: &mut Gathered) -> Result<(), EngineError> {
        match data {
            EventData::RowsEvent(rows) => self.row_changes(rows, found),
            EventData::QueryEvent(query) => {
                self.statement_changes(&query.query(), &query.schema(), found);
                Ok(())
            }
            // LOAD DATA of a session that logs statements.
            EventData::ExecuteLoadQueryEvent(query) => {
                self.statement_changes(&query.query(), &query.schema(), found);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What a logged statement may have changed. It names tables in its session's database, or any other's; names may be spelled
    /// otherwise where their case does not count.
    fn statement_changes(&self, text: &str, session_in: &str, found: &mut Gathered) {
        if !is_whole_table(text) {
            return;
        }
        let text = text.to_lowercase();
        let within = |schema: &String| schema == session_in || text.contains(&schema.to_lowercase());
        for table in self.tables.keys() {
            if (session_in.is_empty() || within(&table.schema)) && text.contains(&table.name.to_lowercase()) {
                found.add(Change {
                    table: table.clone(),
                    key: None,
                });
            }
        }
    }

    fn row_changes(&self, rows: &RowsEventData<'_>, found: &mut Gathered) -> Result<(), EngineError> {
        let Some(map) = self.stream.get_tme(rows.table_id()) else {
            return Err(self.unreadable("a row without its table"));
        };
        let name = TableName::new(map.database_name(), map.table_name());
        if !self.scope.contains(&name.schema) {
            return Ok(());
        }
        let table = self.tables.get(&name).filter(|table| table.key.is_some());
        let Some(table) = table else {
            found.add(Change {
                table: name,
                key: None,
            });
            return Ok(());
        };
        for row in rows.rows(map) {
            let (before, after) = row.map_err(|error| self.unreadable(error))?;
            if let Some(before) = &before
                && let Some(taken) = self.cascades.get(&name)
            {
                let key = |row| key_of(table, map, row);
                if after.as_ref().is_none_or(|after| key(after) != key(before)) {
                    for table in taken {
                        found.add(Change {
                            table: table.clone(),
                            key: None,
                        });
                    }
                }
            }
            for image in before.iter().chain(&after) {
                found.add(Change {
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

/// Which tables of the scope lose or change rows with a row of another, by that other, also by way of a third (manual, "FOREIGN
/// KEY Constraints": what cascades is not logged row by row).
async fn cascades(
    server: &Server,
    conn: &mut Conn,
    scope: &Scope,
) -> Result<HashMap<TableName, Vec<TableName>>, EngineError> {
    let sql = format!(
        "SELECT unique_constraint_schema, referenced_table_name, constraint_schema, table_name \
         FROM information_schema.referential_constraints \
         WHERE constraint_schema IN ({}) \
           AND (delete_rule IN ('CASCADE', 'SET NULL') OR update_rule IN ('CASCADE', 'SET NULL'))",
        quote::texts(&scope.schemas)
    );
    let rows: Vec<(String, String, String, String)> = server
        .rows_on(conn, "failed to look for keys that cascade", &sql)
        .await?;
    let next: Vec<(TableName, TableName)> = rows
        .into_iter()
        .map(|(schema, name, child_schema, child)| {
            (
                TableName::new(&schema, &name),
                TableName::new(&child_schema, &child),
            )
        })
        .collect();
    let mut all = HashMap::new();
    for (table, _) in &next {
        let mut taken: Vec<TableName> = Vec::new();
        let mut open = vec![table];
        while let Some(parent) = open.pop() {
            for (_, child) in next.iter().filter(|(from, _)| from == parent) {
                if !taken.contains(child) {
                    taken.push(child.clone());
                    open.push(child);
                }
            }
        }
        all.insert(table.clone(), taken);
    }
    Ok(all)
}

/// What follows the comments that a statement begins with; what a comment has the server run is none.
fn without_leading_comments(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    loop {
        let after = if let Some(run) = rest.strip_prefix("/*!") {
            return run.trim_start_matches(|c: char| c.is_ascii_digit() || c.is_whitespace());
        } else if rest.starts_with("/*") {
            rest.find("*/").map(|end| &rest[end + 2..])
        } else if rest.starts_with("--") || rest.starts_with('#') {
            rest.find('\n').map(|end| &rest[end + 1..])
        } else {
            return rest;
        };
        rest = after.unwrap_or_default().trim_start();
    }
}

/// From this kind on MariaDB's events are compressed ones (`log_bin_compress`, MariaDB's `log_event.h`), which are not read.
const FIRST_COMPRESSED: u8 = 165;

/// Statements that are not logged row by row.
fn is_whole_table(statement: &str) -> bool {
    let statement = without_leading_comments(statement);
    let first = statement.split_whitespace().next().unwrap_or_default();
    let schema = ["TRUNCATE", "ALTER", "DROP", "RENAME", "CREATE"];
    // Logged as statements where a session chose so.
    let rows = ["INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "WITH"];
    schema
        .iter()
        .chain(&rows)
        .any(|word| first.eq_ignore_ascii_case(word))
}

#[async_trait]
impl Changes for Follower {
    async fn next(&mut self) -> Result<(Vec<Change>, Option<Position>), EngineError> {
        let goal = match self.goal.take() {
            Some(goal) => goal,
            None => self.end().await?,
        };
        // What was gathered before an error is asked for again with what comes after it: the stream does not go back.
        let most = self.most;
        let mut found = self.gathered.take().unwrap_or_else(|| Gathered::new(most));
        match self.gather(&mut found, &goal.file, goal.offset).await {
            Ok(()) if self.has_reached(&goal.file, goal.offset) => {
                Ok((found.into_changes(), Some(goal.position)))
            }
            Ok(()) => {
                self.goal = Some(goal);
                Ok((found.into_changes(), None))
            }
            Err(error) => {
                // The next call looks anew how far there is to go.
                self.gathered = Some(found);
                Err(error)
            }
        }
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

    #[test]
    fn statements_are_known_behind_comments() {
        for whole in [
            "TRUNCATE TABLE t",
            "/* app:x */ truncate t",
            "  -- why\n# and\n/* a *//* b */ DELETE FROM t",
            "/*!40000 ALTER TABLE t DISABLE KEYS */",
        ] {
            assert!(super::is_whole_table(whole), "{whole}");
        }
        for none in [
            "BEGIN",
            "/* TRUNCATE t */ COMMIT",
            "SAVEPOINT a",
            "/* open",
            "",
            "FLUSH TABLES",
        ] {
            assert!(!super::is_whole_table(none), "{none}");
        }
    }

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
        assert!(super::is_whole_table("UPDATE t SET a = 1"));
        assert!(!super::is_whole_table("BEGIN"));
    }
}
