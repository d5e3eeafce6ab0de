//! Comparing rows that have no key: known by their hashes, and by how often each stands there.

use std::collections::HashMap;

use async_trait::async_trait;
use daybreak_model::{ChunkDigest, Column, RowHash, Table};

use super::checker::Checker;
use super::column::{Kind, kind};
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
        let halves = self.halves(table).await?;
        let sums: Vec<String> = halves.iter().map(|half| format!("SUM({half})")).collect();
        let sql = format!(
            "SELECT {} & {}, COUNT(*), {} FROM {} GROUP BY 1",
            halves[0],
            parts - 1,
            sums.join(", "),
            quote::table(&table.name)
        );
        let none = ChunkDigest {
            rows: 0,
            sum: 0,
            second_sum: 0,
        };
        let mut digests = vec![none; parts as usize];
        for row in self.ask(table, &sql).await? {
            let found = row.get::<usize, _>(0).zip(self.digest(&row, 1));
            let (part, digest) = found.ok_or_else(|| self.unreadable(table))?;
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
        let halves = self.halves(table).await?;
        let condition = format!("{} & {} = {part}", halves[0], parts - 1);
        self.counted(table, &halves, &condition).await
    }

    async fn times(&mut self, table: &Table, hashes: &[RowHash]) -> Result<Vec<u64>, EngineError> {
        let halves = self.halves(table).await?;
        let counted = self
            .counted(table, &halves, &digest::among(&halves, hashes))
            .await?;
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
        let halves = self.halves(table).await?;
        let sql = format!(
            "SELECT DISTINCT {}, {} FROM {} WHERE {}",
            halves.join(", "),
            literal::expressions(table),
            quote::table(&table.name),
            digest::among(&halves, hashes)
        );
        let mut found = HashMap::new();
        for row in self.ask(table, &sql).await? {
            let hash = digest::hash(&row, 0, self.how.strong);
            let values = hash.zip(literal::literals(table, &row, halves.len()));
            let (hash, literals) = values.ok_or_else(|| self.unreadable(table))?;
            found.insert(hash, literals);
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
        repair(table, literals, here, there)
    }
}

impl Checker {
    /// How many rows have each hash, of those that a condition holds for.
    async fn counted(
        &mut self,
        table: &Table,
        halves: &[String],
        condition: &str,
    ) -> Result<HashMap<RowHash, u64>, EngineError> {
        let sql = format!(
            "SELECT {}, COUNT(*) FROM {} WHERE {condition} GROUP BY {}",
            halves.join(", "),
            quote::table(&table.name),
            ["1", "2"][..halves.len()].join(", ")
        );
        let rows = self.ask(table, &sql).await?;
        let counts = rows.iter().map(|row| {
            let hash = digest::hash(row, 0, self.how.strong)?;
            Some((hash, row.get::<u64, _>(halves.len())?))
        });
        counts
            .collect::<Option<_>>()
            .ok_or_else(|| self.unreadable(table))
    }
}

fn repair(table: &Table, literals: &[String], here: u64, there: u64) -> Result<String, String> {
    let stored = || table.columns.iter().filter(|column| !column.generated);
    let into = quote::table(&table.name);
    if here > there {
        let missing = added(here, there)?;
        let names: Vec<String> = stored().map(|column| quote::name(&column.name)).collect();
        let row = format!("({})", literals.join(", "));
        let rows: Vec<&str> = (0..missing).map(|_| row.as_str()).collect();
        return Ok(format!(
            "INSERT INTO {into} ({}) VALUES {}",
            names.join(", "),
            rows.join(", ")
        ));
    }
    let terms = stored()
        .zip(literals)
        .map(|(column, value)| equals(column, value));
    let terms = terms.collect::<Result<Vec<_>, _>>()?;
    Ok(format!(
        "DELETE FROM {into} WHERE {} LIMIT {}",
        terms.join(" AND "),
        there - here
    ))
}

/// The condition that holds where a column has exactly this value: not another that its collation takes for the same.
fn equals(column: &Column, value: &str) -> Result<String, String> {
    let name = quote::name(&column.name);
    Ok(match kind(column) {
        Kind::Integer | Kind::Decimal => format!("{name} <=> {value}"),
        Kind::Enum | Kind::Set | Kind::Bit => format!("{name} + 0 <=> {value}"),
        Kind::Float if value.parse::<f64>().is_ok_and(|number| number == 0.0) => {
            return Err(format!(
                "{} is zero, and `=` cannot tell 0 from -0: delete the row by hand",
                column.name
            ));
        }
        Kind::Float => format!("{name} <=> {value}"),
        Kind::Temporal => format!("CAST({name} AS CHAR) <=> {value}"),
        Kind::Text | Kind::Binary | Kind::Large | Kind::Geometry => {
            format!("CAST({name} AS BINARY) <=> CAST({value} AS BINARY)")
        }
        Kind::Json => {
            format!("CAST(CAST({name} AS CHAR CHARACTER SET utf8mb4) AS BINARY) <=> CAST({value} AS BINARY)")
        }
    })
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Column, Table, TableName};

    use super::repair;

    #[test]
    fn equal_rows_are_added_and_taken_away_by_count() {
        let column = |name: &str, base_type: &str| Column {
            name: name.to_owned(),
            base_type: base_type.to_owned(),
            full_type: base_type.to_owned(),
            charset: None,
            nullable: true,
            generated: name == "g",
        };
        let table = Table {
            name: TableName::new("s", "t"),
            columns: vec![
                column("a", "int"),
                column("g", "int"),
                column("b", "varchar"),
                column("f", "double"),
            ],
            key: None,
            estimated_rows: 0,
            estimated_bytes: 0,
        };
        let literals = |f: &str| ["1".to_owned(), "'it''s'".to_owned(), f.to_owned()];
        assert_eq!(
            repair(&table, &literals("0e0"), 3, 1).as_deref(),
            Ok("INSERT INTO `s`.`t` (`a`, `b`, `f`) VALUES (1, 'it''s', 0e0), (1, 'it''s', 0e0)")
        );
        assert_eq!(
            repair(&table, &literals("1.5e0"), 1, 3).as_deref(),
            Ok(
                "DELETE FROM `s`.`t` WHERE `a` <=> 1 AND CAST(`b` AS BINARY) <=> CAST('it''s' AS BINARY) \
                AND `f` <=> 1.5e0 LIMIT 2"
            )
        );
        for zero in ["0e0", "-0e0"] {
            assert!(repair(&table, &literals(zero), 0, 1).is_err_and(|why| why.contains("-0")));
        }
        assert!(repair(&table, &literals("1e0"), 5000, 0).is_err_and(|why| why.contains("5000")));
    }
}
