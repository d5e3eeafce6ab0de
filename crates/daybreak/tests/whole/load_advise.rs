//! `daybreak load advise`: which method fits a server, with the reasons against the others.

use daybreak_sandbox::{Estate, EstateOptions, ServerKind, available};
use serde_json::Value;

use crate::looking::{Looking, list};

async fn advice(looking: &Looking, kind: ServerKind, arguments: &[&str]) -> Option<Value> {
    let estate = available(Estate::start(&looking.sandbox, EstateOptions::new(kind)).await)?;
    let statement = match kind {
        ServerKind::Postgres(_) => {
            "CREATE TABLE shop.big AS SELECT i, repeat('x', 100) AS v FROM generate_series(1, 20000) AS i"
        }
        _ => {
            "CREATE TABLE shop.big (i INT PRIMARY KEY, v VARCHAR(100)); INSERT INTO shop.big VALUES (1, 'x'), (2, 'y')"
        }
    };
    if let ServerKind::Postgres(_) = kind {
        estate
            .primary
            .rows_as(&estate.admin, "shop", "CREATE SCHEMA shop")
            .await
            .expect("made");
    }
    estate
        .primary
        .rows_as(&estate.admin, "shop", statement)
        .await
        .expect("made");
    let arguments = [
        &["load", "advise", "--schema", "shop", "--measure", "1"],
        arguments,
    ]
    .concat();
    Some(looking.json(&estate.primary, &estate.admin, &arguments, 0).await)
}

fn method<'a>(advice: &'a Value, name: &str) -> &'a Value {
    let found = list(advice, "methods")
        .iter()
        .find(|method| method["method"] == name);
    found.unwrap_or_else(|| panic!("{name}: {advice}"))
}

fn why(advice: &Value, name: &str) -> String {
    method(advice, name)["why"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_server_is_told_what_fits_it_and_why_nothing_else_does() {
    let looking = Looking::new();
    if let Some(advice) = advice(&looking, ServerKind::Mysql97, &[]).await {
        assert!(
            advice["target"]
                .as_str()
                .is_some_and(|line| line.starts_with("8.4")),
            "{advice}"
        );
        assert!(
            why(&advice, "xtrabackup").contains("mysql.physical.version"),
            "{advice}"
        );
        assert!(advice["reading"]["rows"].as_u64() >= Some(2), "{advice}");
    }
    if let Some(advice) = advice(&looking, ServerKind::Mysql56, &["--target", "3.10"]).await {
        assert_eq!(advice["advised"], "direct", "{advice}");
        assert!(why(&advice, "direct").contains("at one's own risk"), "{advice}");
        assert!(
            why(&advice, "xtrabackup").contains("restored by no line"),
            "{advice}"
        );
    }
    if let Some(advice) = advice(&looking, ServerKind::MariaDb1011, &[]).await {
        assert_eq!(advice["advised"], "direct", "{advice}");
        assert!(why(&advice, "direct").contains("writes wait"), "{advice}");
        assert!(why(&advice, "xtrabackup").contains("it is MariaDB"), "{advice}");
    }
    if let Some(advice) = advice(&looking, ServerKind::Postgres(15), &[]).await {
        assert_eq!(advice["advised"], "direct", "{advice}");
        assert!(
            method(&advice, "direct")["hours"].as_f64() > Some(0.0),
            "{advice}"
        );
        assert_eq!(method(&advice, "direct")["at_least"], true, "{advice}");
        assert!(
            why(&advice, "xtrabackup").contains("restores no data files"),
            "{advice}"
        );
    }
}
