//! Rows that are read in pieces arrive as they were, beside those that are not.

use daybreak_sandbox::ServerKind;

use crate::ground::{assert_same_rows, load, pair, scope, sql};

#[tokio::test]
async fn rows_of_many_megabytes_arrive_exactly() {
    let Some(pair) = pair(ServerKind::Mysql97, true).await else {
        return;
    };
    let sha = "SHA2(CONCAT_WS('|', LENGTH(body), body, LENGTH(words), words, LENGTH(old), old, note), 256)";
    sql(
        &pair.estate.primary,
        "shop",
        &[
            "CREATE TABLE large (name VARCHAR(20) CHARACTER SET latin1, part INT, note VARCHAR(20), body LONGBLOB, \
             words LONGTEXT CHARACTER SET utf8mb4, old MEDIUMTEXT CHARACTER SET latin1, PRIMARY KEY (name, part))",
            // 9 MB of bytes that must be escaped, not a multiple of a piece.
            "INSERT INTO large VALUES ('it''s', 1, 'bytes', REPEAT(x'5C090A00FF5C4E', 1300001), '', NULL)",
            // Characters of one to four bytes: pieces are cut between characters.
            "INSERT INTO large VALUES ('it''s', 2, 'text', NULL, REPEAT(CONVERT(x'61C3A4E282ACF09F8C850A' USING utf8mb4), 700001), 'x')",
            // Each value is small enough, the row is not.
            "INSERT INTO large VALUES (x'E4', 1, NULL, REPEAT(x'00', 3000000), REPEAT('\\\\', 3000000), REPEAT('\\t', 3000000))",
            "INSERT INTO large VALUES (x'E4', 2, 'small', x'00', 'a', ''), ('', 0, '', NULL, NULL, NULL)",
        ],
    )
    .await;
    let scope = scope(&["shop"]);
    let (_, image) = load(&pair.source, &pair.target, &scope).await;
    assert_eq!(assert_same_rows(&pair.source, &pair.target, &image).await, 5);
    let question = format!("SELECT GROUP_CONCAT({sha} ORDER BY name, part) FROM shop.large");
    let here = pair.estate.primary.value(&question).await.unwrap();
    assert!(here.as_ref().is_some_and(|hashes| hashes.len() == 5 * 64 + 4));
    assert_eq!(here, pair.cluster.writer().value(&question).await.unwrap());
}
