//! Classes in the order that matters, as they are told.

use serde::{Deserialize, Serialize};

use super::class::Class;
use super::fingerprint::fingerprint_id;
use super::read::Digest;
use super::transactions::{Membership, Transactions};

/// What puts a class first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ranking {
    /// Time in all: what load is made of.
    Time,
    /// Number of statements: what a longer way to the server would add, a round trip each.
    Count,
    /// Variance of the time divided by its mean: what is quick now and slow then.
    Variance,
}

/// Times of a class's statements, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassTimes {
    /// In all.
    pub total: f64,
    /// The quickest.
    pub min: f64,
    /// On average.
    pub mean: f64,
    /// Half of them ended within this, at most a twentieth too high; so with the next two. Absent where a server does not tell.
    pub p50: Option<f64>,
    /// 95 of 100.
    pub p95: Option<f64>,
    /// 99 of 100.
    pub p99: Option<f64>,
    /// The slowest.
    pub max: f64,
    /// Standard deviation. Absent where a server does not tell.
    pub stddev: Option<f64>,
    /// Variance divided by mean.
    pub variance_to_mean: Option<f64>,
}

/// A name with how often it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Statements.
    pub count: u64,
}

/// A class. The names of these fields are public.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    /// Its place in the ranking, from 1.
    pub rank: usize,
    /// MD5 of the fingerprint, as `pt-query-digest` prints it.
    pub id: String,
    /// What its statements have in common.
    pub fingerprint: String,
    /// Statements.
    pub count: u64,
    /// Its share of the time of all classes, in percent.
    pub share_percent: f64,
    /// How long they took.
    pub time_s: ClassTimes,
    /// Of it, waiting for locks.
    pub lock_time_s: f64,
    /// Rows sent to the client.
    pub rows_sent: u64,
    /// Rows looked at.
    pub rows_examined: u64,
    /// Rows changed.
    pub rows_affected: u64,
    /// Bytes sent to the client.
    pub bytes_sent: u64,
    /// Statements that ended with an error.
    pub errors: u64,
    /// Accounts.
    pub users: Vec<Named>,
    /// Where they came from.
    pub hosts: Vec<Named>,
    /// Databases that were in use.
    pub databases: Vec<Named>,
    /// Servers that were asked.
    #[serde(default)]
    pub servers: Vec<Named>,
    /// Tables of the slowest statement.
    pub tables: Vec<String>,
    /// The first, as RFC 3339; absent where the log tells no time.
    pub first_seen: Option<String>,
    /// The last.
    pub last_seen: Option<String>,
    /// Upper ends of buckets in seconds, each with its number of statements.
    pub histogram: Vec<(f64, u64)>,
    /// The slowest statement, its first 4,096 bytes; what is no UTF-8 is replaced.
    pub sample: String,
    /// How its statements follow each other, where that was read and the log tells sessions apart.
    #[serde(default)]
    pub in_transactions: Option<InTransactions>,
}

/// How the statements of a class follow each other. The names of these fields are public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InTransactions {
    /// Transactions that it is part of.
    pub transactions: u64,
    /// Its statements in them.
    pub statements: u64,
    /// Statements that repeat one of the class before: in the same transaction, or directly after it in the same session.
    pub repeated: u64,
    /// The most of its statements in one transaction, or directly after each other.
    pub most: u64,
}

/// Transactions of the same classes. The names of these fields are public.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransactionReport {
    /// How many.
    pub count: u64,
    /// Ids of the classes of their statements.
    pub classes: Vec<String>,
    /// Statements of one, on average: a round trip each.
    pub statements_mean: f64,
    /// Statements of the longest.
    pub statements_max: u64,
    /// Seconds that the statements of one took, on average.
    pub time_mean_s: f64,
    /// And of the slowest.
    pub time_max_s: f64,
}

/// Everything that was read. The names of these fields are public.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DigestReport {
    /// Statements.
    pub statements: u64,
    /// Statements that the filter left out.
    pub left_out: u64,
    /// Statements too long to be held, known by their beginning.
    pub cut: u64,
    /// Bytes of logs.
    pub bytes: u64,
    /// Servers that did not tell, each with the reason.
    #[serde(default)]
    pub untold: Vec<String>,
    /// Seconds that all statements took.
    pub time_s: f64,
    /// How many classes there are, also those left out of `classes`.
    pub unique: usize,
    /// What they are ranked by.
    pub by: Ranking,
    /// The first of them.
    pub classes: Vec<ClassReport>,
    /// Transactions, where they were read, those with the most time in all first.
    #[serde(default)]
    pub transactions: Vec<TransactionReport>,
}

impl Digest {
    /// The first classes of a ranking; all for `top` 0.
    #[must_use]
    pub fn report(&self, by: Ranking, top: usize) -> DigestReport {
        let time_s: f64 = self.classes.values().map(|class| class.time.total).sum();
        let mut ranked: Vec<(&Vec<u8>, &Class, f64)> = self
            .classes
            .iter()
            .map(|(fingerprint, class)| (fingerprint, class, weight(by, class)))
            .collect();
        ranked.sort_by(|(one, _, first), (other, _, second)| {
            second.total_cmp(first).then_with(|| one.cmp(other))
        });
        let unique = ranked.len();
        if top > 0 {
            ranked.truncate(top);
        }
        DigestReport {
            statements: self.events,
            left_out: self.left_out,
            cut: self.cut,
            bytes: self.bytes,
            untold: self.untold.clone(),
            time_s,
            unique,
            by,
            classes: ranked
                .into_iter()
                .enumerate()
                .map(|(index, (fingerprint, class, _))| {
                    let mut told = told(index + 1, fingerprint, class, time_s);
                    let seen = self.transactions.as_ref();
                    told.in_transactions = seen.and_then(|seen| seen.membership(fingerprint)).map(member);
                    told
                })
                .collect(),
            transactions: self
                .transactions
                .as_ref()
                .map_or_else(Vec::new, |seen| kinds(seen, top)),
        }
    }
}

