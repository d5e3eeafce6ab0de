//! Repairs of rows write what another server has, and nothing else.

use daybreak_model::TableName;

use super::connection::Server;
use super::grants::Grants;
use super::quote;
use crate::{EngineError, ErrorKind, RepairFrame};

impl Server {
    /// What stands around repairs of a table's rows. MySQL has no way to write beside a table's triggers, which rows that are
    /// replicated do not fire: a table that has any is refused.
    pub(crate) async fn row_repair_frame(
        &self,
        follower: bool,
        table: &TableName,
    ) -> Result<RepairFrame, EngineError> {
        let what = format!("failed to prepare repairs of {table}");
        // A server lists triggers only to who has this.
        let lines = self.grants().await?;
        let grants = Grants::read(&lines);
        let shown = grants.on_all_of(&table.schema, "TRIGGER")
            || grants.on_table(&table.schema, &table.name, "TRIGGER");
        if !shown {
            let why = format!(
                "{what}: the account is not shown whether the table has triggers, which would run along"
            );
            let grant = format!(
                "GRANT TRIGGER ON {} TO {}",
                quote::table(table),
                self.account().await
            );
            return Err(EngineError {
                hint: Some(grant),
                ..self.error(ErrorKind::Privilege, why)
            });
        }
        let ask = format!(
            "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS \
             WHERE EVENT_OBJECT_SCHEMA = {} AND EVENT_OBJECT_TABLE = {} ORDER BY 1",
            quote::text(&table.schema),
            quote::text(&table.name)
        );
        let triggers: Vec<(String,)> = self.rows(&what, &ask).await?;
        if !triggers.is_empty() {
            let names: Vec<String> = triggers.iter().map(|(name,)| quote::name(name)).collect();
            let why = format!("{what}: its triggers would run along: {}", names.join(", "));
            return Err(EngineError {
                hint: Some(
                    "where what they do is harmless run the printed repairs yourself, else drop them for that time".to_owned(),
                ),
                ..self.error(ErrorKind::Unsupported, why)
            });
        }
        self.repair_frame(follower).await
    }
}
