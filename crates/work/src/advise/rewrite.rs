//! What a statement itself could do better, whatever indexes there are.

use daybreak_engine::Explained;
use daybreak_model::{Column, Family};
use serde::Serialize;

use super::catalog::Catalog;
use super::statement::{Block, Condition, Constant, Parsed};
use crate::{ClassReport, shortened};

/// Rows for each call from which an answer without LIMIT is worth a word.
const MANY_ROWS: u64 = 1000;
/// Values of a list from which it is worth a word.
const LONG_LIST: usize = 200;
/// Rows passed over from which it is worth a word.
const FAR: u64 = 1000;
/// Repeats of a class from which they are worth a word, and the longest run of them.
const MANY_REPEATS: u64 = 50;
const LONG_RUN: u64 = 5;
/// Columns of a table from which taking all is worth a word.
const MANY_COLUMNS: usize = 10;

/// Something that could be done about a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// Stable name of the rule, such as `slow.leading_wildcard`.
    pub id: &'static str,
    /// What was seen.
    pub evidence: String,
    /// What to do.
    pub remedy: String,
}

fn advice(id: &'static str, evidence: String, remedy: impl Into<String>) -> Advice {
    Advice {
        id,
        evidence,
        remedy: remedy.into(),
    }
}

/// What can be said of a class by its statement, its figures, and how a server would carry it out.
pub(super) fn rewrites(
    parsed: &Parsed,
    catalog: &Catalog,
    class: &ClassReport,
    explained: Option<&Explained>,
) -> Vec<Advice> {
    let mut found = Vec::new();
    for block in &parsed.blocks {
        for condition in &block.conditions {
            found.extend(on_condition(condition, block, catalog));
        }
        found.extend(on_block(block, catalog, class, parsed.writes));
    }
    found.extend(repeated(parsed, class));
    if let Some(explained) = explained
        && explained.temporary
        && explained.sorts
    {
        let evidence = "the server puts rows into a temporary table and sorts them".to_owned();
        let remedy = "group and order by the same columns, and let an index give that order";
        found.push(advice("slow.temporary_sorted", evidence, remedy));
    }
    found.dedup();
    found
}

/// A statement for each row of another's answer.
fn repeated(parsed: &Parsed, class: &ClassReport) -> Option<Advice> {
    let told = class.in_transactions?;
    if parsed.writes
        || told.repeated < MANY_REPEATS
        || told.most < LONG_RUN
        || told.repeated * 2 < class.count
    {
        return None;
    }
    let evidence = format!(
        "{} of {} statements repeat one of the class in the same transaction or directly after it, up to {} of them",
        told.repeated, class.count, told.most
    );
    let remedy = "ask once for all rows, by a join or a list of keys: each statement is a round trip";
    Some(advice("slow.repeated", evidence, remedy))
}

