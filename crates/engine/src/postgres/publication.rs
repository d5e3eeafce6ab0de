//! The list of tables whose changes are sent.

use daybreak_model::{Flavor, Scope, TableName};

use super::connection::Connection;
use super::{part, quote};
use crate::EngineError;

/// Separates statements in a query's answer.
const SEPARATOR: char = '\u{1}';

/// A table as a publication needs it.
struct Published {
    /// Its name, quoted, after `ONLY` where tables inherit from it.
    name: String,
    /// What makes the log name its updated and deleted rows: a statement for each relation of which it does not.
    identify: Vec<String>,
    plain: TableName,
}

/// Makes the publication, or makes it list the scope's tables as they are now.
///
/// A table whose rows the log does not name, and each such partition of it, gets another `REPLICA IDENTITY` first (`FULL` where it
/// has no key): once published without, the server would refuse every UPDATE and DELETE of it.
pub(crate) async fn ensure(
    connection: &Connection,
    flavor: &Flavor,
    scope: &Scope,
    name: &str,
) -> Result<(), EngineError> {
    let what = format!("failed to make the publication `{name}`");
    let tables = tables(connection, flavor, scope).await?;
    for statement in tables.iter().flat_map(|table| &table.identify) {
        connection.execute(statement, what.clone()).await?;
    }
    let list: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
    let wanted = list.join(", ");
    let state = format!(
        "SELECT coalesce(string_agg(format('%s%I.%I', CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, n.nspname, c.relname),
                                    ', ' ORDER BY n.nspname, c.relname) FILTER (WHERE c.oid IS NOT NULL), '')
         FROM pg_publication AS p
         LEFT JOIN pg_publication_rel AS r ON r.prpubid = p.oid
         LEFT JOIN pg_class AS c ON c.oid = r.prrelid
         LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE p.pubname = {}
         GROUP BY p.oid",
        quote::literal(name)
    );
    let statement = match connection.simple(&state, what.clone()).await?.first() {
        Some(row) if row.get(0) == Some(wanted.as_str()) || wanted.is_empty() => return Ok(()),
        Some(_) => format!("ALTER PUBLICATION {} SET TABLE {wanted}", quote::identifier(name)),
        None => create(name, flavor, &wanted),
    };
    connection.execute(&statement, what).await
}

/// Makes a publication for following changes, which changes no table: those whose rows the log does not name are left out
/// and returned.
pub(crate) async fn for_changes(
    connection: &Connection,
    flavor: &Flavor,
    scope: &Scope,
    name: &str,
) -> Result<Vec<TableName>, EngineError> {
    let tables = tables(connection, flavor, scope).await?;
    let (identified, others): (Vec<_>, Vec<_>) =
        tables.into_iter().partition(|table| table.identify.is_empty());
    let list: Vec<_> = identified.iter().map(|table| table.name.as_str()).collect();
    let what = format!("failed to make the publication `{name}`");
    connection
        .execute(&create(name, flavor, &list.join(", ")), what)
        .await?;
    Ok(others.into_iter().map(|table| table.plain).collect())
}

/// `CREATE PUBLICATION`. Partitioned tables are sent as the whole, so that the other side may be partitioned otherwise.
pub(crate) fn create(name: &str, flavor: &Flavor, tables: &str) -> String {
    let list = if tables.is_empty() {
        String::new()
    } else {
        format!(" FOR TABLE {tables}")
    };
    let options = if flavor.replicates_partitioned_tables() {
        " WITH (publish_via_partition_root = true)"
    } else {
        ""
    };
    format!("CREATE PUBLICATION {}{list}{options}", quote::identifier(name))
}

/// What makes the rows of a table without a key known to the other side.
pub(crate) fn identify(table: &str) -> String {
    format!("ALTER TABLE {table} REPLICA IDENTITY FULL")
}

/// Logged tables of the scope: partitioned ones as the whole, and by their partitions where the server knows no better.
async fn tables(
    connection: &Connection,
    flavor: &Flavor,
    scope: &Scope,
) -> Result<Vec<Published>, EngineError> {
    let schemas = quote::text_array(scope.schemas.iter().map(String::as_str));
    let ask = include_str!("sql/published_tables.sql")
        .replace("{schemas}", &schemas)
        .replace("{whole}", &flavor.replicates_partitioned_tables().to_string());
    let rows = connection
        .simple(&ask, "failed to list the tables to publish")
        .await?;
    let whole = part::expanded(connection, scope).await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let identify = row.get(1).into_iter().flat_map(|all| all.split(SEPARATOR));
            Some(Published {
                name: row.get(0)?.to_owned(),
                identify: identify.map(str::to_owned).collect(),
                plain: TableName::new(row.get(2)?, row.get(3)?),
            })
        })
        .filter(|published| whole.holds(&published.plain))
        .collect())
}
