//! A rule as what is done to a server: looked through before anything is touched.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_archive::ColumnForm;
use daybreak_engine::{Database, Partition, TriggerEvent, Trim, TrimObstacle};
use daybreak_model::{ForeignKey, RowFilter, Scope, Table, TableName, ValueForm};
use jiff::Timestamp;
use serde::Serialize;

use super::age::{holds_no_moment, least_kept};
use super::closure::closure;
use super::error::TrimError;
use super::rule::{Children, Hold, TrimRule, Which};
use crate::{Depot, Observe, Progress, Throttle, WorkEvent};

/// Rows of a range that is counted by one statement.
pub(super) const RANGE_ROWS: u64 = 50_000;
/// Bytes of one.
pub(super) const RANGE_BYTES: u64 = 64 << 20;

/// A table that a rule takes rows from.
#[derive(Debug, Clone)]
pub struct TrimPart {
    /// The table.
    pub table: Table,
    /// Which of its rows.
    pub filter: RowFilter,
    /// Tables that it names without a schema are this schema's: the rule's, wherever the table itself is.
    pub schema: String,
    /// The same, as the server is given it.
    pub condition: String,
    pub(super) columns: Vec<ColumnForm>,
    /// Triggers that fire as its rows are deleted, by name.
    pub triggers: Vec<String>,
    /// Partitions that hold nothing but such rows, and are taken out as a whole.
    pub partitions: Vec<Partition>,
    /// The statements that take them out.
    pub partition_statements: Vec<String>,
    /// Rows that others refer to by one of these stay.
    pub(super) referring: Vec<ForeignKey>,
}

impl TrimPart {
    /// Whether rows of any table refer to its rows.
    #[must_use]
    pub fn is_referred_to(&self) -> bool {
        !self.referring.is_empty()
    }

    /// What a column holds.
    #[must_use]
    pub fn form(&self, column: &str) -> Option<ValueForm> {
        let found = self.columns.iter().find(|own| own.name == column);
        found.map(|own| own.form)
    }

    /// Foreign keys by which its rows refer to each other.
    pub(super) fn own_keys(&self) -> Vec<ForeignKey> {
        let own = self.referring.iter().filter(|key| key.child == self.table.name);
        own.cloned().collect()
    }

    /// Bytes of a row, about.
    fn row_bytes(&self) -> u64 {
        self.table.estimated_bytes / self.table.estimated_rows.max(1)
    }
}

/// What a rule comes to.
#[derive(Debug, Clone)]
pub struct TrimPlan {
    /// The rule's name.
    pub rule: String,
    /// The folder that its runs are archived in.
    pub archive: Option<PathBuf>,
    /// Where its files go from there before their rows are deleted.
    pub depot: Option<Depot>,
    /// The tables, in the order in which they are gone through: children before their parents.
    pub parts: Vec<TrimPart>,
    /// Whether rows are deleted where that fires triggers.
    pub fires_triggers: bool,
}

impl TrimPlan {
    /// Whether it may be carried out, or only looked at.
    ///
    /// # Errors
    /// When deleting its rows fires triggers, and the rule does not say that it may.
    pub fn may_be_carried_out(&self) -> Result<(), TrimError> {
        let watched = self.parts.iter().find(|part| !part.triggers.is_empty());
        match watched.filter(|_| !self.fires_triggers) {
            Some(part) => Err(TrimError::Rule {
                rule: self.rule.clone(),
                trouble: format!(
                    "deleting rows of {} fires triggers: {}",
                    part.table.name,
                    part.triggers.join(", ")
                ),
                hint: "read what they do, which no restore takes back: `--fire-triggers`, in the plan `fire_triggers = true` of the rule, lets them"
                    .to_owned(),
            }),
            None => Ok(()),
        }
    }
}

/// How many rows of a table a rule means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrimSurvey {
    /// The table.
    pub table: TableName,
    /// Rows that would go.
    pub rows: u64,
    /// Rows in all, as the server estimates them.
    pub estimated_rows: u64,
    /// Bytes that would go, by the server's estimate of a row.
    pub bytes: u64,
}