fn on_condition(condition: &Condition, block: &Block, catalog: &Catalog) -> Option<Advice> {
    match condition {
        Condition::Contains(column, pattern) => {
            let evidence = format!(
                "`{} LIKE '{pattern}'` does not begin with a letter: an index cannot find it",
                column.column
            );
            let remedy = match catalog.family {
                Family::Mysql => {
                    "search by the beginning, or by a FULLTEXT index (MATCH … AGAINST; WITH PARSER ngram for parts of words)"
                }
                Family::Postgres => {
                    "search by the beginning, or make an index for parts of words: CREATE EXTENSION pg_trgm, then USING gin (column gin_trgm_ops)"
                }
            };
            Some(advice("slow.leading_wildcard", evidence, remedy))
        }
        Condition::Wrapped(column, expression) => {
            catalog.column(block, column)?;
            let evidence = format!(
                "`{}` is made of column {} before it is compared: an index on the column cannot find it",
                shortened(expression, 80),
                column.column
            );
            let remedy = "compare the column itself (a range of days instead of DATE(column), a value in the case it is stored in), or index the expression";
            Some(advice("slow.wrapped_column", evidence, remedy))
        }
        Condition::Equal(column, Constant::Number) if catalog.family == Family::Mysql => {
            let (_, column) = catalog.column(block, column)?;
            is_text(column).then(|| {
                let evidence = format!(
                    "column {} is {} and is compared with a number: each row's text is turned into a number first",
                    column.name, column.full_type
                );
                advice("slow.implicit_conversion", evidence, "put the value in quotes, or bind it as a text")
            })
        }
        Condition::Joined(one, other) => {
            let ((_, one), (_, other)) = (catalog.column(block, one)?, catalog.column(block, other)?);
            let mixed = is_text(one) != is_text(other) && catalog.family == Family::Mysql;
            let sets = one.charset.is_some() && other.charset.is_some() && one.charset != other.charset;
            (mixed || sets).then(|| {
                let kind = |column: &Column| match &column.charset {
                    Some(charset) => format!("{} ({}, {charset})", column.name, column.full_type),
                    None => format!("{} ({})", column.name, column.full_type),
                };
                let evidence = format!(
                    "columns {} and {} are joined: one side is converted for every row",
                    kind(one),
                    kind(other)
                );
                advice(
                    "slow.implicit_conversion",
                    evidence,
                    "give both columns the same type and character set",
                )
            })
        }
        Condition::Among(column, values) if *values >= LONG_LIST => {
            let evidence = format!("a list of {values} values for {}", column.column);
            let remedy = "put the values into a temporary table and join it, or ask for them in parts";
            Some(advice("slow.long_list", evidence, remedy))
        }
        Condition::Either(columns) => {
            let names: Vec<&str> = columns.iter().map(|column| column.column.as_str()).collect();
            let evidence = format!(
                "OR between columns {}: one index cannot answer it",
                names.join(", ")
            );
            let remedy = "ask for each by itself and put them together with UNION";
            Some(advice("slow.alternatives", evidence, remedy))
        }
        _ => None,
    }
}

fn on_block(block: &Block, catalog: &Catalog, class: &ClassReport, writes: bool) -> Vec<Advice> {
    let mut found = Vec::new();
    if block.by_chance {
        let evidence = "ORDER BY a random number sorts every row to give a few".to_owned();
        let remedy = "choose a key by chance and take the rows from there on";
        found.push(advice("slow.random_order", evidence, remedy));
    }
    if block.offset >= FAR {
        let evidence = format!("OFFSET {}: so many rows are read and thrown away", block.offset);
        let remedy = "remember the last key that was shown and ask for rows after it";
        found.push(advice("slow.far_offset", evidence, remedy));
    }
    if writes && block.conditions.is_empty() && !block.limited && !block.tables.is_empty() && !block.outermost
    {
        let evidence = format!(
            "every row of {} is changed in one transaction",
            block.tables[0].table
        );
        let remedy = "change rows in parts, by their key";
        found.push(advice("slow.whole_table_changed", evidence, remedy));
    }
    if !block.outermost {
        return found;
    }
    let each = class.rows_sent / class.count.max(1);
    if !block.limited && !block.sums_up && each >= MANY_ROWS {
        let evidence = format!("{each} rows for each call, and no LIMIT");
        let remedy = "ask for a page at a time, by the key, or sum up in the server";
        found.push(advice("slow.unbounded", evidence, remedy));
    }
    if block.star {
        let wide = catalog
            .known(block)
            .find(|(_, _, table)| table.columns.len() >= MANY_COLUMNS || table.columns.iter().any(is_large));
        if let Some((_, _, table)) = wide {
            let large = table.columns.iter().filter(|column| is_large(column)).count();
            let evidence = format!(
                "SELECT * of {}: {} columns, {large} of them large",
                table.name,
                table.columns.len()
            );
            let remedy =
                "name the columns that are used: less to read and send, and an index may hold them all";
            found.push(advice("slow.all_columns", evidence, remedy));
        }
    }
    found
}

fn is_text(column: &Column) -> bool {
    column.base_type.contains("char") || column.base_type.contains("text") || column.base_type == "enum"
}

fn is_large(column: &Column) -> bool {
    let kind = &column.base_type;
    kind.contains("text")
        || kind.contains("blob")
        || kind.contains("json")
        || kind == "bytea"
        || kind == "xml"
}

#[cfg(test)]
mod tests {
    use daybreak_model::Family;

    use super::super::catalog::tests::shop;
    use super::super::statement::parse;
    use super::rewrites;
    use crate::{Digest, Ranking};

