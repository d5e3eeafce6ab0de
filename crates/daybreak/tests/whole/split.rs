//! `daybreak split` on real servers: two planted purposes are found, and the three queries that cross them; lint fails on exactly those.

use std::path::Path;

use daybreak_sandbox::{Estate, EstateOptions, ServerKind, available};
use serde_json::Value;

use crate::looking::{Looking, list, run};

/// Orders and their like, posts and their like; the hostile name is one of the posts'.
fn tables(odd: &str) -> String {
    format!(
        "CREATE TABLE customers (id INT PRIMARY KEY, mail VARCHAR(40));
         CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT NOT NULL, FOREIGN KEY (customer_id) REFERENCES customers (id));
         CREATE TABLE order_lines (id INT PRIMARY KEY, order_id INT NOT NULL, item_id INT NOT NULL, FOREIGN KEY (order_id) REFERENCES orders (id));
         CREATE TABLE items (id INT PRIMARY KEY, price INT);
         CREATE TABLE payments (id INT PRIMARY KEY, order_id INT NOT NULL, FOREIGN KEY (order_id) REFERENCES orders (id));
         CREATE VIEW bills AS SELECT o.id, i.price FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id JOIN items AS i ON i.id = l.item_id;
         CREATE TABLE authors (id INT PRIMARY KEY, mail VARCHAR(40));
         CREATE TABLE posts (id INT PRIMARY KEY, author_id INT NOT NULL, FOREIGN KEY (author_id) REFERENCES authors (id));
         CREATE TABLE comments (id INT PRIMARY KEY, post_id INT NOT NULL, FOREIGN KEY (post_id) REFERENCES posts (id));
         CREATE TABLE {odd} (id INT PRIMARY KEY, post_id INT NOT NULL, FOREIGN KEY (post_id) REFERENCES posts (id));
         CREATE TABLE likes (post_id INT NOT NULL, author_id INT NOT NULL, FOREIGN KEY (post_id) REFERENCES posts (id))"
    )
}

const CROSSING: [&str; 3] = [
    "SELECT c.id FROM customers AS c JOIN authors AS a ON a.mail = c.mail",
    "SELECT COUNT(*) FROM orders WHERE customer_id IN (SELECT author_id FROM posts)",
    "INSERT INTO comments SELECT id, 1 FROM payments",
];

async fn split(looking: &Looking, estate: &Estate, arguments: &[&str]) -> Value {
    let login = &estate.admin;
    looking
        .json(&estate.primary, login, &[&["split"], arguments].concat(), 0)
        .await
}

fn lint(folder: &Path, queries: &Path) -> (Option<i32>, Value) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_daybreak"))
        .current_dir(folder)
        .args([
            "--format",
            "json",
            "split",
            "lint",
            "--purposes",
            "purposes.toml",
            "--queries",
        ])
        .arg(queries)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let found = serde_json::from_slice(&output.stdout).unwrap_or(Value::String(said));
    (output.status.code(), found)
}