/// Makes a rule a plan; changes nothing.
///
/// # Errors
/// When the rule cannot be carried out: no such table, no key that tells its rows apart, an expression that the server does not
/// understand, tables that refer to it.
pub async fn plan_trim(
    database: &Arc<dyn Database>,
    rule: &TrimRule,
    holds: &[Hold],
    now: Timestamp,
) -> Result<TrimPlan, TrimError> {
    let wrong = |trouble: String, hint: &str| TrimError::Rule {
        rule: rule.name.clone(),
        trouble,
        hint: hint.to_owned(),
    };
    let mut schemas: BTreeSet<String> = std::iter::once(rule.table.schema.clone()).collect();
    schemas.extend(holds.iter().map(|hold| hold.table.schema.clone()));
    let mut keys;
    // Tables that refer to these may lie in further schemas.
    loop {
        let scope = Scope::of(schemas.iter().cloned().collect());
        keys = database.foreign_keys(&scope).await?;
        let known = schemas.len();
        schemas.extend(keys.iter().map(|key| key.child.schema.clone()));
        if schemas.len() == known {
            break;
        }
    }
    let scope = Scope::of(schemas.into_iter().collect());
    let tables = database.tables(&scope).await?;
    let find = |name: &TableName| {
        let found = tables.iter().find(|table| table.name == *name);
        found.ok_or_else(|| {
            wrong(
                format!("{} has no table {name}", database.endpoint()),
                "write it as `schema.table`, in upper and lower case as the server has it",
            )
        })
    };
    for hold in holds {
        find(&hold.table)?;
        expression(&hold.expression).map_err(|trouble| {
            wrong(
                format!("the hold on {} ({}) {trouble}", hold.table, hold.reason),
                EXPRESSION,
            )
        })?;
    }
    let table = find(&rule.table)?;
    let mut trimmer = database.trimmer(&rule.table.schema).await?;
    let filter = filter(trimmer.as_ref(), rule, table, now)?;
    let reached = closure(&rule.table, filter, rule.children, holds, &keys).map_err(|trouble| {
        let hint = match rule.children {
            Children::First => {
                "`children = \"keep\"` leaves the rows that others refer to; rows of tables below can go before, by rules of their own"
            }
            Children::Refuse | Children::Keep => {
                "`children = \"first\"` takes those rows as well, `children = \"keep\"` leaves the rows that others refer to"
            }
        };
        wrong(trouble, hint)
    })?;
    let mut parts = Vec::with_capacity(reached.len());
    for reached in reached {
        let table = find(&reached.table)?.clone();
        if table.key.is_none() {
            let trouble = format!("rows of {} cannot be told apart", table.name);
            return Err(wrong(
                trouble,
                "give it a primary key, or a unique key without NULLs",
            ));
        }
        if let Some(obstacle) = trimmer.obstacles(&table).await?.first() {
            let (trouble, hint) = obstructed(&table.name, obstacle);
            return Err(wrong(trouble, hint));
        }
        let mut filter = reached.filter;
        if rule.children == Children::Keep {
            let others = reached.referring.iter().filter(|key| key.child != table.name);
            filter = RowFilter::All(vec![filter, RowFilter::Unreferred(others.cloned().collect())]);
        }
        let names = table.columns.iter().filter(|column| !column.generated);
        let columns = names.zip(trimmer.forms(&table)).map(|(column, form)| ColumnForm {
            name: column.name.clone(),
            form,
        });
        parts.push(TrimPart {
            condition: trimmer.condition(&table, &filter),
            columns: columns.collect(),
            filter,
            schema: rule.table.schema.clone(),
            referring: reached.referring,
            triggers: trimmer.triggers(&table, TriggerEvent::Delete).await?,
            table,
            partitions: Vec::new(),
            partition_statements: Vec::new(),
        });
    }
    // Where rows of others refer to them, or some must stay, each is looked at.
    if let ([part], true) = (parts.as_mut_slice(), rule.partitions)
        && part.referring.is_empty()
        && let RowFilter::Before { column, value } = &part.filter
    {
        let mut partitions = database.partitions().await?;
        part.partitions = partitions.before(&part.table, column, value).await?;
        for partition in &part.partitions {
            let aside = TableName::new(&partition.name.schema, "daybreak_trim_…");
            let aside = rule.archive.as_ref().map(|_| &aside);
            part.partition_statements
                .extend(partitions.statements(&part.table, partition, aside));
        }
    }
    // The rule's own table first: what is wrong with its expression is best told of it.
    for part in parts.iter().rev() {
        trimmer.understands(&part.table, &part.filter).await?;
    }
    Ok(TrimPlan {
        rule: rule.name.clone(),
        archive: rule.archive.clone(),
        depot: None,
        parts,
        fires_triggers: rule.triggers,
    })
}

