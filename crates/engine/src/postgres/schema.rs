//! Everything in a scope, from the catalogs: one `.sql` file per kind of object, all with the same columns.

use std::collections::HashMap;

use daybreak_model::{
    Column, Flavor, KeyColumn, ObjectKind, Phase, Refusal, RowKey, SchemaImage, SchemaObject, Scope, Table,
    TableName,
};
use tokio_postgres::SimpleQueryRow;

use super::connection::Connection;
use super::{foreign_keys, part, quote};
use crate::EngineError;
use crate::part::keys_out_of;

mod canonical;
mod grants;
mod order;
mod parts;

pub(crate) use grants::rights;
use order::Item;
pub(crate) use parts::parts;

/// The kinds of objects, in the order in which those that do not need each other are made.
const KINDS: [&str; 17] = [
    include_str!("sql/schema/schemas.sql"),
    include_str!("sql/schema/extensions.sql"),
    include_str!("sql/schema/collations.sql"),
    include_str!("sql/schema/types.sql"),
    include_str!("sql/schema/sequences.sql"),
    include_str!("sql/schema/tables.sql"),
    include_str!("sql/schema/routines.sql"),
    include_str!("sql/schema/aggregates.sql"),
    include_str!("sql/schema/constraints.sql"),
    include_str!("sql/schema/indexes.sql"),
    include_str!("sql/schema/statistics.sql"),
    include_str!("sql/schema/views.sql"),
    include_str!("sql/schema/matview_rows.sql"),
    include_str!("sql/schema/triggers.sql"),
    include_str!("sql/schema/rules.sql"),
    include_str!("sql/schema/policies.sql"),
    include_str!("sql/schema/comments.sql"),
];

/// Extensions that Aurora PostgreSQL 17 offers, from its release notes ("Extensions supported for Aurora PostgreSQL", April
/// 2026).
const AURORA_EXTENSIONS: &str = include_str!("sql/schema/aurora_extensions.txt");

/// Separates the statements of one object in a query's answer.
const SEPARATOR: char = '\u{1}';

fn in_scope(sql: &str, scope: &Scope) -> String {
    let schemas = quote::text_array(scope.schemas.iter().map(String::as_str));
    sql.replace("{schemas}", &schemas)
}

/// The image of a scope for a target of the given flavor. Read in one transaction, so that it is of one moment.
pub(crate) async fn image(
    connection: &Connection,
    _flavor: &Flavor,
    scope: &Scope,
    for_target: &Flavor,
) -> Result<SchemaImage, EngineError> {
    let what = "failed to read the schema";
    connection
        .execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", what)
        .await?;
    let mut items = Vec::new();
    for sql in KINDS {
        let rows = connection.simple(&in_scope(sql, scope), what).await?;
        items.extend(rows.iter().filter_map(item));
    }
    let maintain = for_target.version.major >= 17;
    let grants = grants::read(connection, scope, maintain).await?;
    for item in &mut items {
        item.object.create.extend(
            grants
                .get(&item.address)
                .and_then(|rights| grants::statement(rights)),
        );
    }
    let links = order::Links::read(connection).await?;
    let tables = tables(connection, scope).await?;
    let mut refusals = refusals(connection, scope, for_target).await?;
    if let Some(part) = &scope.part {
        let whole = part::expanded(connection, scope).await?;
        let keys = foreign_keys::foreign_keys(connection, &scope.schemas).await?;
        refusals.extend(keys_out_of(&whole, &keys, |key| {
            format!(
                "ALTER TABLE {} DROP CONSTRAINT {}",
                quote::table(&key.child),
                quote::identifier(&key.name)
            )
        }));
        let staying = links.all_that_needs(part::staying(connection, scope, part).await?);
        let (stays, moves): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|item| staying.contains(&item.about));
        items = moves;
        let torn = stays
            .into_iter()
            .filter_map(|item| {
                item.object
                    .table
                    .filter(|_| item.object.kind == ObjectKind::Table)
            })
            .filter(|table| whole.holds(table));
        refusals.extend(torn.map(|table| Refusal {
            object: format!("table {table}"),
            reason: "it needs a table that stays: as a partition of it or its heir, or in a default or a check".to_owned(),
            hint: "have both serve one purpose, or undo that tie".to_owned(),
        }));
    }
    let (objects, apart) = order::sorted(items, &links);
    let image = SchemaImage {
        // Partitions are made with their whole, whose rows they hold.
        apart: tables
            .iter()
            .filter(|table| apart.contains(&table.name))
            .map(|table| table.name.clone())
            .collect(),
        tables,
        objects,
        refusals,
    };
    connection.execute("COMMIT", what).await?;
    Ok(image)
}

