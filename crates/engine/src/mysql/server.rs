//! One server of the MySQL family as the ports see it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{
    Account, Endpoint, FenceProof, Flavor, ForeignKey, IdentityValue, Part, Position, Requirement,
    SchemaImage, Scope, Table, TableName, TablePart, Unmet, WriteState,
};

use mysql_async::Row;
use mysql_async::prelude::Queryable;

use super::changes::Follower;
use super::checker::Checker;
use super::connection::Server;
use super::fence::{self, Probe};
use super::partitions::Partitioner;
use super::reader::Reader;
use super::rehearse::Rehearsal;
use super::session::{self, Purpose};
use super::snapshot;
use super::trim::Trimmer;
use super::writer::Writer;
use super::{indexes, literal, part_fence};
use crate::{
    AbsentDefiner, AccountCopy, CarriedAccount, Changes, Compare, DataFiles, Database, EngineError,
    Following, Identity, IndexStatements, Inspect, NewIndex, Open, Partitions, Read, Receiver, Rehearse,
    RepairFrame, SchemaMark, Session, SettingCheck, Snapshot, Statement, StatementFigures, Surroundings,
    TableIndex, TableRights, TextRow, Trim, Untold, Write,
};

/// A server, reached when first asked.
#[derive(Debug)]
pub(crate) struct Mysql {
    pub(super) server: Arc<Server>,
    /// The part of it that is fenced and opened, where that is not the whole server.
    part: Option<Part>,
    probe: Probe,
}

impl Mysql {
    pub(crate) fn new(endpoint: Endpoint, part: Option<Part>) -> Self {
        Self {
            server: Arc::new(Server::new(endpoint)),
            probe: Probe::new(part.as_ref()),
            part,
        }
    }
}

#[async_trait]
impl Inspect for Mysql {
    async fn identity(&self) -> Result<Identity, EngineError> {
        self.server.identity().await
    }

    async fn surroundings(&self) -> Surroundings {
        self.server.surroundings().await
    }

    async fn schemas(&self) -> Result<Vec<String>, EngineError> {
        self.server.schemas().await
    }

    async fn schema(&self, scope: &Scope, for_target: &Flavor) -> Result<SchemaImage, EngineError> {
        self.server.schema(scope, for_target).await
    }

    async fn tables(&self, scope: &Scope) -> Result<Vec<Table>, EngineError> {
        self.server.tables(scope).await
    }

    async fn foreign_keys(&self, scope: &Scope) -> Result<Vec<ForeignKey>, EngineError> {
        let mut keys = self.server.foreign_keys(&scope.schemas).await?;
        keys.retain(|key| scope.holds(&key.child) || scope.holds(&key.parent));
        Ok(keys)
    }

    /// The server counts schema statements as they begin: one that runs already would end unnoticed.
    async fn schema_mark(&self) -> Result<Option<SchemaMark>, EngineError> {
        Ok(None)
    }

    async fn parts(&self, tables: &[TableName]) -> Result<Vec<TablePart>, EngineError> {
        self.server.parts(tables).await
    }

    async fn unseen(&self, scope: &Scope) -> Result<Vec<Untold>, EngineError> {
        self.server.unseen(scope).await
    }

    async fn hidden_rows(
        &self,
        scope: &Scope,
        named: &[TableName],
    ) -> Result<Vec<(TableName, String)>, EngineError> {
        self.server.hidden_rows(scope, named).await
    }

    async fn accounts(&self, _scope: &Scope) -> Result<Vec<Account>, EngineError> {
        self.server.accounts().await
    }

    async fn copy_account(&self, name: &str, to: &Flavor) -> Result<AccountCopy, EngineError> {
        self.server.copy_account(name, to).await
    }

    async fn receiver(&self) -> Result<Receiver, EngineError> {
        self.server.receiver().await
    }

    async fn carried_accounts(
        &self,
        _scope: &Scope,
        to: &Receiver,
    ) -> Result<Vec<CarriedAccount>, EngineError> {
        self.server.carried_accounts(to).await
    }

    async fn absent_definers(&self, scope: &Scope) -> Result<Vec<AbsentDefiner>, EngineError> {
        self.server.absent_definers(scope).await
    }