    fn ids(family: Family, statement: &str, rows_sent: u64) -> Vec<&'static str> {
        let parsed = parse(family, "shop", statement).expect("understood");
        let figures = daybreak_engine::StatementFigures {
            text: statement.to_owned(),
            count: 2,
            rows_sent,
            ..daybreak_engine::StatementFigures::default()
        };
        let mut digest = Digest::default();
        digest.add_figures(family, "server", &[figures]);
        let report = digest.report(Ranking::Time, 1);
        let found = rewrites(&parsed, &shop(family), &report.classes[0], None);
        found.into_iter().map(|advice| advice.id).collect()
    }

    #[test]
    fn each_rule_speaks_of_what_it_is_for_and_of_nothing_else() {
        let table = [
            (
                "SELECT id FROM orders WHERE note LIKE '%late%'",
                0,
                &["slow.leading_wildcard"][..],
            ),
            ("SELECT id FROM orders WHERE note LIKE 'late%'", 0, &[]),
            (
                "SELECT id FROM orders WHERE DATE(placed) = '2026-01-01'",
                0,
                &["slow.wrapped_column"],
            ),
            ("SELECT id FROM orders WHERE placed >= DATE('2026-01-01')", 0, &[]),
            (
                "SELECT id FROM orders WHERE state = 5",
                0,
                &["slow.implicit_conversion"],
            ),
            ("SELECT id FROM orders WHERE customer = 5", 0, &[]),
            (
                "SELECT o.id FROM orders o JOIN `lines` l ON o.id = l.sku",
                0,
                &["slow.implicit_conversion"],
            ),
            (
                "SELECT o.id FROM orders o JOIN `lines` l ON o.id = l.order_id",
                0,
                &[],
            ),
            (
                "SELECT id FROM orders WHERE customer = 1 OR state = 'x'",
                0,
                &["slow.alternatives"],
            ),
            (
                "SELECT id FROM orders ORDER BY RAND() LIMIT 1",
                0,
                &["slow.random_order"],
            ),
            (
                "SELECT id FROM orders ORDER BY id LIMIT 10 OFFSET 5000",
                0,
                &["slow.far_offset"],
            ),
            (
                "SELECT id FROM orders ORDER BY id LIMIT 5000, 10",
                0,
                &["slow.far_offset"],
            ),
            ("SELECT id FROM orders", 2_000_000, &["slow.unbounded"]),
            ("SELECT id FROM orders LIMIT 5000", 2_000_000, &[]),
            (
                "SELECT state, COUNT(*) FROM orders GROUP BY state",
                2_000_000,
                &[],
            ),
            ("SELECT * FROM orders WHERE id = 1", 0, &["slow.all_columns"]),
            ("SELECT * FROM `lines` WHERE id = 1", 0, &[]),
            ("UPDATE orders SET note = NULL", 0, &["slow.whole_table_changed"]),
            ("UPDATE orders SET note = NULL WHERE id = 5", 0, &[]),
        ];
        for (statement, rows, wanted) in table {
            assert_eq!(ids(Family::Mysql, statement, rows), wanted, "{statement}");
        }
        let parsed = parse(Family::Mysql, "shop", "SELECT id FROM orders WHERE id = 5").expect("understood");
        let figures = daybreak_engine::StatementFigures {
            text: "x".to_owned(),
            count: 100,
            ..daybreak_engine::StatementFigures::default()
        };
        let mut digest = Digest::default();
        digest.add_figures(Family::Mysql, "server", &[figures]);
        let mut class = digest.report(Ranking::Time, 1).classes.pop().expect("one");
        let mut seen = |repeated, most| {
            class.in_transactions = Some(crate::InTransactions {
                transactions: 10,
                statements: 100,
                repeated,
                most,
            });
            rewrites(&parsed, &shop(Family::Mysql), &class, None).len()
        };
        assert_eq!((seen(90, 10), seen(90, 3), seen(49, 10)), (1, 0, 0));
        let long = format!("SELECT id FROM orders WHERE id IN ({})", vec!["1"; 200].join(","));
        assert_eq!(ids(Family::Mysql, &long, 0), ["slow.long_list"]);
        assert_eq!(
            ids(
                Family::Postgres,
                "SELECT id FROM orders WHERE placed::date = '2026-01-01' AND note ILIKE 'x'",
                0
            ),
            ["slow.wrapped_column", "slow.wrapped_column"]
        );
    }
}
