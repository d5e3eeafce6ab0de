//! What could be done about slow statements (P4): how a server carries them out, what they themselves could do better, and which index
//! would help, proven by making it on a clone and running them there.
//!
//! [`advise`] only asks. [`prove`] writes to the clone alone. [`apply_indexes`] makes what was proven, on the primary, while others write.

// Each imports only from those above it.
mod statement;

mod catalog;

mod candidates;
mod remarks;
mod rewrite;
mod sample;

mod apply;
mod prove;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use daybreak_engine::{Database, EngineError, NewIndex, TableIndex};
use daybreak_model::{Family, Scope, Table, TableName};
use serde::Serialize;

use crate::ClassReport;
use catalog::Catalog;
use statement::Parsed;

pub use apply::apply_indexes;
pub use prove::prove;
pub use remarks::IndexRemark;
pub use rewrite::Advice;

/// How classes are looked at and proven.
#[derive(Debug, Clone, PartialEq)]
pub struct AdviseSettings {
    /// PostgreSQL: the schema of tables without one. The MySQL family takes the database that was in use.
    pub schema: String,
    /// The longest that a statement may take when it is tried.
    pub longest: Duration,
    /// How often a statement is run at each measurement, at most; the median counts.
    pub runs: usize,
    /// By how much a statement must be quicker for an index to be worth having.
    pub gain: f64,
    /// Tables whose data is larger, in bytes, are not brought to a clone.
    pub largest: u64,
}

impl Default for AdviseSettings {
    fn default() -> Self {
        Self {
            schema: "public".to_owned(),
            longest: Duration::from_secs(60),
            runs: 5,
            gain: 1.5,
            largest: 2 << 30,
        }
    }
}

/// How a table is reached. The names of these fields are public.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableRead {
    /// The table, as the statement calls it.
    pub table: String,
    /// The index that is used.
    pub index: Option<String>,
    /// Whether all of the table or index is read.
    pub whole: bool,
    /// Rows that the server expects.
    pub rows: f64,
}

/// A class and what can be said of it. The names of these fields are public.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdvisedClass {
    /// Its place in the ranking.
    pub rank: usize,
    /// Its id.
    pub id: String,
    /// What its statements have in common.
    pub fingerprint: String,
    /// Statements.
    pub count: u64,
    /// Seconds that they took in all.
    pub total_s: f64,
    /// How a server would carry out the slowest, or one like it.
    pub reads: Vec<TableRead>,
    /// What the statement itself could do better.
    pub advice: Vec<Advice>,
    /// Names of indexes that could help and were not tried yet.
    pub candidates: Vec<String>,
    /// The index, proven, that helps most.
    pub index: Option<String>,
    /// Indexes that were made on the clone for it.
    pub tried: usize,
    /// What could not be found out, and why.
    pub untold: Vec<String>,
}

/// A class that an index makes quicker. The names of these fields are public.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Helped {
    /// The class.
    pub id: String,
    /// Seconds for one statement without the index; at least so many where it was broken off.
    pub before_s: f64,
    /// And with it.
    pub after_s: f64,
}

/// An index that was made on a clone, and helped there. The names of these fields are public.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProvenIndex {
    /// The table.
    pub table: TableName,
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The statements that make it, while others write.
    pub statements: Vec<String>,
    /// The statements that take it away again.
    pub undo: Vec<String>,
    /// What it helps.
    pub helps: Vec<Helped>,
    /// How long the clone took to make it, in seconds.
    pub build_s: f64,
    /// Its size on the clone.
    pub bytes: Option<u64>,
    /// By how much longer the clone takes to store rows of the table, in percent.
    pub insert_cost_percent: Option<f64>,
    /// The index, as it is made.
    #[serde(skip)]
    pub new: NewIndex,
}

/// What can be said of all classes that were looked at.
pub struct Advised {
    /// The classes, in their order.
    pub classes: Vec<AdvisedClass>,
    /// Indexes that nobody needs.
    pub remarks: Vec<IndexRemark>,
    /// Indexes that were proven.
    pub indexes: Vec<ProvenIndex>,
    catalog: Catalog,
    subjects: Vec<Subject>,
}

impl Advised {
    /// The tables of classes for which indexes could be tried: what a clone needs.
    #[must_use]
    pub fn tables(&self) -> Vec<&Table> {
        let wanted: BTreeSet<&TableName> = self
            .subjects
            .iter()
            .filter(|subject| !subject.candidates.is_empty())
            .flat_map(|subject| &subject.tables)
            .collect();
        wanted
            .into_iter()
            .filter_map(|name| self.catalog.tables.get(name))
            .collect()
    }
}

/// A class that was understood.
struct Subject {
    /// Its place among the classes.
    at: usize,
    /// Its slowest statement.
    text: String,
    /// Of one that changes rows, a SELECT that finds them.
    finding: Option<String>,
    parsed: Parsed,
    schema: String,
    tables: Vec<TableName>,
    candidates: Vec<NewIndex>,
}

impl Subject {
    /// The statement to be explained: one that changes rows is refused where nothing may be written.
    fn explained(&self) -> &str {
        self.finding.as_deref().unwrap_or(&self.text)
    }
}

