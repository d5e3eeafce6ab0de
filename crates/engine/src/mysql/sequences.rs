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

    /// Raises counters that are behind; how many were.
    pub(crate) async fn raise_identity_values(&self, values: &[IdentityValue]) -> Result<usize, EngineError> {
        let mut schemas: Vec<String> = values.iter().map(|value| value.object.schema.clone()).collect();
        schemas.sort_unstable();
        schemas.dedup();
        let current = self.identity_values(&schemas).await?;
        let mut raised = 0;
        for value in values {
            let here = current.iter().find(|here| here.object == value.object);
            if here.is_some_and(|here| here.next >= value.next) {
                continue;
            }
            let table = quote::table(&value.object);
            let sql = format!("ALTER TABLE {table} AUTO_INCREMENT = {}", value.next);
            self.run(&format!("failed to raise the counter of {}", value.object), &sql)
                .await?;
            raised += 1;
        }
        Ok(raised)
    }
}
