//! What is known of all statements of a class, in memory that does not grow with their number.

use std::collections::{BTreeMap, HashMap};

use daybreak_engine::StatementFigures;

use super::fingerprint::Scratch;
use super::postgres_fingerprint;
use super::slow_log::{Dialect, Event};

/// Classes held; statements of further ones count together, so that memory is bounded whatever is logged.
pub(super) const MOST_CLASSES: usize = 100_000;
/// Fingerprint under which they do.
const OTHERS: &[u8] = b"/* all further classes */";
/// Bytes kept of a class's slowest statement.
const SAMPLE_BYTES: usize = 4096;
/// Users, hosts and databases named for a class.
const MOST_NAMES: usize = 50;
/// Times of one bucket differ by this factor: a quantile is that much too high at most.
const STEP: f64 = 1.05;

/// How long statements took: counts by buckets that grow by a twentieth, from a microsecond on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Counted {
    buckets: Vec<(u16, u64)>,
}

impl Counted {
    fn add(&mut self, seconds: f64) {
        self.add_many(bucket(seconds), 1);
    }

    fn add_many(&mut self, bucket: u16, times: u64) {
        match self.buckets.binary_search_by_key(&bucket, |(own, _)| *own) {
            Ok(at) => self.buckets[at].1 += times,
            Err(at) => self.buckets.insert(at, (bucket, times)),
        }
    }

    fn merge(&mut self, other: &Self) {
        for (bucket, times) in &other.buckets {
            self.add_many(*bucket, *times);
        }
    }

    /// How many were counted.
    fn counted(&self) -> u64 {
        self.buckets.iter().map(|(_, times)| times).sum()
    }

    /// The seconds within which this share of the statements ended, 0 to 1, at most a twentieth too many.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let mut left = self.counted() as f64 * share;
        for (bucket, times) in &self.buckets {
            left -= *times as f64;
            if left <= 0.0 {
                return upper(*bucket);
            }
        }
        self.buckets.last().map_or(0.0, |(bucket, _)| upper(*bucket))
    }

    /// Upper ends of the buckets in seconds, each with its count.
    pub(super) fn histogram(&self) -> Vec<(f64, u64)> {
        self.buckets
            .iter()
            .map(|(bucket, times)| (upper(*bucket), *times))
            .collect()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 1000 by the line before"
)]
fn bucket(seconds: f64) -> u16 {
    let number = (seconds.max(1e-6) * 1e6).ln() / STEP.ln();
    number.ceil().clamp(0.0, 1000.0) as u16
}

fn upper(bucket: u16) -> f64 {
    STEP.powi(i32::from(bucket)) * 1e-6
}

/// A sum over statements, with its mean and spread.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sum {
    pub(super) total: f64,
    squares: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Sum {
    fn add(&mut self, value: f64, first: bool) {
        self.total += value;
        self.squares += value * value;
        self.least = if first { value } else { self.least.min(value) };
        self.most = self.most.max(value);
    }

    /// Of so many values that were not seen one by one.
    fn of(figures: &StatementFigures) -> Self {
        let count = figures.count as f64;
        let mean = figures.total_s / count;
        Self {
            total: figures.total_s,
            squares: figures
                .stddev_s
                .map_or(0.0, |stddev| count * (stddev * stddev + mean * mean)),
            least: figures.min_s,
            most: figures.max_s,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.total += other.total;
        self.squares += other.squares;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    pub(super) fn variance(&self, count: u64) -> f64 {
        let count = count as f64;
        let mean = self.total / count;
        (self.squares / count - mean * mean).max(0.0)
    }
}

/// Statements of one fingerprint.
#[derive(Debug, Clone, Default)]
pub(super) struct Class {
    pub(super) count: u64,
    pub(super) time: Sum,
    pub(super) times: Counted,
    /// Statements of which it is not known how their times vary.
    vague: u64,
    pub(super) lock_time: f64,
    pub(super) rows_sent: u64,
    pub(super) rows_examined: u64,
    pub(super) rows_affected: u64,
    pub(super) bytes_sent: u64,
    pub(super) errors: u64,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) users: BTreeMap<Vec<u8>, u64>,
    pub(super) hosts: BTreeMap<Vec<u8>, u64>,
    pub(super) databases: BTreeMap<Vec<u8>, u64>,
    /// Servers that were asked.
    pub(super) servers: BTreeMap<Vec<u8>, u64>,
    /// The slowest statement, its beginning.
    pub(super) sample: Vec<u8>,
}

/// What a server has counted of a class.
pub(super) struct Counts<'a> {
    /// What the fingerprint is made of.
    pub(super) text: &'a [u8],
    pub(super) dialect: Dialect,
    pub(super) server: &'a [u8],
    pub(super) figures: &'a StatementFigures,
}

impl Class {
    fn of(counts: &Counts<'_>) -> Self {
        let figures = counts.figures;
        let mut own = Self {
            count: figures.count,
            time: Sum::of(figures),
            vague: if figures.stddev_s.is_some() {
                0
            } else {
                figures.count
            },
            lock_time: figures.lock_s,
            rows_sent: figures.rows_sent,
            rows_examined: figures.rows_examined,
            rows_affected: figures.rows_affected,
            errors: figures.errors,
            first: figures.first_seen,
            last: figures.last_seen,
            sample: counts.text[..counts.text.len().min(SAMPLE_BYTES)].to_vec(),
            ..Self::default()
        };
        for (upper, times) in &figures.histogram {
            own.times.add_many(bucket(*upper), *times);
        }
        name(&mut own.users, figures.user.as_bytes(), figures.count);
        name(&mut own.servers, counts.server, figures.count);
        name(&mut own.databases, figures.database.as_bytes(), figures.count);
        own
    }