fn member(own: Membership) -> InTransactions {
    InTransactions {
        transactions: own.transactions,
        statements: own.statements,
        repeated: own.repeated,
        most: own.most,
    }
}

/// Transactions, those with the most time in all first.
fn kinds(seen: &Transactions, top: usize) -> Vec<TransactionReport> {
    let id = |number: &u32| fingerprint_id(&seen.fingerprints[*number as usize]);
    let mut told: Vec<(f64, TransactionReport)> = seen
        .kinds
        .iter()
        .map(|(classes, kind)| {
            let count = kind.count as f64;
            let report = TransactionReport {
                count: kind.count,
                classes: classes.iter().map(id).collect(),
                statements_mean: kind.statements as f64 / count,
                statements_max: kind.most_statements,
                time_mean_s: kind.time / count,
                time_max_s: kind.most_time,
            };
            (kind.time, report)
        })
        .collect();
    told.sort_by(|(one, first), (other, second)| {
        other
            .total_cmp(one)
            .then_with(|| first.classes.cmp(&second.classes))
    });
    if top > 0 {
        told.truncate(top);
    }
    told.into_iter().map(|(_, report)| report).collect()
}

/// A statement's beginning, for a line of its own.
#[must_use]
pub fn shortened(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn weight(by: Ranking, class: &Class) -> f64 {
    match by {
        Ranking::Time => class.time.total,
        Ranking::Count => class.count as f64,
        Ranking::Variance => variance_to_mean(class).unwrap_or(0.0),
    }
}

fn variance_to_mean(class: &Class) -> Option<f64> {
    let mean = class.time.total / class.count as f64;
    let variance = class.stddev()?.powi(2);
    Some(if mean > 0.0 { variance / mean } else { 0.0 })
}

fn told(rank: usize, fingerprint: &[u8], class: &Class, all: f64) -> ClassReport {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let names = |names: &std::collections::BTreeMap<Vec<u8>, u64>| {
        let mut names: Vec<Named> = names
            .iter()
            .map(|(name, count)| Named {
                name: text(name),
                count: *count,
            })
            .collect();
        names.sort_by_key(|named| std::cmp::Reverse(named.count));
        names
    };
    let moment = |at: Option<i64>| {
        let at = jiff::Timestamp::from_microsecond(at?).ok()?;
        Some(at.to_string())
    };
    ClassReport {
        rank,
        id: fingerprint_id(fingerprint),
        fingerprint: text(fingerprint),
        count: class.count,
        share_percent: if all > 0.0 {
            100.0 * class.time.total / all
        } else {
            0.0
        },
        time_s: ClassTimes {
            total: class.time.total,
            min: class.time.least,
            mean: class.time.total / class.count as f64,
            p50: class.quantile(0.5),
            p95: class.quantile(0.95),
            p99: class.quantile(0.99),
            max: class.time.most,
            stddev: class.stddev(),
            variance_to_mean: variance_to_mean(class),
        },
        lock_time_s: class.lock_time,
        rows_sent: class.rows_sent,
        rows_examined: class.rows_examined,
        rows_affected: class.rows_affected,
        bytes_sent: class.bytes_sent,
        errors: class.errors,
        users: names(&class.users),
        hosts: names(&class.hosts),
        databases: names(&class.databases),
        servers: names(&class.servers),
        tables: tables(&text(&class.sample)),
        first_seen: moment(class.first),
        last_seen: moment(class.last),
        histogram: class.times.histogram(),
        sample: text(&class.sample),
        in_transactions: None,
    }
}

/// The names after `FROM`, `JOIN`, `INTO`, `UPDATE` and `TABLE`, in the order in which they stand there: what a statement seems to
/// touch, without asking a server what a view or a routine is.
fn tables(statement: &str) -> Vec<String> {
    let mut tables: Vec<String> = Vec::new();
    let mut words = statement
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';'))
        .filter(|word| !word.is_empty())
        .peekable();
    while let Some(word) = words.next() {
        if !["from", "join", "into", "update", "table"]
            .iter()
            .any(|keyword| word.eq_ignore_ascii_case(keyword))
        {
            continue;
        }
        let Some(next) = words.peek() else { break };
        let names = next.split(',').map(|name| name.replace(['`', '"'], ""));
        for name in names.filter(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_')) {
            let keyword = [
                "select",
                "ignore",
                "low_priority",
                "if",
                "only",
                "lateral",
                "outfile",
                "dumpfile",
                "values",
                "set",
            ];
            if !keyword.iter().any(|keyword| name.eq_ignore_ascii_case(keyword)) && !tables.contains(&name) {
                tables.push(name);
            }
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::tables;

    #[test]
    fn tables_are_named_as_the_statement_does() {
        let of = |statement| tables(statement).join(" ");
        assert_eq!(
            of("SELECT * FROM `shop`.`a` JOIN b ON a.id = b.id WHERE x IN (SELECT y FROM c)"),
            "shop.a b c"
        );
        assert_eq!(of("INSERT INTO t(id) SELECT 1 FROM (SELECT 1) x"), "t");
        assert_eq!(of("UPDATE t1, t2 SET a = 1"), "t1");
        assert_eq!(of("administrator command: Quit"), "");
    }
}