/// Why no row of a table can be taken out, and what to do.
fn obstructed(table: &TableName, obstacle: &TrimObstacle) -> (String, &'static str) {
    match obstacle {
        TrimObstacle::Engine(engine) => (
            format!(
                "{table} is stored by {engine}, which knows no transactions: a row could change between the last look at it and its deletion"
            ),
            "`ALTER TABLE … ENGINE=InnoDB` makes it one whose rows can be locked",
        ),
        TrimObstacle::KeyToPartition {
            name,
            child,
            partition,
        } => (
            format!("rows of {child} refer by `{name}` to {partition} alone, a partition of {table}"),
            "have the foreign key refer to the whole table, or drop it: then the rule sees the rows that refer to its own",
        ),
        TrimObstacle::Rewritten { rule } => (
            format!(
                "rule `{rule}` of {table} rewrites what deletes its rows: it may do something else than delete them"
            ),
            "`ALTER TABLE … DISABLE RULE …`, or `DROP RULE … ON …`, lets deletes be deletes; what it was for, a trigger does better",
        ),
    }
}

const EXPRESSION: &str = "write one expression of SQL, as it stands in WHERE; what names the current moment is better a rule by age";

fn filter(
    trimmer: &dyn Trim,
    rule: &TrimRule,
    table: &Table,
    now: Timestamp,
) -> Result<RowFilter, TrimError> {
    let wrong = |trouble: String, hint: &str| TrimError::Rule {
        rule: rule.name.clone(),
        trouble,
        hint: hint.to_owned(),
    };
    match &rule.which {
        Which::Where(text) => {
            expression(text).map_err(|trouble| wrong(format!("its expression {trouble}"), EXPRESSION))?;
            Ok(RowFilter::True(text.clone()))
        }
        Which::Age {
            column,
            keep,
            unit,
            zone,
        } => {
            let stored = table.columns.iter().filter(|own| !own.generated);
            let place = stored.clone().position(|own| own.name == *column);
            let form = place.and_then(|place| trimmer.forms(table).get(place).copied());
            let form = form.ok_or_else(|| {
                let names: Vec<&str> = stored.map(|own| own.name.as_str()).collect();
                wrong(
                    format!("{} has no column `{column}`", table.name),
                    &format!("its columns: {}", names.join(", ")),
                )
            })?;
            let own = table.columns.iter().find(|own| own.name == *column);
            let value = match own.and_then(|own| holds_no_moment(&own.base_type)) {
                Some(trouble) => Err(trouble.to_owned()),
                None => least_kept(form, *keep, *unit, zone, now),
            };
            let value = value.map_err(|trouble| {
                wrong(
                    format!("column `{column}`: {trouble}"),
                    "or write the rule with `where`",
                )
            })?;
            Ok(RowFilter::Before {
                column: column.clone(),
                value,
            })
        }
    }
}

