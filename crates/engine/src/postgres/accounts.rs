//! The roles of a server and what they may do.

use std::collections::BTreeSet;

use daybreak_model::{Account, Flavor, Scope, TableName};

use super::connection::Connection;
use super::{quote, schema};
use crate::port::by_account;
use crate::{EngineError, TableRights};

/// Every role that is not the server's own, and everybody. Our own account has rights as the owner of what it made: they are
/// left out.
pub(crate) async fn accounts(
    connection: &Connection,
    flavor: &Flavor,
    scope: &Scope,
) -> Result<Vec<Account>, EngineError> {
    let rows = connection
        .simple(include_str!("sql/accounts.sql"), "failed to list the roles")
        .await?;
    let mut own = String::new();
    let mut accounts: Vec<Account> = Vec::with_capacity(rows.len());
    for row in &rows {
        let text = |column| row.get(column).unwrap_or_default();
        let list = |column| text(column).split(',').filter(|word| !word.is_empty());
        let name = quote::identifier(text(0));
        let mut rights: BTreeSet<String> = list(3).map(|role| format!("member of {role}")).collect();
        if text(2) == "true" {
            rights.insert("LOGIN".to_owned());
        }
        if text(4) == "true" {
            own.clone_from(&name);
        }
        accounts.push(Account {
            name,
            rights,
            on_objects: false,
            versioned: list(1).map(str::to_owned).collect(),
        });
    }
    let mut everybody = Account {
        name: "PUBLIC".to_owned(),
        rights: BTreeSet::new(),
        on_objects: false,
        versioned: BTreeSet::new(),
    };
    // What everybody may do in the schema `public` unless told otherwise: PostgreSQL 15 took away CREATE.
    let by_default = if flavor.version.major >= 15 {
        "GRANT USAGE ON SCHEMA public TO PUBLIC"
    } else {
        "GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC"
    };
    for (role, statement) in schema::rights(connection, scope).await? {
        let Some(role) = role.map(|role| quote::identifier(&role)) else {
            if statement != by_default {
                everybody.rights.insert(statement);
            }
            continue;
        };
        if role != own
            && let Some(account) = accounts.iter_mut().find(|account| account.name == role)
        {
            account.rights.insert(statement);
            account.on_objects = true;
        }
    }
    accounts.push(everybody);
    Ok(accounts)
}

/// Who may do something with single tables, or with some of their columns.
pub(crate) async fn table_rights(
    connection: &Connection,
    scope: &Scope,
) -> Result<Vec<TableRights>, EngineError> {
    let schemas = quote::text_array(scope.schemas.iter().map(String::as_str));
    let ask = include_str!("sql/table_rights.sql").replace("{schemas}", &schemas);
    let rows = connection.simple(&ask, "failed to read rights on tables").await?;
    Ok(by_account(rows.iter().filter_map(|row| {
        Some((row.get(0)?.to_owned(), TableName::new(row.get(1)?, row.get(2)?)))
    })))
}