async fn two_purposes(kind: ServerKind) {
    let looking = Looking::new();
    let Some(estate) = available(Estate::start(&looking.sandbox, EstateOptions::new(kind)).await) else {
        return;
    };
    let postgres = matches!(kind, ServerKind::Postgres(_));
    let (schema, odd) = if postgres {
        ("public", "\"we\"\"ird ta'ble; <drop>\"")
    } else {
        ("shop", "`we\"ird ta'ble; <drop>`")
    };
    let path = if postgres {
        "SET search_path = public; "
    } else {
        ""
    };
    run(&estate.primary, "shop", &format!("{path}{}", tables(odd))).await;
    let clerk = if postgres {
        "CREATE ROLE clerk; GRANT SELECT ON public.orders TO clerk; GRANT UPDATE (mail) ON public.authors TO clerk"
    } else {
        "CREATE USER clerk; GRANT SELECT ON shop.orders TO clerk; GRANT UPDATE (mail) ON shop.authors TO clerk"
    };
    run(&estate.primary, "shop", clerk).await;
    let folder = looking.folder.path();
    let inside = format!(
        "SELECT * FROM orders JOIN payments ON payments.order_id = orders.id; SELECT * FROM items; \
         BEGIN; INSERT INTO orders VALUES (1, 1); INSERT INTO order_lines VALUES (1, 1, 1); COMMIT; \
         SELECT * FROM posts, {odd} AS o, likes WHERE o.post_id = posts.id; UPDATE authors SET mail = 'x; SELECT 1 FROM orders'"
    );
    let queries = folder.join("queries.sql");
    std::fs::write(&queries, format!("{inside};\n{};\n", CROSSING.join(";\n"))).expect("written");
    let file = queries.to_str().expect("UTF-8");
    let (purposes, picture) = (folder.join("purposes.toml"), folder.join("purposes.svg"));
    let files = [
        purposes.to_str().expect("UTF-8"),
        picture.to_str().expect("UTF-8"),
    ];
    let arguments = [
        "--schema",
        schema,
        "--queries",
        file,
        "--write",
        files[0],
        "--svg",
        files[1],
    ];
    let report = split(&looking, &estate, &arguments).await;

    let names = |purpose: &Value| -> Vec<String> {
        let tables = list(purpose, "tables").iter();
        tables
            .filter_map(|table| table["table"]["name"].as_str().map(str::to_owned))
            .collect()
    };
    let mut found: Vec<Vec<String>> = list(&report, "purposes").iter().map(names).collect();
    found.iter_mut().for_each(|tables| tables.sort());
    found.sort();
    let expected = [
        vec!["authors", "comments", "likes", "posts", "we\"ird ta'ble; <drop>"],
        vec!["customers", "items", "order_lines", "orders", "payments"],
    ];
    assert_eq!(found, expected, "{report}");
    let [cut] = list(&report, "cuts") else {
        panic!("{report}")
    };
    let crossing: Vec<&str> = list(cut, "queries")
        .iter()
        .filter_map(|query| query["statement"].as_str())
        .collect();
    let mut wanted = CROSSING;
    wanted.sort_unstable();
    assert_eq!(crossing, wanted, "{report}");
    assert_eq!(cut["together"], false, "{report}");
    let [account] = list(cut, "accounts") else {
        panic!("{report}")
    };
    let name = if postgres {
        "account clerk"
    } else {
        "account 'clerk'@'%'"
    };
    assert_eq!(account["object"], name, "{report}");
    assert_eq!(list(account, "tables").len(), 2, "{report}");
    let svg = std::fs::read_to_string(&picture).expect("a picture");
    assert!(
        svg.contains("we&quot;ird ta&#39;ble; &lt;drop&gt;") && !svg.contains("<drop>"),
        "{svg}"
    );

    // What was written down is read again, and lint knows what crosses without a server.
    let again = split(
        &looking,
        &estate,
        &["--schema", schema, "--queries", file, "--purposes", files[0]],
    )
    .await;
    assert_eq!(list(&again, "cuts").len(), 1, "{again}");
    let (status, linted) = lint(folder, &queries);
    assert_eq!(
        (status, list(&linted, "crossing").len()),
        (Some(3), 3),
        "{linted}"
    );
    let within = folder.join("within.sql");
    std::fs::write(&within, format!("{inside}; SELECT * FROM no_such_table")).expect("written");
    let (status, linted) = lint(folder, &within);
    assert_eq!(
        (status, &linted["unknown"]["no_such_table"]),
        (Some(0), &Value::from(1)),
        "{linted}"
    );
    let both = folder.join("both.sql");
    std::fs::write(
        &both,
        "BEGIN; UPDATE orders SET id = 1; UPDATE posts SET id = 2; COMMIT",
    )
    .expect("written");
    let (status, linted) = lint(folder, &both);
    assert_eq!(
        (status, list(&linted, "crossing").len()),
        (Some(3), 1),
        "{linted}"
    );

    // A table that nobody gave a purpose is named, and so is a key that is not known.
    let text = std::fs::read_to_string(&purposes).expect("purposes");
    std::fs::write(&purposes, text.replacen("authors", "nobody", 1)).expect("written");
    let wrong = ["split", "--schema", schema, "--purposes", files[0]];
    let output = looking.run(&estate.primary, &estate.admin, &wrong).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(2) && said.contains("authors has no purpose"),
        "{said}"
    );
    std::fs::write(&purposes, "[purpose]\na = []\n").expect("written");
    let (status, linted) = lint(folder, &queries);
    assert!(
        status == Some(2) && linted.to_string().contains("unknown field `purpose`"),
        "{linted}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_mysql() {
    two_purposes(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_postgresql() {
    two_purposes(ServerKind::Postgres(17)).await;
}
