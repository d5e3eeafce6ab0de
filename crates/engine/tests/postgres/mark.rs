//! The mark of a schema.

use crate::pair::{ok, own, sandbox};

#[tokio::test]
async fn a_mark_moves_with_every_schema_statement_and_with_nothing_else() {
    let sandbox = sandbox();
    for major in [13, 18] {
        let Some(side) = own(&sandbox, "source", major).await else {
            continue;
        };
        side.run(&[
            "CREATE SCHEMA shop; CREATE TABLE shop.t (id integer PRIMARY KEY, name text); CREATE SEQUENCE shop.s",
            "CREATE FUNCTION shop.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        ])
        .await;
        let mut before = ok(side.database.schema_mark().await);
        side.run(&[
            "INSERT INTO shop.t SELECT i, i FROM generate_series(1, 5000) AS i",
            "UPDATE shop.t SET name = 'x' WHERE id < 1000; DELETE FROM shop.t WHERE id > 4000; SELECT nextval('shop.s')",
            "ANALYZE shop.t",
            "VACUUM shop.t",
        ])
        .await;
        let after = ok(side.database.schema_mark().await);
        assert!(after.is_some());
        assert_eq!(before, after, "{major}: rows are no schema");
        for change in [
            "ALTER TABLE shop.t ADD COLUMN more integer DEFAULT 1",
            "ALTER TABLE shop.t DROP COLUMN more",
            "ALTER TABLE shop.t ALTER COLUMN name SET DEFAULT ''",
            "CREATE INDEX i ON shop.t (name)",
            "DROP INDEX shop.i",
            "ALTER TABLE shop.t ADD CONSTRAINT c CHECK (id > 0)",
            "CREATE TRIGGER g BEFORE INSERT ON shop.t FOR EACH ROW EXECUTE FUNCTION shop.f()",
            "ALTER TABLE shop.t DISABLE TRIGGER g",
            "CREATE OR REPLACE FUNCTION shop.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
            "CREATE VIEW shop.v AS SELECT 1 AS one",
            "CREATE OR REPLACE VIEW shop.v AS SELECT 2 AS one",
            "COMMENT ON TABLE shop.t IS 'goods'",
            "GRANT SELECT ON shop.t TO PUBLIC",
            "ALTER SEQUENCE shop.s INCREMENT 5",
            "CREATE TYPE shop.mood AS ENUM ('a')",
            "ALTER TYPE shop.mood ADD VALUE 'b'",
            "ALTER TABLE shop.t ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY p ON shop.t USING (true)",
            "CREATE STATISTICS shop.st ON id, name FROM shop.t",
            "ALTER TABLE shop.t RENAME TO u",
            "DROP TABLE shop.u",
        ] {
            side.run(&[change]).await;
            let after = ok(side.database.schema_mark().await);
            assert_ne!(before, after, "{major}: {change}");
            before = after;
        }
    }
}