/// Looks at classes by the schema and the plans of a server, best a replica: nothing is run but EXPLAIN, in a transaction that may not
/// write. The `others` of the estate are asked which indexes they use.
///
/// # Errors
/// When the server does not tell its schema.
pub async fn advise(
    classes: &[ClassReport],
    server: &dyn Database,
    others: &[Arc<dyn Database>],
    settings: &AdviseSettings,
) -> Result<Advised, EngineError> {
    let endpoint = server.endpoint();
    let family = endpoint.family;
    let scope = Scope::of(server.schemas().await?);
    let tables = server.tables(&scope).await?;
    let mut catalog = Catalog {
        family,
        tables: tables
            .into_iter()
            .map(|table| (table.name.clone(), table))
            .collect(),
        indexes: Vec::new(),
        foreign_keys: server.foreign_keys(&scope).await?,
    };
    let mut advised: Vec<AdvisedClass> = classes.iter().map(untouched).collect();
    let mut subjects = Vec::new();
    let mut touched: BTreeSet<TableName> = BTreeSet::new();
    for (at, class) in classes.iter().enumerate() {
        match understood(at, class, &catalog, endpoint.database.as_deref(), settings) {
            Ok(subject) => {
                touched.extend(subject.tables.iter().cloned());
                subjects.push(subject);
            }
            Err(why) => advised[at].untold.push(why),
        }
    }
    let touched: Vec<TableName> = touched.into_iter().collect();
    // On PostgreSQL an index's name must be free in its schema.
    let named: Vec<TableName> = match family {
        Family::Mysql => touched.clone(),
        Family::Postgres => catalog.tables.keys().cloned().collect(),
    };
    catalog.indexes = server.indexes(&named).await?;
    for other in others {
        add_reads(&mut catalog.indexes, other.as_ref(), &touched).await;
    }
    for subject in &mut subjects {
        let class = &mut advised[subject.at];
        let mut rehearsal = server.rehearsal(&subject.schema, settings.longest).await?;
        let explained = match rehearsal.explain(subject.explained()).await {
            Ok(explained) => Some(explained),
            Err(error) => {
                class.untold.push(error.in_words());
                None
            }
        };
        class.reads = explained.iter().flat_map(reads).collect();
        class.advice = rewrite::rewrites(
            &subject.parsed,
            &catalog,
            &classes[subject.at],
            explained.as_ref(),
        );
        subject.candidates = candidates::candidates(&subject.parsed, &catalog, explained.as_ref());
        let described = |index: &NewIndex| format!("{} ({})", index.table, columns(index).join(", "));
        class.candidates = subject.candidates.iter().map(described).collect();
    }
    let remarks = remarks::remarks(&catalog, &touched, others.len() + 1);
    Ok(Advised {
        classes: advised,
        remarks,
        indexes: Vec::new(),
        catalog,
        subjects,
    })
}

/// Adds how often another server used the indexes. One that does not tell, or has no such index, leaves it unknown.
async fn add_reads(indexes: &mut [TableIndex], other: &dyn Database, tables: &[TableName]) {
    let told = other.indexes(tables).await.unwrap_or_default();
    for index in indexes {
        let same = |one: &&TableIndex| one.table == index.table && one.name == index.name;
        let more = told.iter().find(same).and_then(|one| one.reads);
        index.reads = index.reads.zip(more).map(|(own, more)| own + more);
    }
}

fn untouched(class: &ClassReport) -> AdvisedClass {
    AdvisedClass {
        rank: class.rank,
        id: class.id.clone(),
        fingerprint: class.fingerprint.clone(),
        count: class.count,
        total_s: class.time_s.total,
        reads: Vec::new(),
        advice: Vec::new(),
        candidates: Vec::new(),
        index: None,
        tried: 0,
        untold: Vec::new(),
    }
}

fn understood(
    at: usize,
    class: &ClassReport,
    catalog: &Catalog,
    connected: Option<&str>,
    settings: &AdviseSettings,
) -> Result<Subject, String> {
    let database = class
        .databases
        .iter()
        .map(|named| named.name.as_str())
        .find(|name| !name.is_empty());
    let schema = match catalog.family {
        Family::Mysql => database.or(connected).unwrap_or_default().to_owned(),
        Family::Postgres => {
            if let (Some(own), Some(connected)) = (database, connected)
                && own != connected
            {
                return Err(format!("it runs in database {own}, and {connected} is looked at"));
            }
            settings.schema.clone()
        }
    };
    let parsed = statement::parse(catalog.family, &schema, &class.sample)
        .map_err(|why| format!("its statement was not understood: {why}"))?;
    let tables: BTreeSet<TableName> = parsed
        .blocks
        .iter()
        .flat_map(|block| catalog.known(block).map(|(_, _, table)| table.name.clone()))
        .collect();
    if tables.is_empty() {
        return Err("it names no table that is here".to_owned());
    }
    Ok(Subject {
        at,
        text: class.sample.trim().trim_end_matches(';').to_owned(),
        finding: parsed.finding(),
        parsed,
        schema,
        tables: tables.into_iter().collect(),
        candidates: Vec::new(),
    })
}

fn reads(explained: &daybreak_engine::Explained) -> Vec<TableRead> {
    let accesses = explained.accesses.iter();
    accesses
        .map(|access| TableRead {
            table: access.table.clone(),
            index: access.index.clone(),
            whole: access.whole,
            rows: access.rows,
        })
        .collect()
}

fn columns(index: &NewIndex) -> Vec<String> {
    let columns = index.columns.iter();
    columns
        .map(|(column, length)| match length {
            Some(length) => format!("{column}({length})"),
            None => column.clone(),
        })
        .collect()
}
