//! Comparing rows that have no key: known by their hashes, and by how often each stands there.

use std::collections::HashMap;

use async_trait::async_trait;
use daybreak_model::{ChunkDigest, RowHash, Table};
use tokio_postgres::SimpleQueryRow;

use super::checker::{Checker, number};
use super::{digest, literal, quote};
use crate::port::added;
use crate::{Compare, EngineError, Hashing};

#[async_trait]
impl Compare for Checker {
    fn hash_by(&mut self, how: Hashing) {
        self.how = how;
    }

    async fn together(&mut self, tables: &[&Table]) -> Result<Vec<ChunkDigest>, EngineError> {
        self.digests(tables).await
    }

    async fn parts(&mut self, table: &Table, parts: u32) -> Result<Vec<ChunkDigest>, EngineError> {
        let source = self.source(table).await?;
        let halves = digest::halves(table, self.how);
        let sums: Vec<String> = halves.iter().map(|half| format!("sum({half})")).collect();
        let ask = format!(
            "SELECT {} & {}, count(*), {} FROM {source} GROUP BY 1",
            halves[0],
            parts - 1,
            sums.join(", "),
        );
        let none = ChunkDigest {
            rows: 0,
            sum: 0,
            second_sum: 0,
        };
        let mut digests = vec![none; parts as usize];
        for row in self.list(table, &ask).await? {
            let found = number::<usize>(&row, 0).zip(self.digest(&row, 1));
            let (part, digest) = found.ok_or_else(|| self.odd(table))?;
            if let Some(slot) = digests.get_mut(part) {
                *slot = digest;
            }
        }
        Ok(digests)
    }

    async fn tally(
        &mut self,
        table: &Table,
        parts: u32,
        part: u32,
    ) -> Result<HashMap<RowHash, u64>, EngineError> {
        let half = &digest::halves(table, self.how)[0];
        let condition = format!("{half} & {} = {part}", parts - 1);
        self.counted(table, &condition).await
    }

    async fn times(&mut self, table: &Table, hashes: &[RowHash]) -> Result<Vec<u64>, EngineError> {
        let halves = digest::halves(table, self.how);
        let counted = self.counted(table, &digest::among(&halves, hashes)).await?;
        Ok(hashes
            .iter()
            .map(|hash| counted.get(hash).copied().unwrap_or(0))
            .collect())
    }

    async fn literals_by_hash(
        &mut self,
        table: &Table,
        hashes: &[RowHash],
    ) -> Result<Vec<Option<Vec<String>>>, EngineError> {
        let source = self.source(table).await?;
        let halves = digest::halves(table, self.how);
        let ask = format!(
            "SELECT DISTINCT {}, {} FROM {source} WHERE {}",
            halves.join(", "),
            literal::expressions(table),
            digest::among(&halves, hashes),
        );
        let mut found = HashMap::new();
        for row in self.list(table, &ask).await? {
            let hash = self.hash(&row, 0).ok_or_else(|| self.odd(table))?;
            let text = |column| row.get(column).unwrap_or("NULL").to_owned();
            found.insert(hash, (halves.len()..row.len()).map(text).collect());
        }
        Ok(hashes.iter().map(|hash| found.remove(hash)).collect())
    }

    fn repair_times(
        &self,
        table: &Table,
        literals: &[String],
        here: u64,
        there: u64,
    ) -> Result<String, String> {
        repair(table, self.is_alone(table), literals, here, there)
    }
}

impl Checker {
    async fn list(&self, table: &Table, ask: &str) -> Result<Vec<SimpleQueryRow>, EngineError> {
        let what = format!("failed to compute the digests of rows of {}", table.name);
        self.connection().simple(ask, what).await
    }

    /// How many rows have each hash, of those that a condition holds for.
    async fn counted(
        &mut self,
        table: &Table,
        condition: &str,
    ) -> Result<HashMap<RowHash, u64>, EngineError> {
        let source = self.source(table).await?;
        let halves = digest::halves(table, self.how);
        let ask = format!(
            "SELECT {}, count(*) FROM {source} WHERE {condition} GROUP BY {}",
            halves.join(", "),
            ["1", "2"][..halves.len()].join(", "),
        );
        let rows = self.list(table, &ask).await?;
        let counts = rows
            .iter()
            .map(|row| Some((self.hash(row, 0)?, number(row, halves.len())?)));
        counts.collect::<Option<_>>().ok_or_else(|| self.odd(table))
    }
}

/// Rows are told apart by their places, of which the statement itself chooses as many as it needs; a partition's places are
/// its own. Values are compared as they are printed: no two that differ look alike.
fn repair(table: &Table, only: bool, literals: &[String], here: u64, there: u64) -> Result<String, String> {
    let names: Vec<String> = table
        .columns
        .iter()
        .filter(|column| !column.generated)
        .map(|column| quote::identifier(&column.name))
        .collect();
    let from = quote::table(&table.name);
    if here > there {
        let missing = added(here, there)?;
        return Ok(format!(
            "INSERT INTO {from} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM generate_series(1, {missing})",
            names.join(", "),
            literals.join(", ")
        ));
    }
    let terms: Vec<String> = names
        .iter()
        .zip(literals)
        .map(|(name, value)| format!("{name}::text COLLATE \"C\" IS NOT DISTINCT FROM ({value})::text"))
        .collect();
    let condition = if terms.is_empty() {
        "true".to_owned()
    } else {
        terms.join(" AND ")
    };
    let from = format!("{}{from}", if only { "ONLY " } else { "" });
    Ok(format!(
        "DELETE FROM {from} WHERE (tableoid, ctid) IN (SELECT tableoid, ctid FROM {from} WHERE {condition} LIMIT {})",
        there - here
    ))
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Column, Table, TableName};

    use super::repair;

    #[test]
    fn equal_rows_are_added_and_taken_away_by_count() {
        let column = |name: &str| Column {
            name: name.to_owned(),
            base_type: "text".to_owned(),
            full_type: "text".to_owned(),
            charset: None,
            nullable: true,
            generated: name == "g",
        };
        let table = Table {
            name: TableName::new("s", "t"),
            columns: vec![column("a"), column("g"), column("b")],
            key: None,
            estimated_rows: 0,
            estimated_bytes: 0,
        };
        let literals = ["'it''s'::text".to_owned(), "NULL".to_owned()];
        assert_eq!(
            repair(&table, true, &literals, 3, 1).as_deref(),
            Ok(
                r#"INSERT INTO "s"."t" ("a", "b") OVERRIDING SYSTEM VALUE SELECT 'it''s'::text, NULL FROM generate_series(1, 2)"#
            )
        );
        assert_eq!(
            repair(&table, true, &literals, 0, 2).as_deref(),
            Ok(
                r#"DELETE FROM ONLY "s"."t" WHERE (tableoid, ctid) IN (SELECT tableoid, ctid FROM ONLY "s"."t" WHERE "a"::text COLLATE "C" IS NOT DISTINCT FROM ('it''s'::text)::text AND "b"::text COLLATE "C" IS NOT DISTINCT FROM (NULL)::text LIMIT 2)"#
            )
        );
    }
}