/// What keeps an expression from being one, so that nothing beside it gets into a statement; what answers anew each time cannot be
/// looked at twice.
fn expression(text: &str) -> Result<(), String> {
    let mut open = 0_i32;
    let mut bare = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' | '"' | '`' => {
                let mut closed = false;
                for inner in rest.by_ref() {
                    match inner {
                        '\\' if c != '`' => {
                            return Err(
                                "has a backslash within quotes, which servers read differently".to_owned()
                            );
                        }
                        _ if inner == c => {
                            closed = true;
                            break;
                        }
                        _ => {}
                    }
                }
                if !closed {
                    return Err(format!("has a {c} that is not closed"));
                }
                bare.push(' ');
            }
            '(' => open += 1,
            ')' => {
                open -= 1;
                if open < 0 {
                    return Err("closes a bracket that it did not open".to_owned());
                }
            }
            ';' => return Err("has a `;`".to_owned()),
            '#' => return Err("has a `#`, which begins a comment".to_owned()),
            '$' => return Err("has a `$`, which may begin a text".to_owned()),
            '-' if rest.peek() == Some(&'-') => return Err("has a `--`, which begins a comment".to_owned()),
            '/' if rest.peek() == Some(&'*') => return Err("has a `/*`, which begins a comment".to_owned()),
            _ => {}
        }
        bare.push(if c.is_alphanumeric() || c == '_' {
            c.to_ascii_lowercase()
        } else {
            ' '
        });
    }
    if open > 0 {
        return Err("opens a bracket that it does not close".to_owned());
    }
    if bare.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    const ANEW: [&str; 10] = [
        "rand",
        "random",
        "uuid",
        "gen_random_uuid",
        "sleep",
        "pg_sleep",
        "benchmark",
        "nextval",
        "setval",
        "get_lock",
    ];
    match bare.split_whitespace().find(|word| ANEW.contains(word)) {
        Some(word) => Err(format!("has `{word}`, which answers anew each time")),
        None => Ok(()),
    }
}

/// Counts the rows that a plan means, range by range, giving way to production.
///
/// # Errors
/// Of the server.
pub async fn survey(
    database: &Arc<dyn Database>,
    plan: &TrimPlan,
    observer: &dyn Observe,
) -> Result<Vec<TrimSurvey>, TrimError> {
    let throttle = Throttle::new(Arc::clone(database), crate::ThrottleLimits::default());
    let begun = Instant::now();
    let expected: u64 = plan.parts.iter().map(|part| part.table.estimated_rows).sum();
    let mut looked = 0;
    let mut found = Vec::with_capacity(plan.parts.len());
    for part in &plan.parts {
        let mut trimmer = database.trimmer(&part.schema).await?;
        let ranges = database
            .checker()
            .await?
            .split(&part.table, RANGE_ROWS, RANGE_BYTES)
            .await?;
        let mut rows = 0;
        for range in &ranges {
            throttle.pass(observer).await;
            rows += trimmer.count(&part.table, range, &part.filter).await?;
            looked += part.table.estimated_rows / ranges.len() as u64;
            let elapsed: Duration = begun.elapsed();
            observer.event(WorkEvent::Progress(Progress::new(looked, expected, 0, elapsed)));
        }
        found.push(TrimSurvey {
            table: part.table.name.clone(),
            rows,
            estimated_rows: part.table.estimated_rows,
            bytes: rows * part.row_bytes(),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn only_what_is_one_expression_is_one() {
        for good in [
            "state = 'void'",
            "id IN (SELECT id FROM holds) AND note <> 'a;b -- (c'",
            "`odd ( name` = 1",
            "note = 'it''s'",
            "a - -1 > 0 / 2",
            "random_walk = 1",
        ] {
            assert_eq!(expression(good), Ok(()), "{good}");
        }
        for (bad, trouble) in [
            ("1 = 1) OR (1 = 1", "closes a bracket"),
            ("(a = 1", "opens a bracket"),
            ("a = 1; DROP TABLE t", "`;`"),
            ("a = 1 -- b", "comment"),
            ("a = 1 /* b", "comment"),
            ("a = 1 # b", "comment"),
            ("a = 'b", "not closed"),
            ("a = 'b\\' OR 1 = 1", "backslash"),
            ("a = $x$", "`$`"),
            (" ", "empty"),
            ("RAND() < 0.5", "anew"),
        ] {
            let error = expression(bad).expect_err(bad);
            assert!(error.contains(trouble), "{bad}: {error}");
        }
    }
}