fn item(row: &SimpleQueryRow) -> Option<Item> {
    let kind = match row.get(2)? {
        "schema" => ObjectKind::Schema,
        "extension" => ObjectKind::Extension,
        "type" => ObjectKind::Type,
        "sequence" => ObjectKind::Sequence,
        "routine" => ObjectKind::Routine,
        "table" => ObjectKind::Table,
        "index" => ObjectKind::Index,
        "foreign_key" => ObjectKind::ForeignKey,
        "view" => ObjectKind::View,
        "trigger" => ObjectKind::Trigger,
        "rule" => ObjectKind::Rule,
        _ => ObjectKind::Comment,
    };
    let create = row.get(7)?;
    let definition = row.get(8).unwrap_or(create);
    let address = (row.get(0)?.parse().ok()?, row.get(1)?.parse().ok()?);
    let about = |column: usize| row.try_get(column).ok().flatten()?.parse().ok();
    Some(Item {
        address,
        about: about(9).zip(about(10)).unwrap_or(address),
        object: SchemaObject {
            kind,
            name: row.get(3)?.to_owned(),
            table: row
                .get(4)
                .zip(row.get(5))
                .map(|(schema, name)| TableName::new(schema, name)),
            phase: match row.get(6)? {
                "before_rows" => Phase::BeforeRows,
                "after_rows" => Phase::AfterRows,
                _ => Phase::AfterAll,
            },
            create: create.split(SEPARATOR).map(str::to_owned).collect(),
            definition: canonical::definition(kind, definition),
            enable: Vec::new(),
        },
    })
}

/// The tables that hold rows.
pub(crate) async fn tables(connection: &Connection, scope: &Scope) -> Result<Vec<Table>, EngineError> {
    let what = "failed to read the tables";
    let ask = |sql| in_scope(sql, scope);
    let name = |row: &SimpleQueryRow| Some(TableName::new(row.get(0)?, row.get(1)?));
    let mut columns: HashMap<TableName, Vec<Column>> = HashMap::new();
    for row in connection
        .simple(&ask(include_str!("sql/row_columns.sql")), what)
        .await?
    {
        let text = |column| row.get(column).unwrap_or_default().to_owned();
        let Some(name) = name(&row) else { continue };
        columns.entry(name).or_default().push(Column {
            name: text(2),
            base_type: text(3),
            full_type: text(4),
            charset: None,
            nullable: row.get(5) == Some("true"),
            generated: row.get(6) == Some("true"),
        });
    }
    let mut keys: HashMap<TableName, RowKey> = HashMap::new();
    for row in connection
        .simple(&ask(include_str!("sql/row_keys.sql")), what)
        .await?
    {
        let Some((name, names)) = name(&row).zip(row.get(3)) else {
            continue;
        };
        let own = columns.get(&name).map_or(&[][..], Vec::as_slice);
        let is_integer = |column: &str| {
            let own = own.iter().find(|candidate| candidate.name == column);
            own.is_some_and(|column| matches!(column.base_type.as_str(), "smallint" | "integer" | "bigint"))
        };
        let columns = names
            .split(SEPARATOR)
            .map(|column| KeyColumn {
                name: column.to_owned(),
                integer: is_integer(column),
            })
            .collect();
        let index = row.get(2).unwrap_or_default().to_owned();
        keys.insert(name, RowKey { index, columns });
    }
    let rows = connection
        .simple(&ask(include_str!("sql/row_tables.sql")), what)
        .await?;
    let table = |row: &SimpleQueryRow| {
        let name = name(row)?;
        Some(Table {
            columns: columns.remove(&name).unwrap_or_default(),
            key: keys.remove(&name),
            estimated_rows: row.get(2)?.parse().ok()?,
            estimated_bytes: row.get(3)?.parse().ok()?,
            name,
        })
    };
    let mut tables: Vec<Table> = rows.iter().filter_map(table).collect();
    if scope.part.is_some() {
        let whole = part::expanded(connection, scope).await?;
        tables.retain(|table| whole.holds(&table.name));
    }
    Ok(tables)
}

async fn refusals(
    connection: &Connection,
    scope: &Scope,
    for_target: &Flavor,
) -> Result<Vec<Refusal>, EngineError> {
    let what = "failed to look for what cannot be carried";
    let ask = in_scope(include_str!("sql/schema/refusals.sql"), scope)
        .replace("{target_major}", &for_target.version.major.to_string())
        .replace("{target_managed}", &for_target.is_managed().to_string());
    let mut rows = connection.simple(&ask, what).await?;
    let ask = in_scope(include_str!("sql/schema/incomparable.sql"), scope);
    rows.extend(connection.simple(&ask, what).await?);
    let refusal = |row: &SimpleQueryRow| {
        Some(Refusal {
            object: row.get(0)?.to_owned(),
            reason: row.get(1)?.to_owned(),
            hint: row.get(2)?.to_owned(),
        })
    };
    let mut refusals: Vec<_> = rows.iter().filter_map(refusal).collect();
    if for_target.is_managed() {
        let ask = "SELECT extname FROM pg_extension ORDER BY 1";
        let rows = connection.simple(ask, what).await?;
        let unknown = rows
            .iter()
            .filter_map(|row| row.get(0))
            .filter(|name| !offered(name));
        refusals.extend(unknown.map(|name| Refusal {
            object: format!("extension {name}"),
            reason: "Aurora PostgreSQL does not offer it".to_owned(),
            hint: "drop it here, with what depends on it, or do its work another way first".to_owned(),
        }));
    }
    Ok(refusals)
}

fn offered(extension: &str) -> bool {
    AURORA_EXTENSIONS
        .split_whitespace()
        .any(|name| name.eq_ignore_ascii_case(extension))
}
