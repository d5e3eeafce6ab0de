//! Proof: the statements run on a clone, without an index and with it.
//!
//! All are measured once before anything is made. Then, class by class in their order, each index that could help is made, measured and
//! dropped; the one that helps most is made again and stays, so that later classes are measured with it. Figures are a clone's, whose
//! data is in memory after the first run: they tell by how much, not how long production takes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use daybreak_engine::{Database, EngineError, ErrorKind, NewIndex, Rehearse};
use daybreak_model::{Table, TableName};

use super::sample::bring;
use super::{AdviseSettings, Advised, Helped, ProvenIndex, Subject, columns};
use crate::copy::LoadError;
use crate::{Observe, Throttle, WorkEvent};

/// A measurement ends after this even with fewer runs.
const BUDGET: Duration = Duration::from_secs(20);
/// Rows that are stored once more to see what an index costs.
const STORED_ROWS: u32 = 5_000;
/// Rows of an answer that a parameter for their number asks for.
const SOME_ROWS: &str = "10";
/// A gain smaller than this is none, whatever the ratio.
const LEAST: Duration = Duration::from_micros(300);

/// Brings the tables to the clone and tries indexes there. Without a source the clone holds them already, and what is made there is
/// dropped again in the end. What could not be tried is said among what is untold of its class.
///
/// # Errors
/// When the source cannot be read, or the clone fails.
pub async fn prove(
    advised: &mut Advised,
    source: Option<&dyn Database>,
    clone: &dyn Database,
    throttle: &Throttle,
    settings: &AdviseSettings,
    observer: &dyn Observe,
) -> Result<(), LoadError> {
    let mut missing: BTreeMap<TableName, String> = BTreeMap::new();
    let mut tables: Vec<&Table> = Vec::new();
    for table in advised.tables() {
        if source.is_some() && table.estimated_bytes > settings.largest {
            let why = format!(
                "it holds some {} MB, more than the {} MB that are copied",
                table.estimated_bytes >> 20,
                settings.largest >> 20
            );
            missing.insert(table.name.clone(), why);
        } else {
            tables.push(table);
        }
    }
    if let Some(source) = source {
        observer.event(WorkEvent::Doing {
            what: format!("copying {} tables to the clone", tables.len()),
        });
        missing.extend(bring(source, clone, &tables, throttle, observer).await?);
    }
    let subjects = std::mem::take(&mut advised.subjects);
    let mut ground = Ground {
        clone,
        settings,
        observer,
        stored: BTreeMap::new(),
    };
    let mut ready = Vec::new();
    for subject in subjects.iter().filter(|subject| !subject.candidates.is_empty()) {
        let lacking = subject
            .tables
            .iter()
            .find_map(|table| missing.get_key_value(table));
        if let Some((table, why)) = lacking {
            advised.classes[subject.at]
                .untold
                .push(format!("{table} could not be brought to the clone: {why}"));
            continue;
        }
        match ground.begin(subject, advised).await {
            Ok(tried) => ready.push(tried),
            Err(why) => advised.classes[subject.at].untold.push(why),
        }
    }
    for mut tried in ready {
        if let Err(error) = ground.try_indexes(&mut tried, advised).await {
            advised.classes[tried.subject.at].untold.push(error.in_words());
        }
    }
    if source.is_none() {
        for index in &advised.indexes {
            clone.run(&clone.index_statements(&index.new).drop).await?;
        }
    }
    advised.subjects = subjects;
    Ok(())
}

/// A class on its way through the proof.
struct Tried<'a> {
    subject: &'a Subject,
    /// With values in the place of parameters.
    statement: String,
    /// What is explained in its place.
    explained: String,
    rehearsal: Box<dyn Rehearse>,
    /// Before anything was made.
    first: Duration,
}

struct Ground<'a> {
    clone: &'a dyn Database,
    settings: &'a AdviseSettings,
    observer: &'a dyn Observe,
    /// How long it took to store rows of a table before anything was made.
    stored: BTreeMap<TableName, Option<Duration>>,
}

