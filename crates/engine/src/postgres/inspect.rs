//! Read-only questions.

use async_trait::async_trait;
use daybreak_model::{
    Account, Flavor, ForeignKey, IdentityValue, Lsn, Position, Requirement, SchemaImage, Scope, Table,
    TableName, TablePart, Unmet,
};

use super::classify::trouble;
use super::database::Postgres;
use super::{
    account_copy, accounts, carry, foreign_keys, identity, indexes, part, privileges, quote, readiness,
    row_repair, schema, sequences, sessions, statements, surroundings,
};
use crate::{
    AbsentDefiner, AccountCopy, CarriedAccount, DataFiles, EngineError, ErrorKind, Following, Identity,
    Inspect, Receiver, RepairFrame, SchemaMark, Session, SettingCheck, StatementFigures, Surroundings,
    TableIndex, TableRights, TextRow, Untold,
};

#[async_trait]
impl Inspect for Postgres {
    async fn identity(&self) -> Result<Identity, EngineError> {
        let flavor = self.server.flavor().await?;
        let connection = self.server.lease().await?;
        let identity = identity::identity(&connection, flavor).await?;
        connection.give_back();
        Ok(identity)
    }

    async fn surroundings(&self) -> Surroundings {
        surroundings::surroundings(&self.server).await
    }

    async fn schemas(&self) -> Result<Vec<String>, EngineError> {
        let connection = self.server.lease().await?;
        let ask = "SELECT nspname FROM pg_namespace AS n
                   WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'daybreak')
                     AND NOT EXISTS (SELECT FROM pg_depend AS d
                                     WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
                   ORDER BY 1";
        let rows = connection.simple(ask, "failed to list schemas").await?;
        connection.give_back();
        Ok(rows
            .iter()
            .filter_map(|row| row.get(0))
            .map(str::to_owned)
            .collect())
    }

    async fn schema(&self, scope: &Scope, for_target: &Flavor) -> Result<SchemaImage, EngineError> {
        let flavor = self.server.flavor().await?;
        let connection = self.server.lease().await?;
        let image = schema::image(&connection, flavor, scope, for_target).await?;
        connection.give_back();
        Ok(image)
    }

    async fn tables(&self, scope: &Scope) -> Result<Vec<Table>, EngineError> {
        let connection = self.server.lease().await?;
        // Of one moment: a table without columns is one, and not one that was made between two questions.
        let what = "failed to read the tables";
        connection
            .execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", what)
            .await?;
        let tables = schema::tables(&connection, scope).await?;
        connection.execute("COMMIT", what).await?;
        connection.give_back();
        Ok(tables)
    }

    async fn foreign_keys(&self, scope: &Scope) -> Result<Vec<ForeignKey>, EngineError> {
        let connection = self.server.lease().await?;
        let mut keys = foreign_keys::foreign_keys(&connection, &scope.schemas).await?;
        let whole = part::expanded(&connection, scope).await?;
        keys.retain(|key| whole.holds(&key.child) || whole.holds(&key.parent));
        connection.give_back();
        Ok(keys)
    }

    async fn schema_mark(&self) -> Result<Option<SchemaMark>, EngineError> {
        let what = "failed to see where the schema stands";
        let connection = self.server.lease().await?;
        let mark = connection
            .value(include_str!("sql/schema/mark.sql"), what)
            .await?;
        let mark = mark.and_then(|mark| mark.parse().ok());
        let mark = mark.ok_or_else(|| trouble(connection.server(), what, ErrorKind::Other, None))?;
        connection.give_back();
        Ok(Some(SchemaMark(mark)))
    }

    async fn parts(&self, tables: &[TableName]) -> Result<Vec<TablePart>, EngineError> {
        let connection = self.server.lease().await?;
        let parts = schema::parts(&connection, tables).await?;
        connection.give_back();
        Ok(parts)
    }

    /// The catalogs are open to every account that may connect.
    async fn unseen(&self, _scope: &Scope) -> Result<Vec<Untold>, EngineError> {
        Ok(Vec::new())
    }

    async fn accounts(&self, scope: &Scope) -> Result<Vec<Account>, EngineError> {
        let flavor = self.server.flavor().await?;
        let connection = self.server.lease().await?;
        let accounts = accounts::accounts(&connection, flavor, scope).await?;
        connection.give_back();
        Ok(accounts)
    }

    async fn copy_account(&self, name: &str, _to: &Flavor) -> Result<AccountCopy, EngineError> {
        let connection = self.server.lease().await?;
        let copy = account_copy::copy(&connection, name).await?;
        connection.give_back();
        Ok(copy)
    }

    async fn receiver(&self) -> Result<Receiver, EngineError> {
        let flavor = self.server.flavor().await?;
        let connection = self.server.lease().await?;
        let receiver = carry::receiver(&connection, flavor).await?;
        connection.give_back();
        Ok(receiver)
    }

    async fn carried_accounts(
        &self,
        scope: &Scope,
        to: &Receiver,
    ) -> Result<Vec<CarriedAccount>, EngineError> {
        let flavor = self.server.flavor().await?;
        let connection = self.server.lease().await?;
        let accounts = carry::accounts(&connection, flavor, scope, to).await?;
        connection.give_back();
        Ok(accounts)
    }

