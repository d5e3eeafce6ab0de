//! `AUTO_INCREMENT` counters: what they would hand out next, and raising them.

use daybreak_model::{IdentityValue, TableName};

use super::connection::Server;
use super::quote;
use crate::EngineError;

impl Server {
    /// The next values of the scope's counters.
    pub(crate) async fn identity_values(
        &self,
        schemas: &[String],
    ) -> Result<Vec<IdentityValue>, EngineError> {
        let rows: Vec<(String, String, u64, i64)> = self
            .rows(
                "failed to read AUTO_INCREMENT counters",
                &format!(
                    "SELECT TABLE_SCHEMA, TABLE_NAME, AUTO_INCREMENT, @@GLOBAL.auto_increment_increment \
                     FROM information_schema.TABLES \
                     WHERE TABLE_TYPE = 'BASE TABLE' AND AUTO_INCREMENT IS NOT NULL AND TABLE_SCHEMA IN ({}) \
                     ORDER BY TABLE_SCHEMA, TABLE_NAME",
                    quote::texts(schemas)
                ),
            )
            .await?;
        Ok(rows
            .into_iter()
            .map(|(schema, name, next, increment)| IdentityValue {
                object: TableName::new(schema, name),
                next: i128::from(next),
                increment,
            })
            .collect())
    }

    /// Raises counters that are behind; how many were. On a server that `super_read_only` binds to the last account, it is taken off
    /// before the first, and `read_only` left on: applications are still refused.
    pub(crate) async fn raise_identity_values(&self, values: &[IdentityValue]) -> Result<usize, EngineError> {
        let mut schemas: Vec<String> = values.iter().map(|value| value.object.schema.clone()).collect();
        schemas.sort_unstable();
        schemas.dedup();
        let current = self.identity_values(&schemas).await?;
        let is_behind = |value: &&IdentityValue| {
            let here = current.iter().find(|here| here.object == value.object);
            here.is_none_or(|here| here.next < value.next)
        };
        let mut raised = 0;
        for value in values.iter().filter(is_behind) {
            if raised == 0 {
                self.unbind_ourselves().await?;
            }
            let table = quote::table(&value.object);
            let sql = format!("ALTER TABLE {table} AUTO_INCREMENT = {}", value.next);
            self.run(&format!("failed to raise the counter of {}", value.object), &sql)
                .await?;
            raised += 1;
        }
        Ok(raised)
    }

    async fn unbind_ourselves(&self) -> Result<(), EngineError> {
        let flavor = self.flavor().await?;
        // A managed server's administrator is not bound by `read_only`, and may not set either.
        if flavor.is_managed() || !flavor.has_super_read_only() {
            return Ok(());
        }
        let what = "failed to let our own account write";
        let bound: u8 = self.row(what, "SELECT @@GLOBAL.super_read_only + 0").await?;
        if bound == 0 {
            return Ok(());
        }
        self.run(what, "SET GLOBAL super_read_only = OFF").await
    }
}
