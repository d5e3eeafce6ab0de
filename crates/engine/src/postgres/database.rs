//! A PostgreSQL server behind the [`Database`] port.

use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{Endpoint, Flavor, IdentityValue, Part, Position, Scope};

use super::changes;
use super::checker::Checker;
use super::classify::trouble;
use super::connection::{Connection, Purpose};
use super::partitions::Partitioner;
use super::reader::Reader;
use super::rehearse::Rehearsal;
use super::server::Server;
use super::trim::Trimmer;
use super::writer::Writer;
use super::{indexes, kept_changes, literal, sequences, snapshot};
use crate::{
    Changes, Compare, Database, EngineError, ErrorKind, IndexStatements, NewIndex, Partitions, Read,
    Rehearse, Snapshot, Statement, Trim, Write,
};

/// One server.
pub(crate) struct Postgres {
    pub(crate) server: Server,
    /// The part of it that is fenced and opened, where that is not the whole database.
    pub(super) part: Option<Part>,
}

impl Postgres {
    pub(crate) fn new(endpoint: Endpoint, part: Option<Part>) -> Self {
        Self {
            part,
            server: Server::new(endpoint),
        }
    }

    async fn rows_connection(&self) -> Result<Connection, EngineError> {
        Connection::open(&self.server.endpoint, Purpose::Rows).await
    }
}

#[async_trait]
impl Database for Postgres {
    fn endpoint(&self) -> &Endpoint {
        &self.server.endpoint
    }

    async fn flavor(&self) -> Result<Flavor, EngineError> {
        self.server.flavor().await.cloned()
    }

    fn repair_preamble(&self) -> Vec<String> {
        literal::PREAMBLE.map(str::to_owned).into()
    }

    fn schema_is_transactional(&self) -> bool {
        true
    }

    async fn snapshot(
        &self,
        scope: &Scope,
        readers: usize,
        link_name: &str,
        patience: Duration,
    ) -> Result<Box<dyn Snapshot>, EngineError> {
        snapshot::take(&self.server, scope, readers, link_name, patience).await
    }

    async fn reader(&self) -> Result<Box<dyn Read>, EngineError> {
        let flavor = self.server.flavor().await?.clone();
        let connection = self.rows_connection().await?;
        Ok(Box::new(Reader::new(connection, flavor, None)))
    }

    async fn writer(&self) -> Result<Box<dyn Write>, EngineError> {
        Ok(Box::new(Writer::new(self.rows_connection().await?).await?))
    }

    async fn trimmer(&self, schema: &str) -> Result<Box<dyn Trim>, EngineError> {
        Ok(Box::new(
            Trimmer::new(self.rows_connection().await?, schema).await?,
        ))
    }

    async fn partitions(&self) -> Result<Box<dyn Partitions>, EngineError> {
        Ok(Box::new(Partitioner::new(self.rows_connection().await?)))
    }

    async fn rehearsal(&self, schema: &str, longest: Duration) -> Result<Box<dyn Rehearse>, EngineError> {
        let endpoint = self.endpoint().clone();
        Ok(Box::new(Rehearsal::new(endpoint, schema, longest)))
    }

    fn index_statements(&self, index: &NewIndex) -> IndexStatements {
        indexes::statements(index)
    }

    async fn checker(&self) -> Result<Box<dyn Compare>, EngineError> {
        Ok(Box::new(Checker::new(self.rows_connection().await?)))
    }

    async fn changes(&self, scope: &Scope) -> Result<Box<dyn Changes>, EngineError> {
        changes::follow(&self.server, scope).await
    }

    async fn log_end(&self) -> Result<Position, EngineError> {
        let connection = self.server.lease().await?;
        let what = "failed to read the server's position";
        let lsn = connection
            .value("SELECT pg_current_wal_flush_lsn()", what)
            .await?;
        let lsn = lsn.and_then(|text| text.parse().ok());
        let lsn = lsn.ok_or_else(|| trouble(connection.server(), what, ErrorKind::Other, None))?;
        connection.give_back();
        Ok(Position::Lsn(lsn))
    }

    async fn keep_changes(&self, scope: &Scope) -> Result<Option<String>, EngineError> {
        kept_changes::keep(&self.server, scope).await.map(Some)
    }

    async fn release_changes(&self, log: &Position) -> Result<(), EngineError> {
        kept_changes::release(&self.server, log).await
    }

    async fn forget_changes(&self) -> Result<bool, EngineError> {
        kept_changes::forget(&self.server).await
    }

    async fn changes_since(&self, scope: &Scope, log: &Position) -> Result<Box<dyn Changes>, EngineError> {
        kept_changes::since(&self.server, scope, log).await
    }

    async fn run(&self, statements: &[Statement]) -> Result<(), EngineError> {
        let connection = self.rows_connection().await?;
        for statement in statements {
            let what = format!("failed to {}", statement.what);
            connection.execute(&statement.text, what).await?;
        }
        Ok(())
    }

    async fn raise_identity_values(&self, values: &[IdentityValue]) -> Result<usize, EngineError> {
        let connection = self.server.lease().await?;
        let raised = sequences::raise(&connection, values).await?;
        connection.give_back();
        Ok(raised)
    }
}
