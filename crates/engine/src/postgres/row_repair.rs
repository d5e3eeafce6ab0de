//! Repairs of rows write what another server has, and nothing else.
//!
//! A session that may be one of replication (`session_replication_role`: superusers, Amazon's administrators, and who was granted
//! the parameter) fires a table's triggers and rules as little as a subscription does.

use daybreak_model::TableName;

use super::classify::trouble;
use super::quote;
use super::server::Server;
use crate::{EngineError, ErrorKind, RepairFrame};

const AS_REPLICATION: &str = "SET session_replication_role = replica";

/// What stands around repairs of a table's rows; a table with triggers or rules that would run along all the same is refused.
pub(crate) async fn frame(server: &Server, table: &TableName) -> Result<RepairFrame, EngineError> {
    let what = format!("failed to prepare repairs of {table}");
    let connection = server.lease().await?;
    let permitted = match connection.execute(AS_REPLICATION, what.clone()).await {
        Ok(_) => {
            connection
                .execute("RESET session_replication_role", what.clone())
                .await?;
            true
        }
        Err(error) if error.kind == ErrorKind::Privilege => false,
        Err(error) => return Err(error),
    };
    let enabled = if permitted { "'A', 'R'" } else { "'A', 'O'" };
    let ask = include_str!("sql/row_triggers.sql")
        .replace("{table}", &quote::literal(&quote::table(table)))
        .replace("{enabled}", enabled);
    let rows = connection.simple(&ask, what.clone()).await?;
    let names: Vec<String> = rows
        .iter()
        .filter_map(|row| row.get(0))
        .map(quote::identifier)
        .collect();
    if !names.is_empty() {
        let why = format!(
            "{what}: its triggers or rules would run along: {}",
            names.join(", ")
        );
        let hint = if permitted {
            "where what they do is harmless run the printed repairs yourself, else disable them for that time"
                .to_owned()
        } else {
            format!(
                "GRANT SET ON PARAMETER session_replication_role TO {} (PostgreSQL 15), or repair as an administrator",
                quote::identifier(&server.endpoint.user)
            )
        };
        return Err(trouble(
            connection.server(),
            why,
            ErrorKind::Unsupported,
            Some(&hint),
        ));
    }
    connection.give_back();
    let before = permitted.then(|| AS_REPLICATION.to_owned());
    Ok(RepairFrame {
        before: before.into_iter().collect(),
        after: Vec::new(),
    })
}
