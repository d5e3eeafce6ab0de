//! `daybreak data-check` over every type and every pair of versions: equal rows read as the same, and where one value was
//! changed, its row and column are named.

pub(crate) mod mysql;
pub(crate) mod postgres;

use std::collections::BTreeSet;

use daybreak_sandbox::{Login, Server};
use serde_json::Value;

use crate::looking::{Looking, list};

/// A type: the name of its table, the type as a server knows it, and values, between semicolons, that all differ, neighbours as
/// little as can be.
pub(crate) struct Type(&'static str, &'static str, &'static str);

impl Type {
    fn values(&self) -> Vec<&'static str> {
        self.2.split("; ").collect()
    }
}

/// Statements that make a table for each type, with a row for each of its values.
pub(crate) fn made(types: &[Type]) -> String {
    let table =
        |Type(name, kind, _): &Type| format!("CREATE TABLE {name} (id INT PRIMARY KEY, v {kind} NULL); ");
    types.iter().map(table).collect::<String>() + &filled(types, 0)
}

/// Statements that put into each row the value that stands so many places further on.
fn filled(types: &[Type], further: usize) -> String {
    let rows = |kind: &Type| {
        let (name, values) = (kind.0, kind.values());
        let row = |id: usize| format!("({id}, {})", values[(id + further) % values.len()]);
        let rows: Vec<String> = (0..values.len()).map(row).collect();
        format!(
            "DELETE FROM {name}; INSERT INTO {name} VALUES {}; ",
            rows.join(", ")
        )
    };
    types.iter().map(rows).collect()
}

/// Compares the schemas of a server with those of others.
async fn check(
    looking: &Looking,
    login: &Login,
    first: &Server,
    others: &[&Server],
    schemas: &[&str],
    status: i32,
) -> Value {
    let mut arguments = vec!["data-check".to_owned()];
    for server in others {
        arguments.extend(["--node".to_owned(), looking.url(server, login).await]);
    }
    arguments.extend(
        schemas
            .iter()
            .flat_map(|schema| ["--schema".to_owned(), (*schema).to_owned()]),
    );
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    looking.json(first, login, &arguments, status).await
}

/// All servers have the same rows, whichever of them is compared with the others, and all tables were looked at.
async fn assert_same(looking: &Looking, login: &Login, servers: &[&Server], schemas: &[&str], tables: usize) {
    for (place, first) in servers.iter().enumerate() {
        let mut others = servers.to_vec();
        others.remove(place);
        let report = check(looking, login, first, &others, schemas, 0).await;
        assert_eq!(report["verdict"], "same", "{report}");
        assert_eq!(list(&report, "nodes").len(), others.len(), "{report}");
        for node in list(&report, "nodes") {
            let compared = list(node, "tables").len();
            assert!(compared >= tables, "{compared} of {tables} tables: {node}");
        }
    }
}

/// Every row of every type's table is named, and of it the column alone, as it is on this server.
fn assert_all_named(report: &Value, server: &Server, schema: &str, types: &[Type]) {
    let at = format!("127.0.0.1:{}", server.port());
    let rows = list(report, "differences").iter();
    let rows = rows.filter(|row| row["server"].as_str().is_some_and(|name| name.contains(&at)));
    let named: BTreeSet<String> = rows
        .map(|row| {
            let columns: Vec<&str> = list(row, "columns")
                .iter()
                .filter_map(|column| column["column"].as_str())
                .collect();
            format!(
                "{} {} {} {}",
                row["table"],
                row["key"],
                row["kind"],
                columns.join(", ")
            )
            .replace('"', "")
        })
        .collect();
    let expected: BTreeSet<String> = types
        .iter()
        .flat_map(|kind| {
            let rows = 0..kind.values().len();
            rows.map(move |id| format!("{schema}.{} {id} changed v", kind.0))
        })
        .collect();
    let missed: Vec<_> = expected.difference(&named).collect();
    let more: Vec<_> = named.difference(&expected).collect();
    assert!(
        missed.is_empty() && more.is_empty(),
        "missed {missed:?}, and too many {more:?}"
    );
}

/// Statements that make a table for each type whose key is of that type, with a row for each of its values.
fn keyed(types: &[Type]) -> String {
    let table = |kind: &Type| {
        let rows = kind.values().into_iter().enumerate();
        let rows: Vec<String> = rows.map(|(n, value)| format!("({value}, {n})")).collect();
        let (name, of) = (kind.0, kind.1);
        let rows = rows.join(", ");
        format!(
            "CREATE TABLE {name} (v {of} PRIMARY KEY, n INT NOT NULL); INSERT INTO {name} VALUES {rows}; "
        )
    };
    types.iter().map(table).collect()
}

/// Statements that change each row of those tables, and leave its key.
fn touched(types: &[Type]) -> String {
    let update = |kind: &Type| format!("UPDATE {} SET n = n + 100; ", kind.0);
    types.iter().map(update).collect()
}

/// Every row of every table is named once by its key, on each of so many servers.
fn assert_all_found_by_key(report: &Value, servers: usize, schema: &str, types: &[Type]) {
    for kind in types {
        let table = format!("{schema}.{}", kind.0);
        let rows = list(report, "differences").iter();
        let rows: Vec<&Value> = rows.filter(|row| row["table"] == table).collect();
        let keys: BTreeSet<&str> = rows.iter().filter_map(|row| row["key"].as_str()).collect();
        assert_eq!(keys.len(), kind.values().len(), "{table}: {rows:?}");
        assert_eq!(rows.len(), servers * keys.len(), "{table}: {rows:?}");
        let changed = |row: &&Value| row["kind"] == "changed" && list(row, "columns")[0]["column"] == "n";
        assert!(rows.iter().all(changed), "{table}: {rows:?}");
    }
}