    async fn repair_frame(&self, follower: bool) -> Result<RepairFrame, EngineError> {
        self.server.repair_frame(follower).await
    }

    async fn row_repair_frame(&self, follower: bool, table: &TableName) -> Result<RepairFrame, EngineError> {
        self.server.row_repair_frame(follower, table).await
    }

    async fn position(&self) -> Result<Position, EngineError> {
        self.server.position().await
    }

    async fn following(&self) -> Result<Following, EngineError> {
        self.server.following().await
    }

    async fn statement_figures(&self) -> Result<Vec<StatementFigures>, EngineError> {
        self.server.statement_figures().await
    }

    async fn indexes(&self, tables: &[TableName]) -> Result<Vec<TableIndex>, EngineError> {
        self.server.indexes(tables).await
    }

    async fn table_rights(&self, scope: &Scope) -> Result<Vec<TableRights>, EngineError> {
        self.server.table_rights(scope).await
    }

    async fn sessions(&self) -> Result<Vec<Session>, EngineError> {
        self.server.sessions().await
    }

    async fn missing_privileges(&self, job: &str) -> Result<Vec<String>, EngineError> {
        self.server.missing_privileges(job).await
    }

    async fn requirements(&self, scope: &Scope) -> Result<Vec<Requirement>, EngineError> {
        self.server.requirements(scope).await
    }

    async fn unmet(&self, requirements: &[Requirement]) -> Result<Unmet, EngineError> {
        self.server.unmet(requirements).await
    }

    async fn short_retention(&self) -> Result<Option<SettingCheck>, EngineError> {
        self.server.short_retention().await
    }

    async fn identity_values(&self, scope: &Scope) -> Result<Vec<IdentityValue>, EngineError> {
        let mut values = self.server.identity_values(&scope.schemas).await?;
        values.retain(|value| scope.holds(&value.object));
        Ok(values)
    }

    async fn ask(&self, what: &str, question: &str) -> Result<Vec<TextRow>, EngineError> {
        let rows: Vec<Row> = self.server.rows(what, question).await?;
        Ok(rows.into_iter().map(session::text_row).collect())
    }

    async fn data_files(&self) -> Result<Option<DataFiles>, EngineError> {
        self.server.data_files().await.map(Some)
    }

    async fn is_empty(&self, scope: &Scope) -> Result<bool, EngineError> {
        self.server.is_empty(&scope.schemas).await
    }
}

#[async_trait]
impl Open for Mysql {
    async fn write_state(&self) -> Result<WriteState, EngineError> {
        let whole = self.server.write_state().await?;
        match &self.part {
            Some(part) if whole == WriteState::Writable => self.server.part_state(part).await,
            _ => Ok(whole),
        }
    }

    fn fence_statements(&self) -> Vec<String> {
        match &self.part {
            Some(part) => vec![part_fence::statement(part, true)],
            None => fence::fence_statements(&self.server.presumed_flavor()),
        }
    }

    fn open_statements(&self) -> Vec<String> {
        match &self.part {
            Some(part) => vec![part_fence::statement(part, false)],
            None => fence::open_statements(&self.server.presumed_flavor()),
        }
    }

    fn prepare_fence_statements(&self) -> Vec<String> {
        let mut statements = self.part.as_ref().map_or_else(Vec::new, part_fence::shown);
        statements.extend(fence::shown_to_prepare(
            &self.server.presumed_flavor(),
            &self.probe,
        ));
        statements
    }

    async fn prepare_fence(&self, _scope: &Scope) -> Result<(), EngineError> {
        match &self.part {
            Some(part) => {
                self.server.prepare_part(part).await?;
                self.server.probe_connection(&self.probe).await?;
                self.server.warm_up(2).await
            }
            None => self.server.prepare_fence(&self.probe).await,
        }
    }

    async fn stay_fenced_after_restart(&self) -> Result<(), EngineError> {
        match &self.part {
            // The fence is a row.
            Some(_) => Ok(()),
            None => self.server.stay_fenced_after_restart().await,
        }
    }

