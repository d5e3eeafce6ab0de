//! Small tables whose rows go in one transaction.

use daybreak_engine::{Statement, Write};
use daybreak_model::{Phase, RowRange};
use daybreak_sandbox::ServerKind;
use tokio::sync::mpsc;

use crate::ground::{copy_range, pair, scope, sql};

#[tokio::test]
async fn rows_of_a_group_are_all_there_or_none() {
    let Some(pair) = pair(ServerKind::Mysql97, true).await else {
        return;
    };
    let writer = pair.cluster.writer();
    sql(
        &pair.estate.primary,
        "shop",
        &[
            "CREATE TABLE a (id INT PRIMARY KEY, KEY again (id))",
            "INSERT INTO a VALUES (1), (2), (3)",
            "CREATE TABLE b (id INT PRIMARY KEY)",
            "INSERT INTO b VALUES (4), (5)",
        ],
    )
    .await;
    sql(writer, "mysql", &["CREATE DATABASE IF NOT EXISTS shop"]).await;
    let flavor = pair.target.flavor().await.unwrap();
    let image = pair.source.schema(&scope(&["shop"]), &flavor).await.unwrap();
    let made = |names: &[&str]| -> Vec<Statement> {
        let objects = image.objects.iter();
        let of = objects.filter(|object| {
            let table = object.table.as_ref();
            let named = table.is_some_and(|table| names.contains(&table.name.as_str()));
            // The others come with their table.
            named && object.phase != Phase::WithTable
        });
        of.flat_map(|object| object.create.iter())
            .map(|text| Statement {
                what: "create a table".to_owned(),
                text: text.clone(),
            })
            .collect()
    };
    let table = |name: &str| image.tables.iter().find(|table| table.name.name == name).unwrap();
    let counts = "SELECT CONCAT((SELECT COUNT(*) FROM shop.a), ' ', (SELECT COUNT(*) FROM shop.b))";

    let mut reader = pair.source.reader().await.unwrap();
    let mut group: Box<dyn Write> = pair.target.writer().await.unwrap();
    group.begin(&made(&["a", "b"])).await.unwrap();
    assert_eq!(
        copy_range(reader.as_mut(), group.as_mut(), table("a"), &RowRange::Whole).await,
        3
    );
    assert_eq!(
        writer.value(counts).await.unwrap().as_deref(),
        Some("0 0"),
        "not committed"
    );
    // The rows of b break off: those of a go with them, and the tables stay.
    let (blocks, received) = mpsc::channel(1);
    drop(blocks);
    group
        .write(table("b"), &RowRange::Whole, received)
        .await
        .unwrap_err();
    let late = group.commit(&[], &[]).await.unwrap_err();
    assert!(late.what.contains("has ended"), "{late}");
    assert_eq!(writer.value(counts).await.unwrap().as_deref(), Some("0 0"));

    let mut group: Box<dyn Write> = pair.target.writer().await.unwrap();
    group.begin(&[]).await.unwrap();
    for name in ["a", "b"] {
        copy_range(reader.as_mut(), group.as_mut(), table(name), &RowRange::Whole).await;
    }
    group.commit(&[], &[table("a"), table("b")]).await.unwrap();
    assert_eq!(writer.value(counts).await.unwrap().as_deref(), Some("3 2"));
}
