//! What sessions say one statement after the other: transactions, and the same again and again.
//!
//! A transaction is what stands between BEGIN (or the statement before, where a session has turned autocommit off) and COMMIT or
//! ROLLBACK. Outside of one, statements of a class that follow each other directly belong together. It takes a log in its order, and so
//! one reader; memory is bounded by the most sessions, classes and transactions that are held.

use std::collections::{BTreeMap, HashMap};

use super::class::MOST_CLASSES;
use super::slow_log::Event;

/// Sessions remembered at once; of more, all are forgotten.
const MOST_SESSIONS: usize = 50_000;
/// Classes of one transaction that are told apart.
const MOST_IN_ONE: usize = 200;
/// Kinds of transaction held; further ones are not counted.
const MOST_KINDS: usize = 20_000;

/// How a class stands in transactions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Membership {
    /// Transactions that it is part of.
    pub(super) transactions: u64,
    /// Its statements in them.
    pub(super) statements: u64,
    /// Statements that repeat one of the class before: in the same transaction, or directly after it.
    pub(super) repeated: u64,
    /// The most of its statements in one transaction, or directly after each other.
    pub(super) most: u64,
}

/// Transactions of the same classes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Kind {
    pub(super) count: u64,
    pub(super) statements: u64,
    pub(super) most_statements: u64,
    /// Seconds that their statements took.
    pub(super) time: f64,
    pub(super) most_time: f64,
}

/// All that was seen.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    numbers: HashMap<Vec<u8>, u32>,
    pub(super) fingerprints: Vec<Vec<u8>>,
    memberships: Vec<Membership>,
    pub(super) kinds: HashMap<Vec<u32>, Kind>,
    sessions: HashMap<Vec<u8>, Session>,
}

#[derive(Debug, Default)]
struct Session {
    no_autocommit: bool,
    open: Option<Open>,
    /// Outside of a transaction: the class of the statement before, and how many of it followed each other.
    run: Option<(u32, u64)>,
}

/// A transaction that has not ended.
#[derive(Debug, Default)]
struct Open {
    classes: BTreeMap<u32, u64>,
    statements: u64,
    time: f64,
}

/// What a statement does to the transaction of its session.
enum Turn {
    Begin,
    End,
    Autocommit(bool),
    Leave,
    Nothing,
    Statement,
}

impl Transactions {
    /// A log begins: its sessions are not those of the log before.
    pub(super) fn begin(&mut self) {
        for (_, session) in std::mem::take(&mut self.sessions) {
            self.close(session.open);
        }
    }

    /// Takes in what a session said next.
    pub(super) fn take(&mut self, event: &Event<'_>, fingerprint: &[u8]) {
        if event.session.is_empty() {
            return;
        }
        if self.sessions.len() >= MOST_SESSIONS && !self.sessions.contains_key(event.session) {
            self.sessions.clear();
        }
        let turn = turn(fingerprint, event.text);
        let class = match turn {
            Turn::Statement => self.number(fingerprint),
            _ => None,
        };
        // Borrowed names are looked up without a copy; a session is new once.
        if !self.sessions.contains_key(event.session) {
            self.sessions.insert(event.session.to_vec(), Session::default());
        }
        let Some(session) = self.sessions.get_mut(event.session) else {
            return;
        };
        let mut ended = None;
        match turn {
            Turn::Begin => {
                ended = session.open.replace(Open::default());
                session.run = None;
            }
            Turn::End => ended = session.open.take(),
            Turn::Autocommit(on) => {
                session.no_autocommit = !on;
                ended = session.open.take().filter(|_| on);
            }
            Turn::Leave => {
                ended = session.open.take();
                self.sessions.remove(event.session);
            }
            Turn::Nothing => {}
            Turn::Statement => {
                // Of too many classes further ones are not told.
                let Some(class) = class else { return };
                if session.open.is_none() && session.no_autocommit {
                    session.open = Some(Open::default());
                }
                let membership = &mut self.memberships[class as usize];
                if let Some(open) = &mut session.open {
                    open.statements += 1;
                    open.time += event.time;
                    if open.classes.len() < MOST_IN_ONE || open.classes.contains_key(&class) {
                        let times = open.classes.entry(class).or_default();
                        *times += 1;
                        membership.repeated += u64::from(*times > 1);
                        membership.most = membership.most.max(*times);
                    }
                } else {
                    let run = match session.run {
                        Some((before, times)) if before == class => times + 1,
                        _ => 1,
                    };
                    session.run = Some((class, run));
                    membership.repeated += u64::from(run > 1);
                    membership.most = membership.most.max(run);
                }
            }
        }
        self.close(ended);
    }

    /// How a class stands in them.
    pub(super) fn membership(&self, fingerprint: &[u8]) -> Option<Membership> {
        let number = self.numbers.get(fingerprint)?;
        self.memberships.get(*number as usize).copied()
    }

    /// What was seen in other logs besides.
    pub(super) fn joined(mut self, other: &Self) -> Self {
        let numbers: Vec<Option<u32>> = other.fingerprints.iter().map(|own| self.number(own)).collect();
        for (number, more) in numbers.iter().zip(&other.memberships) {
            let Some(number) = number else { continue };
            let own = &mut self.memberships[*number as usize];
            own.transactions += more.transactions;
            own.statements += more.statements;
            own.repeated += more.repeated;
            own.most = own.most.max(more.most);
        }
        for (classes, more) in &other.kinds {
            let mut classes: Vec<u32> = classes
                .iter()
                .filter_map(|class| numbers[*class as usize])
                .collect();
            classes.sort_unstable();
            let own = self.kinds.entry(classes).or_default();
            own.count += more.count;
            own.statements += more.statements;
            own.most_statements = own.most_statements.max(more.most_statements);
            own.time += more.time;
            own.most_time = own.most_time.max(more.most_time);
        }
        self
    }