impl Ground<'_> {
    /// Fills in parameters and measures the statement as things are.
    async fn begin<'a>(&mut self, subject: &'a Subject, advised: &Advised) -> Result<Tried<'a>, String> {
        let words = |error: EngineError| error.in_words();
        let opened = self.clone.rehearsal(&subject.schema, self.settings.longest).await;
        let mut rehearsal = opened.map_err(words)?;
        let (mut statement, mut explained) = (subject.text.clone(), subject.explained().to_owned());
        if !subject.parsed.parameters.is_empty() {
            let values = values(subject, advised, rehearsal.as_mut()).await?;
            let filled = subject.parsed.filled(&values);
            explained = filled.finding().unwrap_or_else(|| filled.text());
            statement = filled.text();
        }
        self.doing(subject, "as it is");
        let first = self
            .measure(rehearsal.as_mut(), &statement)
            .await
            .map_err(words)?;
        Ok(Tried {
            subject,
            statement,
            explained,
            rehearsal,
            first,
        })
    }

    async fn try_indexes(&mut self, tried: &mut Tried<'_>, advised: &mut Advised) -> Result<(), EngineError> {
        let subject = tried.subject;
        let mut before = tried.first;
        let explained = tried.rehearsal.explain(&tried.explained).await?;
        let used = |index: &ProvenIndex| {
            let named = |access: &daybreak_engine::Access| access.index.as_deref() == Some(&index.name);
            subject.tables.contains(&index.table) && explained.accesses.iter().any(named)
        };
        if let Some(kept) = advised.indexes.iter().position(used) {
            let now = self.measure(tried.rehearsal.as_mut(), &tried.statement).await?;
            if self.is_gain(before, now) {
                let index = &mut advised.indexes[kept];
                index
                    .helps
                    .push(helped(advised.classes[subject.at].id.clone(), before, now));
                advised.classes[subject.at].index = Some(index.name.clone());
                before = now;
            }
        }
        let mut best: Option<(Duration, &NewIndex)> = None;
        for index in &subject.candidates {
            let known = advised
                .indexes
                .iter()
                .any(|kept| kept.new.table == index.table && kept.new.columns.starts_with(&index.columns));
            if known {
                continue;
            }
            self.store(advised, &index.table, &subject.schema).await;
            self.doing(
                subject,
                &format!("with an index on {} ({})", index.table, columns(index).join(", ")),
            );
            let statements = self.clone.index_statements(index);
            if let Err(error) = self.clone.run(&statements.make).await {
                advised.classes[subject.at].untold.push(error.in_words());
                continue;
            }
            advised.classes[subject.at].tried += 1;
            let now = self.with_index(tried, index, advised).await;
            self.clone.run(&statements.drop).await?;
            let Some(now) = now? else { continue };
            let better = best.as_ref().is_none_or(|(best, chosen)| {
                // Of two that are near each other, the one with fewer columns.
                let (own, other) = (now.as_secs_f64(), best.as_secs_f64());
                own < other * 0.9 || (own < other * 1.1 && index.columns.len() < chosen.columns.len())
            });
            if self.is_gain(before, now) && better {
                best = Some((now, index));
            }
        }
        match best {
            Some((after, index)) => self.keep(tried, advised, index, before, after).await,
            None => Ok(()),
        }
    }

    /// The statement's time with an index that was just made; none where the server does not use it.
    async fn with_index(
        &self,
        tried: &mut Tried<'_>,
        index: &NewIndex,
        advised: &Advised,
    ) -> Result<Option<Duration>, EngineError> {
        if let Some(table) = advised.catalog.tables.get(&index.table) {
            self.clone.writer().await?.analyze(table).await?;
        }
        let explained = tried.rehearsal.explain(&tried.explained).await?;
        let named = |access: &daybreak_engine::Access| access.index.as_deref() == Some(&index.name);
        if !explained.accesses.iter().any(named) {
            return Ok(None);
        }
        self.measure(tried.rehearsal.as_mut(), &tried.statement)
            .await
            .map(Some)
    }

    /// Makes the index that was best once more, and leaves it.
    async fn keep(
        &self,
        tried: &mut Tried<'_>,
        advised: &mut Advised,
        index: &NewIndex,
        before: Duration,
        after: Duration,
    ) -> Result<(), EngineError> {
        let statements = self.clone.index_statements(index);
        let began = Instant::now();
        self.clone.run(&statements.make).await?;
        let build_s = began.elapsed().as_secs_f64();
        let own = |one: &daybreak_engine::TableIndex| one.table == index.table && one.name == index.name;
        let there = self.clone.indexes(std::slice::from_ref(&index.table)).await?;
        let mut insert_cost_percent = None;
        if let Some(table) = advised.catalog.tables.get(&index.table) {
            self.clone.writer().await?.analyze(table).await?;
            let before = self.stored.get(&index.table).copied().flatten();
            let now = least(tried.rehearsal.as_mut(), table).await;
            insert_cost_percent = before
                .zip(now)
                .map(|(before, now)| (now.as_secs_f64() / before.as_secs_f64() - 1.0) * 100.0);
        }
        let class = &mut advised.classes[tried.subject.at];
        class.index = Some(index.name.clone());
        let texts = |statements: Vec<daybreak_engine::Statement>| -> Vec<String> {
            statements.into_iter().map(|statement| statement.text).collect()
        };
        advised.indexes.push(ProvenIndex {
            table: index.table.clone(),
            name: index.name.clone(),
            columns: columns(index),
            statements: texts(statements.make),
            undo: texts(statements.drop),
            helps: vec![helped(class.id.clone(), before, after)],
            build_s,
            bytes: there.iter().find(|one| own(one)).and_then(|one| one.bytes),
            insert_cost_percent,
            new: index.clone(),
        });
        Ok(())
    }

    /// The median of some runs after a first that is not counted, or that one where it took long.
    async fn measure(&self, rehearsal: &mut dyn Rehearse, statement: &str) -> Result<Duration, EngineError> {
        let began = Instant::now();
        let first = match rehearsal.carry_out(statement).await {
            Ok(first) => first.took,
            // It takes longer than that: what it takes with an index is less, or nothing is known.
            Err(error) if error.kind == ErrorKind::Interrupted => self.settings.longest,
            Err(error) => return Err(error),
        };
        let mut times = Vec::new();
        while times.len() < self.settings.runs && began.elapsed() + first < BUDGET {
            times.push(rehearsal.carry_out(statement).await?.took);
        }
        times.sort();
        Ok(times.get(times.len() / 2).copied().unwrap_or(first))
    }

    fn is_gain(&self, before: Duration, after: Duration) -> bool {
        before.saturating_sub(after) >= LEAST
            && before.as_secs_f64() >= after.as_secs_f64() * self.settings.gain
    }

    /// Sees once what it takes to store rows of a table before anything was made for it.
    async fn store(&mut self, advised: &Advised, name: &TableName, schema: &str) {
        if self.stored.contains_key(name) {
            return;
        }
        let mut took = None;
        if let Some(table) = advised.catalog.tables.get(name)
            && let Ok(mut rehearsal) = self.clone.rehearsal(schema, self.settings.longest).await
        {
            took = least(rehearsal.as_mut(), table).await;
        }
        self.stored.insert(name.clone(), took);
    }

    fn doing(&self, subject: &Subject, how: &str) {
        let rank = subject.at + 1;
        self.observer.event(WorkEvent::Doing {
            what: format!("measuring class {rank} {how}"),
        });
    }
}

