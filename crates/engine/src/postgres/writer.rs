//! Writing rows and schema during a load.

use async_trait::async_trait;
use bytes::Bytes;
use daybreak_model::{RowRange, Table};
use futures_util::{SinkExt, StreamExt, pin_mut};
use tokio::sync::mpsc;
use tokio_postgres::{CopyInSink, SimpleQueryMessage};

use super::classify::{failure, trouble};
use super::connection::Connection;
use super::relation::Relations;
use super::{encode, keys, quote};
use crate::{Block, Copied, EngineError, ErrorKind, Statement, Write};

/// The largest message of rows, in bytes.
const MESSAGE: usize = 512 * 1024;

/// One connection that loads.
pub(crate) struct Writer {
    connection: Connection,
    relations: Relations,
}

impl Writer {
    /// Takes a connection and switches triggers and foreign-key checks off in it where the account may
    /// (`session_replication_role`: superusers, `rds_superuser`, and whoever was granted it). Where it may not, nothing is
    /// lost: a load makes both only after the rows.
    pub(crate) async fn new(connection: Connection) -> Result<Self, EngineError> {
        let replica = "SET session_replication_role = replica";
        match connection.execute(replica, "failed to switch triggers off").await {
            Err(error) if error.kind != ErrorKind::Privilege => Err(error),
            _ => Ok(Self {
                connection,
                relations: Relations::default(),
            }),
        }
    }

    /// Runs statements in one round trip. An error names the one that failed: the server answers each in turn.
    async fn together(&self, statements: &[Statement]) -> Result<(), EngineError> {
        let texts: Vec<&str> = statements
            .iter()
            .map(|statement| statement.text.as_str())
            .collect();
        let mut done = 0;
        let outcome = async {
            let answers = self
                .connection
                .client()
                .simple_query_raw(&texts.join(";\n"))
                .await?;
            pin_mut!(answers);
            while let Some(answer) = answers.next().await {
                if let SimpleQueryMessage::CommandComplete(_) = answer? {
                    done += 1;
                }
            }
            Ok(())
        };
        let outcome: Result<(), tokio_postgres::Error> = outcome.await;
        outcome.map_err(|error| {
            let what = statements
                .get(done)
                .map_or("run statements", |failed| failed.what.as_str());
            failure(self.connection.server(), format!("failed to {what}"), error)
        })
    }
}

fn statement(what: &str, text: impl Into<String>) -> Statement {
    Statement {
        what: what.to_owned(),
        text: text.into(),
    }
}

#[async_trait]
impl Write for Writer {
    async fn execute(&mut self, statement: &Statement) -> Result<(), EngineError> {
        let what = format!("failed to {}", statement.what);
        self.connection.execute(&statement.text, what).await
    }

    async fn begin(&mut self, statements: &[Statement]) -> Result<(), EngineError> {
        let mut all = vec![statement("begin a transaction", "BEGIN")];
        all.extend_from_slice(statements);
        self.together(&all).await
    }

    async fn commit(&mut self, statements: &[Statement], tables: &[&Table]) -> Result<(), EngineError> {
        let mut all = statements.to_vec();
        all.extend(tables.iter().map(|table| {
            let name = quote::table(&table.name);
            statement(&format!("analyse {}", table.name), format!("ANALYZE {name}"))
        }));
        all.push(statement("commit", "COMMIT"));
        self.together(&all).await
    }

    async fn write(
        &mut self,
        table: &Table,
        _range: &RowRange,
        mut blocks: mpsc::Receiver<Block>,
    ) -> Result<Copied, EngineError> {
        let server = self.connection.server();
        let what = || format!("failed to write rows of {}", table.name);
        let lost = |error| failure(server, what(), error);
        // A `COPY` outside a transaction block is a transaction of its own, committed when its stream ends in good order. One
        // that fails inside of one leaves nothing of it to commit.
        let statement = encode::copy_in(table);
        let sink: CopyInSink<Bytes> = self.connection.client().copy_in(&statement).await.map_err(lost)?;
        pin_mut!(sink);
        let mut copied = Copied::default();
        loop {
            match blocks.recv().await {
                Some(Block::Rows(mut bytes)) => {
                    copied.bytes += bytes.len() as u64;
                    // A message need not be a row: the driver copies each into its buffer, so none is large.
                    while bytes.len() > MESSAGE {
                        sink.send(bytes.split_to(MESSAGE)).await.map_err(lost)?;
                    }
                    sink.send(bytes).await.map_err(lost)?;
                }
                Some(Block::End) => break,
                None => {
                    // Dropping the sink fails the COPY, so that nothing of it stays.
                    let hint = "the side that reads has ended: its own error says why";
                    return Err(trouble(server, what(), ErrorKind::Interrupted, Some(hint)));
                }
            }
        }
        copied.rows = sink.as_mut().finish().await.map_err(lost)?;
        Ok(copied)
    }

    async fn clear(&mut self, table: &Table, range: &RowRange) -> Result<(), EngineError> {
        let only = self.relations.only(&self.connection, table).await?;
        let what = format!("failed to delete rows of {}", table.name);
        let name = quote::table(&table.name);
        let only = if only { "ONLY " } else { "" };
        let delete = |condition| format!("DELETE FROM {only}{name}{condition}");
        if let RowRange::Keys(_) = range {
            let delete = delete(keys::condition(table, range));
            return self.connection.execute(&delete, what).await;
        }
        let truncate = format!("TRUNCATE TABLE {only}{name}");
        match self.connection.execute(&truncate, what.clone()).await {
            // A foreign key of a table that is not truncated with it points here.
            Err(error) if error.kind == ErrorKind::Unsupported => {
                self.connection.execute(&delete(String::new()), what).await
            }
            outcome => outcome,
        }
    }

    async fn analyze(&mut self, table: &Table) -> Result<(), EngineError> {
        let what = format!("failed to analyse {}", table.name);
        let analyze = format!("ANALYZE {}", quote::table(&table.name));
        self.connection.execute(&analyze, what).await
    }
}
