//! A part of a database: its tables, with their partitions and with what inherits from them.

use std::collections::HashSet;

use daybreak_model::{Part, Scope, TableName};

use super::classify::trouble;
use super::connection::Connection;
use super::quote;
use crate::{EngineError, ErrorKind};

/// The part's relations, as a query with the columns `oid`, `schema`, `name`, for the place of a table.
pub(super) fn relations(part: &Part) -> String {
    let schemas = quote::text_array(part.tables.iter().map(|table| table.schema.as_str()));
    let names = quote::text_array(part.tables.iter().map(|table| table.name.as_str()));
    include_str!("sql/part_relations.sql")
        .replace("{schemas}", &schemas)
        .replace("{names}", &names)
}

/// The scope with every relation of its part by name.
///
/// # Errors
/// Also when a table of the part is none of this database.
pub(super) async fn expanded(connection: &Connection, scope: &Scope) -> Result<Scope, EngineError> {
    let Some(part) = &scope.part else {
        return Ok(scope.clone());
    };
    let what = format!("failed to list the tables of {}", part.name);
    let ask = format!("SELECT schema, name FROM ({}) AS part", relations(part));
    let rows = connection.simple(&ask, what).await?;
    let tables = rows
        .iter()
        .filter_map(|row| Some(TableName::new(row.get(0)?, row.get(1)?)))
        .collect();
    Ok(Scope {
        schemas: scope.schemas.clone(),
        part: Some(Part {
            name: part.name.clone(),
            tables,
        }),
    })
}

/// Fails where a table of the part is none of this database.
pub(super) async fn refuse_absent(connection: &Connection, part: &Part) -> Result<(), EngineError> {
    let scope = Scope {
        schemas: Vec::new(),
        part: Some(part.clone()),
    };
    let there = expanded(connection, &scope).await?;
    match part.tables.iter().find(|table| !there.holds(table)) {
        None => Ok(()),
        Some(table) => Err(trouble(
            connection.server(),
            format!("failed to find the table {table} of {}", part.name),
            ErrorKind::SchemaChanged,
            Some("take it out of the file of purposes, or write its name as the server does"),
        )),
    }
}

/// Where the tables of the schemas that stay stand in the catalogs, and the sequences that are theirs.
pub(super) async fn staying(
    connection: &Connection,
    scope: &Scope,
    part: &Part,
) -> Result<HashSet<(u32, u32)>, EngineError> {
    let ask = include_str!("sql/part_staying.sql")
        .replace("{part}", &relations(part))
        .replace(
            "{schemas}",
            &quote::text_array(scope.schemas.iter().map(String::as_str)),
        );
    let rows = connection
        .simple(&ask, format!("failed to list what is not of {}", part.name))
        .await?;
    let number = |row: &tokio_postgres::SimpleQueryRow, column: usize| row.get(column)?.parse().ok();
    Ok(rows
        .iter()
        .filter_map(|row| Some((number(row, 0)?, number(row, 1)?)))
        .collect())
}