/// The least of three: what others did meanwhile is no cost of the index.
async fn least(rehearsal: &mut dyn Rehearse, table: &Table) -> Option<Duration> {
    let mut least = None;
    for _ in 0..3 {
        let took = rehearsal.store_again(table, STORED_ROWS).await.ok()?;
        least = Some(least.map_or(took, |least: Duration| least.min(took)));
    }
    least
}

/// Values for parameters that nobody gave, each from the middle of the table whose column it is compared with.
async fn values(
    subject: &Subject,
    advised: &Advised,
    rehearsal: &mut dyn Rehearse,
) -> Result<Vec<(String, String)>, String> {
    let catalog = &advised.catalog;
    let mut values = Vec::new();
    for (parameter, compared) in &subject.parsed.parameters {
        if subject.parsed.is_count(parameter) {
            values.push((parameter.clone(), SOME_ROWS.to_owned()));
            continue;
        }
        let column = compared.as_ref().and_then(|(block, column)| {
            let block = subject.parsed.blocks.get(*block)?;
            let (at, column) = catalog.column(block, column)?;
            Some((catalog.table(&block.tables[at])?, column))
        });
        let Some((table, column)) = column else {
            return Err(format!(
                "no value is known for its parameter {parameter}: a log that tells parameters, or their text, can be tried"
            ));
        };
        match rehearsal.value_of(table, &column.name).await {
            Ok(Some(value)) => values.push((parameter.clone(), value)),
            Ok(None) => return Err(format!("{} has no value in column {}", table.name, column.name)),
            Err(error) => return Err(error.in_words()),
        }
    }
    Ok(values)
}

fn helped(id: String, before: Duration, after: Duration) -> Helped {
    Helped {
        id,
        before_s: before.as_secs_f64(),
        after_s: after.as_secs_f64(),
    }
}
