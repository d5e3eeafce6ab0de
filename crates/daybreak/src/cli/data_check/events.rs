//! What a check that never ends tells, event by event.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

use daybreak_work::{Drift, NodeReport, Observe, TableVerdict, Verdict, WorkEvent};
use serde::Serialize;

use super::bar::Bar;
use super::found::in_words;
use crate::cli::plain;
use crate::output::{self, Format};
use crate::private;

/// One event. The names of these fields are public.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event<'a> {
    /// Watching begins.
    Watching {
        source: &'a str,
        nodes: Vec<String>,
        tables: usize,
        share_percent: u8,
    },
    /// A row was proven not to be the same.
    Drift(&'a Drift),
    /// A row that was not the same is so again.
    Mended(&'a Drift),
    /// A server does not answer any more.
    Lost { server: &'a str, why: &'a str },
    /// It answers again.
    Back { server: &'a str },
    /// Every table was compared once more.
    Round {
        round: u64,
        verdict: Verdict,
        rows: u64,
        drifts: usize,
        seconds: f64,
        /// What could not be told.
        untold: Vec<String>,
    },
    /// Watching ends.
    Ended { verdict: Verdict, rounds: u64 },
}

impl Event<'_> {
    pub(super) fn tell(&self, format: Format) {
        match format {
            Format::Json => output::json(self),
            Format::Text => output::line(plain(&self.line())),
        }
    }

    fn line(&self) -> String {
        match self {
            Self::Watching {
                source,
                nodes,
                tables,
                share_percent,
            } => format!(
                "watching {tables} tables of {source} on {}, for {share_percent}% of the time",
                nodes.join(", ")
            ),
            Self::Drift(drift) => format!(
                "drift: {}: row ({}) of {} is {}",
                drift.server, drift.row, drift.table, drift.kind
            ),
            Self::Mended(drift) => format!(
                "mended: {}: row ({}) of {} is the same again",
                drift.server, drift.row, drift.table
            ),
            Self::Lost { server, why } => format!("lost: {server}: {why}"),
            Self::Back { server } => format!("back: {server}"),
            Self::Round {
                round,
                verdict,
                rows,
                drifts,
                seconds,
                untold,
            } => {
                let untold: Vec<String> = untold.iter().map(|why| format!("; {why}")).collect();
                format!(
                    "round {round}: {}: {rows} rows, {drifts} not the same, {seconds:.1} s{}",
                    in_words(*verdict),
                    untold.concat()
                )
            }
            Self::Ended { verdict, rounds } => {
                format!("ended after {rounds} round(s): {}", in_words(*verdict))
            }
        }
    }
}

/// What is known not to be the same, which outlives the process, and who tells of it.
pub(super) struct Known {
    bar: Bar,
    format: Format,
    file: PathBuf,
    drifts: Mutex<BTreeSet<Drift>>,
    lost: Mutex<BTreeSet<String>>,
}

impl Known {
    /// With what an earlier process knew.
    pub(super) fn open(file: PathBuf, format: Format) -> std::io::Result<Self> {
        let drifts = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeSet::new(),
            Err(error) => return Err(error),
        };
        Ok(Self {
            bar: Bar::new(),
            format,
            file,
            drifts: Mutex::new(drifts),
            lost: Mutex::new(BTreeSet::new()),
        })
    }

    pub(super) fn drifts(&self) -> usize {
        self.drifts.lock().expect("no holder of this lock panics").len()
    }

    /// Forgets what a round has found to be the same again, and tells of it.
    pub(super) fn settle(&self, reports: &[NodeReport]) {
        let mut drifts = self.drifts.lock().expect("no holder of this lock panics");
        let before = drifts.clone();
        for drift in before {
            match standing(&drift, reports) {
                Some(Standing::Same) => {
                    Event::Mended(&drift).tell(self.format);
                    drifts.remove(&drift);
                }
                Some(Standing::Otherwise) => {
                    drifts.remove(&drift);
                }
                Some(Standing::Different) | None => {}
            }
        }
        self.keep(&drifts);
    }

    /// A drift that is not kept is told of again by the next process: better than none at all.
    fn keep(&self, drifts: &BTreeSet<Drift>) {
        let beside = self.file.with_extension("new");
        let text = serde_json::to_vec(drifts).unwrap_or_default();
        let kept = private::write(&beside, text).and_then(|()| std::fs::rename(&beside, &self.file));
        if let Err(error) = kept {
            output::say(format!("{}: {error}", self.file.display()));
        }
    }
}

/// What a round has found of a row that was not the same before.
enum Standing {
    Same,
    Different,
    /// Not the same in another way, which was told; or its server or table is not compared any more.
    Otherwise,
}

/// None where the round says nothing of it.
fn standing(drift: &Drift, reports: &[NodeReport]) -> Option<Standing> {
    let node = reports.iter().find(|node| node.server == drift.server);
    let outcome = node.and_then(|node| {
        let mut outcomes = node.report.tables.iter();
        outcomes.find(|outcome| outcome.table == drift.table)
    });
    let Some(outcome) = outcome else {
        return Some(Standing::Otherwise);
    };
    match &outcome.verdict {
        TableVerdict::Same => Some(Standing::Same),
        TableVerdict::CouldNotTell(_) => None,
        TableVerdict::Different { count, rows } => {
            let mut all = rows.iter().map(|row| row.drift(&drift.server, &drift.table));
            match all.find(|now| now.row == drift.row) {
                Some(now) if now.kind == drift.kind => Some(Standing::Different),
                Some(_) => Some(Standing::Otherwise),
                None => (rows.len() as u64 == *count).then_some(Standing::Same),
            }
        }
    }
}

impl Observe for Known {
    fn event(&self, event: WorkEvent) {
        self.bar.event(event);
    }

    fn drift(&self, drift: Drift) {
        let mut drifts = self.drifts.lock().expect("no holder of this lock panics");
        if !drifts.contains(&drift) {
            Event::Drift(&drift).tell(self.format);
            drifts.insert(drift);
            self.keep(&drifts);
        }
    }

    fn lost(&self, server: &str, why: &str) {
        let mut lost = self.lost.lock().expect("no holder of this lock panics");
        if lost.insert(server.to_owned()) {
            Event::Lost { server, why }.tell(self.format);
        }
    }

    fn back(&self, server: &str) {
        let mut lost = self.lost.lock().expect("no holder of this lock panics");
        if lost.remove(server) {
            Event::Back { server }.tell(self.format);
        }
    }
}
