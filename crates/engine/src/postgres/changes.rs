//! Follows which rows change, by a slot of our own that ends with our session.

use std::collections::HashMap;

use async_trait::async_trait;
use daybreak_model::{KeyBound, KeyPart, Lsn, Position, Scope, Table, TableName};
use futures_util::{StreamExt, pin_mut};
use tokio_postgres::SimpleQueryMessage;

use super::classify::{failure, trouble};
use super::connection::{Connection, Purpose};
use super::pgoutput::{Message, Relation, Tuple, Value, decode, from_hex};
use super::server::Server;
use super::{publication, quote, schema};
use crate::gathered::{Gathered, PIECE};
use crate::{Change, Changes, EngineError, ErrorKind};

/// Publications of ours begin with this; the rest is the session they belong to.
const PREFIX: &str = "daybreak_changes_";

/// Most changed rows held at once where very many may have changed, in all tables together.
pub(crate) const MOST_HELD: usize = 200_000;

/// One session that decodes the log.
pub(crate) struct Follower {
    connection: Connection,
    name: String,
    tables: HashMap<TableName, Table>,
    relations: HashMap<u32, Relation>,
    /// Tables whose changed rows the log does not name: reported as changed each time.
    unidentified: Vec<TableName>,
    /// Whether slot and publication outlive the session, and keep what was read; then it holds no more changes than this.
    kept: Option<usize>,
    /// How far to go, while changes are handed over piece by piece.
    goal: Option<Lsn>,
    /// Whether changes were read and not handed over: the slot does not give them again.
    lost: bool,
}

/// Begins to follow.
pub(crate) async fn follow(server: &Server, scope: &Scope) -> Result<Box<dyn Changes>, EngineError> {
    let what = "failed to follow changes";
    let flavor = server.flavor().await?;
    let connection = Connection::open(&server.endpoint, Purpose::Rows).await?;
    drop_abandoned(&connection).await?;
    let pid = connection.value("SELECT pg_backend_pid()", what).await?;
    let name = format!("{PREFIX}{}", pid.unwrap_or_default());
    let unidentified = publication::for_changes(&connection, flavor, scope, &name).await?;
    let slot = format!(
        "SELECT pg_create_logical_replication_slot({}, 'pgoutput', true)",
        quote::literal(&name)
    );
    let tables = schema::tables(&connection, scope).await?;
    let follower = Follower::over(connection, name, tables, unidentified, None);
    if let Err(error) = follower.connection.execute(&slot, what).await {
        follower.drop_publication().await?;
        if error.kind != ErrorKind::Lock {
            return Err(error);
        }
        return Err(match oldest_writer(&follower.connection).await.ok().flatten() {
            Some(whose) => EngineError {
                hint: Some(format!(
                    "a slot begins only after every transaction that wrote before it has ended: {whose}; end it, or wait for it, then \
                     run the same command again"
                )),
                ..error
            },
            None => error,
        });
    }
    Ok(Box::new(follower))
}

/// Whose transaction has been open longest of those that have written, and for how long.
async fn oldest_writer(connection: &Connection) -> Result<Option<String>, EngineError> {
    let oldest = "SELECT format('that of %s@%s has been open for %s s', usename, coalesce(host(client_addr), 'local'),
                                round(extract(epoch FROM clock_timestamp() - xact_start)::numeric, 1))
                  FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT 1";
    connection
        .value(oldest, "failed to look for open transactions")
        .await
}

/// Publications whose session ended without dropping them.
async fn drop_abandoned(connection: &Connection) -> Result<(), EngineError> {
    let what = "failed to look for publications left behind";
    let list = format!(
        "SELECT pubname FROM pg_publication
         WHERE starts_with(pubname, '{PREFIX}')
           AND substr(pubname, {}) NOT IN (SELECT pid::text FROM pg_stat_activity)",
        PREFIX.len() + 1
    );
    for row in connection.simple(&list, what).await? {
        let name = quote::identifier(row.get(0).unwrap_or_default());
        connection
            .execute(&format!("DROP PUBLICATION IF EXISTS {name}"), what)
            .await?;
    }
    Ok(())
}

impl Follower {
    pub(crate) fn over(
        connection: Connection,
        name: String,
        tables: Vec<Table>,
        unidentified: Vec<TableName>,
        kept: Option<usize>,
    ) -> Self {
        Self {
            connection,
            name,
            tables: tables
                .into_iter()
                .map(|table| (table.name.clone(), table))
                .collect(),
            relations: HashMap::new(),
            unidentified,
            kept,
            goal: None,
            lost: false,
        }
    }

    /// Where the server's log stands now, on disk.
    async fn end(&self, what: &str) -> Result<Lsn, EngineError> {
        // A slot yields what is on disk; a transaction that waits for the disk brings all before it there.
        let ask = match self.kept {
            None => {
                "BEGIN; SELECT pg_logical_emit_message(true, 'daybreak', ''); COMMIT; SELECT pg_current_wal_flush_lsn()"
            }
            Some(_) => "SELECT pg_current_wal_flush_lsn()",
        };
        let lsn = self.connection.value(ask, what).await?;
        lsn.and_then(|text| text.parse().ok())
            .ok_or_else(|| trouble(self.connection.server(), what, ErrorKind::Other, None))
    }

    async fn drop_publication(&self) -> Result<(), EngineError> {
        let sql = format!("DROP PUBLICATION IF EXISTS {}", quote::identifier(&self.name));
        self.connection
            .execute(&sql, "failed to drop the publication for changes")
            .await
    }