    async fn fence(&self, _scope: &Scope) -> Result<(), EngineError> {
        match &self.part {
            Some(part) => self.server.fence_part(part).await,
            None => self.server.fence().await,
        }
    }

    async fn prove_fence(&self) -> Result<FenceProof, EngineError> {
        self.server.prove_fence(&self.probe).await
    }

    async fn open(&self, _scope: &Scope) -> Result<(), EngineError> {
        match &self.part {
            Some(part) => self.server.open_part(part).await,
            None => self.server.open().await,
        }
    }

    async fn disarm_fence(&self) -> Result<(), EngineError> {
        match &self.part {
            Some(part) => self.server.disarm_part(part).await,
            None => Ok(()),
        }
    }

    async fn kill(&self, sessions: &[u64]) -> Result<(), EngineError> {
        self.server.kill(sessions).await
    }
}

#[async_trait]
impl Database for Mysql {
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
        false
    }

    async fn snapshot(
        &self,
        scope: &Scope,
        readers: usize,
        _link_name: &str,
        patience: Duration,
    ) -> Result<Box<dyn Snapshot>, EngineError> {
        let snapshot = snapshot::take(&self.server, scope, readers, patience).await?;
        Ok(Box::new(snapshot))
    }

    async fn reader(&self) -> Result<Box<dyn Read>, EngineError> {
        let conn = self.server.connect(Purpose::Read).await?;
        Ok(Box::new(Reader::new(Arc::clone(&self.server), conn, false)))
    }

    async fn writer(&self) -> Result<Box<dyn Write>, EngineError> {
        Ok(Box::new(Writer::open(Arc::clone(&self.server)).await?))
    }

    async fn trimmer(&self, schema: &str) -> Result<Box<dyn Trim>, EngineError> {
        Ok(Box::new(Trimmer::open(Arc::clone(&self.server), schema).await?))
    }

    async fn partitions(&self) -> Result<Box<dyn Partitions>, EngineError> {
        Ok(Box::new(Partitioner::new(Arc::clone(&self.server))))
    }

    async fn rehearsal(&self, schema: &str, longest: Duration) -> Result<Box<dyn Rehearse>, EngineError> {
        Ok(Box::new(Rehearsal::new(
            Arc::clone(&self.server),
            schema,
            longest,
        )))
    }

    fn index_statements(&self, index: &NewIndex) -> IndexStatements {
        indexes::statements(index)
    }

    async fn checker(&self) -> Result<Box<dyn Compare>, EngineError> {
        Ok(Box::new(Checker::open(Arc::clone(&self.server)).await?))
    }

    async fn changes(&self, scope: &Scope) -> Result<Box<dyn Changes>, EngineError> {
        Ok(Box::new(Follower::open(Arc::clone(&self.server), scope).await?))
    }

    async fn log_end(&self) -> Result<Position, EngineError> {
        let mut conn = self.server.borrow().await?;
        let (file, offset) = self.server.binary_log_end(&mut conn).await?;
        self.server.keep(conn);
        Ok(Position::BinlogFile { file, offset })
    }

    async fn keep_changes(&self, _scope: &Scope) -> Result<Option<String>, EngineError> {
        Ok(None)
    }

    async fn release_changes(&self, _log: &Position) -> Result<(), EngineError> {
        Ok(())
    }

    async fn forget_changes(&self) -> Result<bool, EngineError> {
        Ok(false)
    }

    async fn changes_since(&self, scope: &Scope, log: &Position) -> Result<Box<dyn Changes>, EngineError> {
        let server = Arc::clone(&self.server);
        Ok(Box::new(Follower::open_at(server, scope, log).await?))
    }

    async fn run(&self, statements: &[Statement]) -> Result<(), EngineError> {
        // A session without a limit: the plan's statements take what they take.
        let mut conn = self.server.connect(Purpose::Check).await?;
        for statement in statements {
            let run = conn.query_drop(statement.text.as_str()).await;
            run.map_err(|error| self.server.failed(format!("failed to {}", statement.what), error))?;
        }
        Ok(())
    }

    async fn raise_identity_values(&self, values: &[IdentityValue]) -> Result<usize, EngineError> {
        self.server.raise_identity_values(values).await
    }
}