    /// The log has ended.
    pub(super) fn finish(&mut self) {
        self.begin();
    }

    /// The number of a class; none for those beyond the most that are held.
    fn number(&mut self, fingerprint: &[u8]) -> Option<u32> {
        if let Some(number) = self.numbers.get(fingerprint) {
            return Some(*number);
        }
        let number = u32::try_from(self.fingerprints.len()).ok()?;
        if self.fingerprints.len() >= MOST_CLASSES {
            return None;
        }
        self.numbers.insert(fingerprint.to_vec(), number);
        self.fingerprints.push(fingerprint.to_vec());
        self.memberships.push(Membership::default());
        Some(number)
    }

    fn close(&mut self, open: Option<Open>) {
        let Some(open) = open.filter(|open| open.statements > 0) else {
            return;
        };
        for (class, times) in &open.classes {
            let membership = &mut self.memberships[*class as usize];
            membership.transactions += 1;
            membership.statements += times;
        }
        let classes: Vec<u32> = open.classes.into_keys().collect();
        if self.kinds.len() >= MOST_KINDS && !self.kinds.contains_key(&classes) {
            return;
        }
        let kind = self.kinds.entry(classes).or_default();
        kind.count += 1;
        kind.statements += open.statements;
        kind.most_statements = kind.most_statements.max(open.statements);
        kind.time += open.time;
        kind.most_time = kind.most_time.max(open.time);
    }
}

fn turn(fingerprint: &[u8], text: &[u8]) -> Turn {
    let starts = |word: &[u8]| fingerprint.starts_with(word);
    let whole = |word: &[u8]| {
        starts(word)
            && fingerprint
                .get(word.len())
                .is_none_or(|next| !next.is_ascii_alphanumeric() && *next != b'_')
    };
    if whole(b"begin") || starts(b"start transaction") {
        return Turn::Begin;
    }
    // `ROLLBACK TO SAVEPOINT` ends nothing; `COMMIT AND CHAIN` begins the next.
    if (whole(b"rollback") || whole(b"commit")) && memchr::memmem::find(fingerprint, b" to ").is_none() {
        return if memchr::memmem::find(fingerprint, b"and chain").is_some() {
            Turn::Begin
        } else {
            Turn::End
        };
    }
    if fingerprint == b"end" {
        return Turn::End;
    }
    if starts(b"set autocommit") || starts(b"set session autocommit") || starts(b"set @@session.autocommit") {
        let value = text
            .rsplit(|byte| *byte == b'=')
            .next()
            .unwrap_or_default()
            .trim_ascii();
        let off = [&b"0"[..], b"off", b"false"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word));
        return Turn::Autocommit(!off);
    }
    if starts(b"administrator command: quit") {
        return Turn::Leave;
    }
    let about_itself = [
        &b"administrator command"[..],
        b"set ",
        b"show ",
        b"savepoint",
        b"rollback",
        b"release savepoint",
        b"use ",
    ];
    if about_itself.iter().any(|word| starts(word)) {
        return Turn::Nothing;
    }
    Turn::Statement
}

#[cfg(test)]
mod tests {
    use super::{Event, Membership, Transactions};

    fn read(said: &[(&str, &str)]) -> Transactions {
        let mut transactions = Transactions::default();
        for (session, text) in said {
            let event = Event {
                session: session.as_bytes(),
                text: text.as_bytes(),
                time: 0.5,
                ..Event::default()
            };
            // Near enough to a fingerprint.
            let fingerprint = text.to_lowercase().replace(|c: char| c.is_ascii_digit(), "?");
            transactions.take(&event, fingerprint.as_bytes());
        }
        transactions.finish();
        transactions
    }

    fn membership(transactions: &Transactions, class: &str) -> Membership {
        let found = transactions.membership(class.as_bytes());
        found.unwrap_or_else(|| panic!("no class {class}"))
    }

    #[test]
    fn sessions_are_told_apart_and_repeats_are_counted_in_their_transaction() {
        let transactions = read(&[
            ("1", "BEGIN"),
            ("2", "select 5"),
            ("1", "select 1"),
            ("1", "select 2"),
            ("2", "select 6"),
            ("1", "SAVEPOINT a"),
            ("1", "update 3"),
            ("1", "ROLLBACK TO SAVEPOINT a"),
            ("1", "select 4"),
            ("1", "COMMIT"),
            ("1", "select 7"),
            ("2", "insert 1"),
            ("2", "select 8"),
        ]);
        let selects = membership(&transactions, "select ?");
        assert_eq!(
            selects,
            Membership {
                transactions: 1,
                statements: 3,
                repeated: 2 + 1,
                most: 3
            }
        );
        let kinds: Vec<_> = transactions.kinds.values().collect();
        assert_eq!(kinds.len(), 1);
        assert_eq!(
            (kinds[0].count, kinds[0].statements, kinds[0].most_time),
            (1, 4, 2.0)
        );
    }

    #[test]
    fn without_autocommit_a_transaction_begins_by_itself_and_a_new_log_ends_all() {
        let mut transactions = read(&[
            ("1", "SET autocommit=0"),
            ("1", "update 1"),
            ("1", "commit"),
            ("1", "update 2"),
            ("1", "administrator command: Quit"),
            ("1", "update 3"),
            ("3", "start transaction with consistent snapshot"),
            ("3", "update 4"),
        ]);
        assert_eq!(membership(&transactions, "update ?").transactions, 3);
        transactions.begin();
        assert_eq!(transactions.kinds.values().map(|kind| kind.count).sum::<u64>(), 3);
    }
}