    fn note(&mut self, bytes: &[u8], changes: &mut Gathered) -> Result<(), EngineError> {
        let message = decode(bytes).map_err(|error| EngineError {
            source: Some(Box::new(error)),
            ..trouble(
                self.connection.server(),
                "failed to read a change",
                ErrorKind::Other,
                None,
            )
        })?;
        match message {
            Message::Relation(relation) => {
                self.relations.insert(relation.oid, relation);
            }
            Message::Insert { relation, new } => self.change(relation, &new, None, changes),
            Message::Update { relation, old, new } => {
                self.change(relation, &new, old.as_ref(), changes);
                if let Some(old) = old {
                    self.change(relation, &old, None, changes);
                }
            }
            Message::Delete { relation, old } => self.change(relation, &old, None, changes),
            Message::Truncate { relations } => {
                for table in relations.iter().filter_map(|relation| self.table(*relation)) {
                    changes.add(Change {
                        table: table.name.clone(),
                        key: None,
                    });
                }
            }
            Message::Other => {}
        }
        Ok(())
    }

    fn table(&self, relation: u32) -> Option<&Table> {
        let relation = self.relations.get(&relation)?;
        self.tables.get(&TableName::new(&relation.schema, &relation.name))
    }

    /// Notes a changed row by its key; the whole table where the log does not hold all of the key.
    fn change(&self, relation: u32, row: &Tuple, old: Option<&Tuple>, changes: &mut Gathered) {
        let known = self.relations.get(&relation).zip(self.table(relation));
        let Some((Relation { columns, .. }, table)) = known else {
            return;
        };
        let value = |name: &str| {
            let place = columns.iter().position(|column| column == name)?;
            match (row.get(place)?, old.and_then(|old| old.get(place))) {
                (Value::Text(text), _) | (Value::Unchanged, Some(Value::Text(text))) => Some(text.as_str()),
                _ => None,
            }
        };
        let key = table.key.as_ref().and_then(|key| {
            let parts = key.columns.iter().map(|column| {
                let text = value(&column.name)?;
                Some(part(table, &column.name, column.integer, text))
            });
            parts.collect::<Option<Vec<_>>>().map(KeyBound)
        });
        changes.add(Change {
            table: table.name.clone(),
            key,
        });
    }
}

/// A value as the type's output function prints it, in the form that `::text` gives it.
fn part(table: &Table, column: &str, integer: bool, text: &str) -> KeyPart {
    let base_type = table.columns.iter().find(|candidate| candidate.name == column);
    match base_type.map_or("", |column| column.base_type.as_str()) {
        _ if integer => text
            .parse()
            .map_or_else(|_| KeyPart::Text(text.to_owned()), KeyPart::Integer),
        "boolean" => KeyPart::Text(if text == "t" { "true" } else { "false" }.to_owned()),
        "bpchar" => KeyPart::Text(text.trim_end_matches(' ').to_owned()),
        _ => KeyPart::Text(text.to_owned()),
    }
}

#[async_trait]
impl Changes for Follower {
    async fn next(&mut self) -> Result<(Vec<Change>, Option<Position>), EngineError> {
        let what = "failed to read changes";
        if self.lost {
            let why = "failed to read changes: some were lost with an error before";
            return Err(trouble(self.connection.server(), why, ErrorKind::Other, None));
        }
        let lsn = match self.goal.take() {
            Some(goal) => goal,
            None => self.end(what).await?,
        };
        // What is kept is wanted all at once. Else the server ends a piece with the transaction that fills it, and goes on there.
        let (how, up_to, most) = match self.kept {
            Some(_) => ("peek", "NULL".to_owned(), "NULL".to_owned()),
            None => ("get", format!("'{lsn}'"), PIECE.to_string()),
        };
        let get = format!(
            "SELECT encode(data, 'hex') FROM pg_logical_slot_{how}_binary_changes({name}, {up_to}, {most},
                 'proto_version', '1', 'publication_names', {list})",
            name = quote::literal(&self.name),
            list = quote::literal(&quote::identifier(&self.name)),
        );
        self.lost = self.kept.is_none();
        let server = self.connection.server().to_owned();
        let lost = |error| failure(&server, what, error);
        let rows = self
            .connection
            .client()
            .simple_query_raw(&get)
            .await
            .map_err(lost)?;
        pin_mut!(rows);
        let mut changes = Gathered::new(self.kept.unwrap_or(usize::MAX));
        let mut messages = 0;
        while let Some(message) = rows.next().await {
            if let SimpleQueryMessage::Row(row) = message.map_err(lost)? {
                messages += 1;
                self.note(&from_hex(row.get(0).unwrap_or_default()), &mut changes)?;
            }
        }
        self.lost = false;
        for table in &self.unidentified {
            changes.add(Change {
                table: table.clone(),
                key: None,
            });
        }
        if self.kept.is_none() && messages >= PIECE {
            self.goal = Some(lsn);
            return Ok((changes.into_changes(), None));
        }
        Ok((changes.into_changes(), Some(Position::Lsn(lsn))))
    }

    async fn close(self: Box<Self>) -> Result<(), EngineError> {
        if self.kept.is_some() {
            return Ok(());
        }
        let drop = format!("SELECT pg_drop_replication_slot({})", quote::literal(&self.name));
        self.connection
            .execute(&drop, "failed to drop the slot for changes")
            .await?;
        self.drop_publication().await
    }
}
