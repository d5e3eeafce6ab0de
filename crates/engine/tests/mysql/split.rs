//! Ranges cover every row exactly once, whatever the keys are.

use daybreak_engine::Database;
use daybreak_model::{RowRange, Table};
use daybreak_sandbox::ServerKind;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::ground::{lone, scope, sql};

async fn assert_covered(server: &dyn Database, table: &Table, rows: u64) {
    let mut checker = server.checker().await.unwrap();
    let whole = checker.chunk(table, &RowRange::Whole).await.unwrap();
    let ranges = checker.split(table, rows, u64::MAX).await.unwrap();
    let (mut count, mut sum) = (0, 0);
    let mut largest = 0;
    for range in &ranges {
        let part = checker.chunk(table, range).await.unwrap();
        count += part.rows;
        sum += part.sum;
        largest = largest.max(part.rows);
    }
    assert_eq!(
        (count, sum),
        (whole.rows, whole.sum),
        "{} in {} ranges",
        table.name,
        ranges.len()
    );
    if table.key.is_some() && whole.rows > rows * 3 {
        assert!(ranges.len() > 1, "{}", table.name);
        assert!(
            largest < rows * 8,
            "{}: a range of {largest} rows where {rows} were wanted",
            table.name
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_in_one_range() {
    let Some((_sandbox, estate, server)) = lone(ServerKind::Mysql97, true).await else {
        return;
    };
    let primary = &estate.primary;
    let mut random = StdRng::seed_from_u64(7);
    let words = [
        "a",
        "A",
        "ä",
        "Ä",
        "b",
        "ß",
        "ss",
        "zz",
        "",
        " ",
        "a ",
        "e\u{301}",
        "é",
        "\u{1F305}",
    ];
    for round in 0..4 {
        let span: i64 = [1_000, 1_000_000_000, i64::MAX, 5_000][round];
        let mut statements = vec![
            format!("CREATE TABLE whole{round} (k BIGINT PRIMARY KEY, v INT)"),
            format!(
                "CREATE TABLE text{round} (k VARCHAR(40) COLLATE utf8mb4_general_ci, n INT, v INT, PRIMARY KEY (k, n))"
            ),
            format!(
                "CREATE TABLE mixed{round} (e ENUM('z', 'm', 'a') NOT NULL, d DECIMAL(12,3) NOT NULL, t DATETIME(3) NOT NULL, b VARBINARY(4) NOT NULL, v INT, UNIQUE KEY (e, d, t, b))"
            ),
            format!("CREATE TABLE none{round} (v INT)"),
        ];
        for _ in 0..5 {
            let mut rows: [Vec<String>; 4] = Default::default();
            for _ in 0..400 {
                // Dense at the top, sparse below, with both ends of the type.
                let key = match random.random_range(0..4) {
                    0 => random.random_range(-span..=span),
                    1 => i64::MIN + random.random_range(0..5),
                    2 => i64::MAX - random.random_range(0..5),
                    _ => span / 2 + random.random_range(0..800),
                };
                rows[0].push(format!("({key}, 1)"));
                let word: String = (0..random.random_range(0..3))
                    .map(|_| words[random.random_range(0..words.len())])
                    .collect();
                rows[1].push(format!("('{word}', {}, 1)", random.random_range(0..300)));
                rows[2].push(format!(
                    "({}, {}.{:03}, '2026-01-{:02} 00:00:00.{:03}', x'{:02X}{:02X}', 1)",
                    random.random_range(1..=3),
                    random.random_range(-5..5),
                    random.random_range(0..1000),
                    random.random_range(1..=28),
                    random.random_range(0..1000),
                    random.random_range(0..=255),
                    random.random_range(0..=255)
                ));
                rows[3].push("(1)".to_owned());
            }
            for (name, rows) in ["whole", "text", "mixed", "none"].iter().zip(rows) {
                statements.push(format!(
                    "INSERT IGNORE INTO {name}{round} VALUES {}",
                    rows.join(", ")
                ));
            }
        }
        for name in ["whole", "text", "mixed", "none"] {
            statements.push(format!("ANALYZE TABLE {name}{round}"));
        }
        let statements: Vec<_> = statements.iter().map(String::as_str).collect();
        sql(primary, "shop", &statements).await;
    }
    sql(primary, "shop", &["CREATE TABLE empty_one (id INT PRIMARY KEY)"]).await;
    let image = server
        .schema(&scope(&["shop"]), &server.flavor().await.unwrap())
        .await
        .unwrap();
    assert_eq!(image.tables.len(), 17);
    for table in &image.tables {
        for rows in [1, 7, 100, 100_000] {
            if rows > 1 || table.name.name.starts_with("text") {
                assert_covered(&*server, table, rows).await;
            }
        }
    }
}