    /// A role that owns something cannot be dropped.
    async fn absent_definers(&self, _scope: &Scope) -> Result<Vec<AbsentDefiner>, EngineError> {
        Ok(Vec::new())
    }

    /// Schema statements are not part of logical replication, and a physical standby has none of its own.
    async fn repair_frame(&self, _follower: bool) -> Result<RepairFrame, EngineError> {
        Ok(RepairFrame::default())
    }

    async fn row_repair_frame(&self, _follower: bool, table: &TableName) -> Result<RepairFrame, EngineError> {
        row_repair::frame(&self.server, table).await
    }

    /// The end of what was written to the log, be it on disk or still on its way there: a commit that was acknowledged
    /// without waiting for the disk is before it, too.
    async fn position(&self) -> Result<Position, EngineError> {
        let connection = self.server.lease().await?;
        let what = "failed to ask for the position";
        let ask = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END";
        let lsn = connection.value(ask, what).await?;
        let lsn: Option<Lsn> = lsn.and_then(|text| text.parse().ok());
        let lsn = lsn.ok_or_else(|| trouble(connection.server(), what, ErrorKind::Other, None))?;
        connection.give_back();
        Ok(Position::Lsn(lsn))
    }

    async fn following(&self) -> Result<Following, EngineError> {
        let applied = self.position().await?;
        let connection = self.server.lease().await?;
        let ask = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN NULL
                               WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                               ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END";
        let lag = connection
            .value(ask, "failed to ask how far it is behind")
            .await?;
        connection.give_back();
        Ok(Following {
            applied,
            lag_seconds: lag.and_then(|seconds| seconds.parse().ok()),
        })
    }

    async fn statement_figures(&self) -> Result<Vec<StatementFigures>, EngineError> {
        let connection = self.server.lease().await?;
        let figures = statements::figures(&connection).await?;
        connection.give_back();
        Ok(figures)
    }

    async fn indexes(&self, tables: &[TableName]) -> Result<Vec<TableIndex>, EngineError> {
        let connection = self.server.lease().await?;
        let indexes = indexes::indexes(&connection, tables).await?;
        connection.give_back();
        Ok(indexes)
    }

    async fn table_rights(&self, scope: &Scope) -> Result<Vec<TableRights>, EngineError> {
        let connection = self.server.lease().await?;
        let rights = accounts::table_rights(&connection, scope).await?;
        connection.give_back();
        Ok(rights)
    }

    async fn sessions(&self) -> Result<Vec<Session>, EngineError> {
        let connection = self.server.lease().await?;
        let sessions = sessions::list(&connection).await?;
        connection.give_back();
        Ok(sessions)
    }

    async fn missing_privileges(&self, job: &str) -> Result<Vec<String>, EngineError> {
        let flavor = self.server.flavor().await?;
        let connection = self.server.lease().await?;
        let missing = privileges::missing(&connection, flavor, job).await?;
        connection.give_back();
        Ok(missing)
    }

    async fn requirements(&self, scope: &Scope) -> Result<Vec<Requirement>, EngineError> {
        let connection = self.server.lease().await?;
        let requirements = readiness::requirements(&connection, scope).await?;
        connection.give_back();
        Ok(requirements)
    }

    async fn unmet(&self, requirements: &[Requirement]) -> Result<Unmet, EngineError> {
        let flavor = self.server.flavor().await?;
        let connection = self.server.lease().await?;
        let unmet = readiness::unmet(&connection, flavor, requirements).await?;
        connection.give_back();
        Ok(unmet)
    }

    async fn short_retention(&self) -> Result<Option<SettingCheck>, EngineError> {
        let connection = self.server.lease().await?;
        let check = readiness::short_retention(&connection).await?;
        connection.give_back();
        Ok(check)
    }

    async fn identity_values(&self, scope: &Scope) -> Result<Vec<IdentityValue>, EngineError> {
        let connection = self.server.lease().await?;
        let values = sequences::values(&connection, scope).await?;
        connection.give_back();
        Ok(values)
    }

    async fn ask(&self, what: &str, question: &str) -> Result<Vec<TextRow>, EngineError> {
        let connection = self.server.lease().await?;
        let rows = connection.simple(question, what).await?;
        connection.give_back();
        let text = |row: &tokio_postgres::SimpleQueryRow| {
            (0..row.len())
                .map(|column| row.get(column).map(str::to_owned))
                .collect()
        };
        Ok(rows.iter().map(text).collect())
    }

    async fn data_files(&self) -> Result<Option<DataFiles>, EngineError> {
        Ok(None)
    }

    async fn is_empty(&self, scope: &Scope) -> Result<bool, EngineError> {
        let connection = self.server.lease().await?;
        let what = "failed to look for rows";
        let list = format!(
            "SELECT format('EXISTS (SELECT FROM ONLY %I.%I)', n.nspname, c.relname)
             FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE n.nspname = ANY ({}) AND c.relkind = 'r'",
            quote::text_array(scope.schemas.iter().map(String::as_str))
        );
        let tables = connection.simple(&list, what).await?;
        let mut empty = true;
        for some in tables.chunks(200) {
            let any: Vec<_> = some.iter().filter_map(|row| row.get(0)).collect();
            let ask = format!("SELECT {}", any.join(" OR "));
            empty &= connection.value(&ask, what).await?.as_deref() == Some("f");
        }
        connection.give_back();
        Ok(empty)
    }
}