    /// Standard deviation, in seconds, where that of all statements is known.
    pub(super) fn stddev(&self) -> Option<f64> {
        (self.vague == 0).then(|| self.time.variance(self.count).sqrt())
    }

    /// The seconds within which this share ended, where all statements were counted by how long they took.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        // A bucket's end may lie beyond the slowest.
        (self.times.counted() >= self.count).then(|| self.times.quantile(share).min(self.time.most))
    }

    fn add(&mut self, event: &Event<'_>) {
        let first = self.count == 0;
        // Of equally slow ones the first by its bytes, so that it does not depend on who read it.
        let text = &event.text[..event.text.len().min(SAMPLE_BYTES)];
        let longest = self.time.most;
        if first || event.time > longest || event.time == longest && *text < *self.sample {
            self.sample.clear();
            self.sample.extend_from_slice(text);
        }
        self.count += 1;
        self.time.add(event.time, first);
        self.times.add(event.time);
        self.lock_time += event.lock_time;
        self.rows_sent += event.rows_sent;
        self.rows_examined += event.rows_examined;
        self.rows_affected += event.rows_affected;
        self.bytes_sent += event.bytes_sent;
        self.errors += u64::from(event.error != 0);
        if let Some(at) = event.at {
            self.first = Some(self.first.map_or(at, |first| first.min(at)));
            self.last = Some(self.last.map_or(at, |last| last.max(at)));
        }
        name(&mut self.users, event.user, 1);
        name(&mut self.hosts, event.host, 1);
        name(&mut self.databases, event.database, 1);
    }

    fn merge(&mut self, other: Self) {
        if self.count == 0 {
            *self = other;
            return;
        }
        let (own, others) = (self.time.most, other.time.most);
        if others > own || others == own && other.sample < self.sample {
            self.sample = other.sample;
        }
        self.count += other.count;
        self.time.merge(&other.time);
        self.times.merge(&other.times);
        self.vague += other.vague;
        self.lock_time += other.lock_time;
        self.rows_sent += other.rows_sent;
        self.rows_examined += other.rows_examined;
        self.rows_affected += other.rows_affected;
        self.bytes_sent += other.bytes_sent;
        self.errors += other.errors;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = [self.last, other.last].into_iter().flatten().max();
        for (own, others) in [
            (&mut self.users, other.users),
            (&mut self.hosts, other.hosts),
            (&mut self.databases, other.databases),
            (&mut self.servers, other.servers),
        ] {
            others
                .into_iter()
                .for_each(|(found, times)| name(own, &found, times));
        }
    }
}

/// Counts a name; those beyond the most that are held are not told apart from nobody.
fn name(names: &mut BTreeMap<Vec<u8>, u64>, found: &[u8], times: u64) {
    if found.is_empty() {
        return;
    }
    if let Some(count) = names.get_mut(found) {
        *count += times;
    } else if names.len() < MOST_NAMES {
        names.insert(found.to_vec(), times);
    }
}

/// All classes seen.
#[derive(Debug, Default)]
pub(super) struct Classes {
    by_fingerprint: HashMap<Vec<u8>, Class>,
    scratch: Scratch,
}

impl Classes {
    /// Classes that are known already.
    pub(super) fn over(by_fingerprint: HashMap<Vec<u8>, Class>) -> Self {
        Self {
            by_fingerprint,
            scratch: Scratch::default(),
        }
    }

    pub(super) fn add(&mut self, event: &Event<'_>) {
        self.make(event.text, event.dialect);
        if let Some(class) = self.by_fingerprint.get_mut(self.scratch.out.as_slice()) {
            class.add(event);
            return;
        }
        self.class(self.scratch.out.clone()).add(event);
    }

    /// Takes in what a server has counted.
    pub(super) fn add_counts(&mut self, counts: &Counts<'_>) {
        let fingerprint = if counts.text.is_empty() {
            OTHERS.to_vec()
        } else {
            self.make(counts.text, counts.dialect);
            self.scratch.out.clone()
        };
        self.class(fingerprint).merge(Class::of(counts));
    }

    /// What a statement has in common with its like, counted or not.
    pub(super) fn fingerprint(&mut self, event: &Event<'_>) -> &[u8] {
        self.make(event.text, event.dialect);
        &self.scratch.out
    }

    fn make(&mut self, text: &[u8], dialect: Dialect) {
        match dialect {
            Dialect::Mysql => self.scratch.fingerprint(text),
            Dialect::Postgres => postgres_fingerprint::fingerprint(text, &mut self.scratch.out),
        }
    }

    fn class(&mut self, fingerprint: Vec<u8>) -> &mut Class {
        let full =
            self.by_fingerprint.len() >= MOST_CLASSES && !self.by_fingerprint.contains_key(&fingerprint);
        let fingerprint = if full { OTHERS.to_vec() } else { fingerprint };
        self.by_fingerprint.entry(fingerprint).or_default()
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (fingerprint, class) in other.by_fingerprint {
            self.class(fingerprint).merge(class);
        }
    }

    pub(super) fn into_inner(self) -> HashMap<Vec<u8>, Class> {
        self.by_fingerprint
    }
}

#[cfg(test)]
mod tests {
    use super::Counted;

    #[test]
    fn a_quantile_is_a_twentieth_too_high_at_most() {
        let mut counted = Counted::default();
        for millisecond in 1..=1000 {
            counted.add(f64::from(millisecond) / 1000.0);
        }
        for (share, exact) in [(0.5, 0.5), (0.95, 0.95), (0.99, 0.99), (1.0, 1.0)] {
            let found = counted.quantile(share);
            assert!(
                found >= exact * 0.999 && found <= exact * 1.051,
                "{share}: {found}"
            );
        }
    }
}
