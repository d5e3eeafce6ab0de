//! PostgreSQL's logs: standard error with whichever `log_line_prefix`, `csvlog`, and `jsonlog` (15 and later).
//!
//! What a session says in several lines belongs together: a statement that is logged before it runs (`log_statement`) and its duration
//! after, an error and its statement. Durations of parsing and binding are left out, so that a statement counts once, by its execution;
//! so are plans of `auto_explain`, which repeat a statement.

mod csv;
mod json;
mod stderr;

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::slow_log::{Dialect, Event};

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stderr,
    Csv,
    Json,
}

/// What a log says at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Record {
    /// Microseconds since 1970.
    at: Option<i64>,
    user: Vec<u8>,
    database: Vec<u8>,
    host: Vec<u8>,
    /// What tells sessions apart: the process, or the session's id.
    session: Vec<u8>,
    /// `LOG`, `ERROR`, `STATEMENT` and so on.
    level: Vec<u8>,
    message: Vec<u8>,
    /// The statement that an error is about, where the same record tells it.
    statement: Vec<u8>,
}

/// Sessions whose statement waits for its duration, at most.
const MOST_WAITING: usize = 100_000;

/// A log that is read piece by piece.
#[derive(Debug)]
pub(super) struct PostgresLog {
    kind: Kind,
    /// Bytes that are no whole line yet.
    carried: Vec<u8>,
    /// A record whose further lines may follow.
    open: Option<Record>,
    sessions: Sessions,
}

impl PostgresLog {
    /// For a log that begins so; none where it is none of PostgreSQL's.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        let kind = if json::begins(start) {
            Kind::Json
        } else if csv::begins(start) {
            Kind::Csv
        } else if stderr::begins(start) {
            Kind::Stderr
        } else {
            return None;
        };
        Some(Self {
            kind,
            carried: Vec::new(),
            open: None,
            sessions: Sessions::default(),
        })
    }

    /// Takes in what follows, and gives every statement that is complete.
    pub(super) fn push(&mut self, bytes: &[u8], mut take: impl FnMut(&Event<'_>)) {
        self.carried.extend_from_slice(bytes);
        let carried = std::mem::take(&mut self.carried);
        let mut rest = carried.as_slice();
        let Self {
            kind, open, sessions, ..
        } = self;
        loop {
            let length = match kind {
                Kind::Csv => csv::record(rest),
                Kind::Json | Kind::Stderr => memchr::memchr(b'\n', rest).map(|end| end + 1),
            };
            let Some(length) = length else { break };
            let line = &rest[..length - 1];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            rest = &rest[length..];
            match kind {
                Kind::Csv => csv::parse(line)
                    .into_iter()
                    .for_each(|record| sessions.take(record, &mut take)),
                Kind::Json => json::parse(line)
                    .into_iter()
                    .for_each(|record| sessions.take(record, &mut take)),
                Kind::Stderr => {
                    if let Some(record) = stderr::line(line, open) {
                        sessions.take(record, &mut take);
                    }
                }
            }
        }
        self.carried = rest.to_vec();
    }

    /// Gives what only the end completes.
    pub(super) fn finish(&mut self, mut take: impl FnMut(&Event<'_>)) {
        if !self.carried.is_empty() {
            self.push(b"\n", &mut take);
        }
        if let Some(record) = self.open.take() {
            self.sessions.take(record, &mut take);
        }
        self.sessions.finish(take);
    }
}

/// A statement that waits for its duration, or for the error that it met.
type Waiting = HashMap<Vec<u8>, Record>;

#[derive(Debug, Default)]
struct Sessions {
    /// Statements that were logged before they ran; `message` is the statement.
    statements: Waiting,
    /// Errors whose statement is told next.
    errors: Waiting,
}

impl Sessions {
    fn take(&mut self, record: Record, take: &mut impl FnMut(&Event<'_>)) {
        match record.level.as_slice() {
            b"LOG" => self.log(record, take),
            b"ERROR" | b"FATAL" | b"PANIC" => {
                if record.statement.is_empty() {
                    bounded(&mut self.errors, record);
                } else {
                    self.error(&record, &record.statement, take);
                }
            }
            b"STATEMENT" => {
                if let Some(error) = self.errors.remove(&record.session) {
                    self.error(&error, &record.message, take);
                }
            }
            _ => {}
        }
    }

    fn error(&mut self, record: &Record, statement: &[u8], take: &mut impl FnMut(&Event<'_>)) {
        // It will not be told how long it took.
        self.statements.remove(&record.session);
        give(record, statement, 0.0, true, take);
    }

    fn log(&mut self, mut record: Record, take: &mut impl FnMut(&Event<'_>)) {
        if let Some(rest) = record.message.strip_prefix(b"duration: ") {
            let Some((seconds, rest)) = duration(rest) else {
                return;
            };
            let rest = rest.trim_ascii_start();
            if rest.is_empty() {
                if let Some(waiting) = self.statements.remove(&record.session) {
                    give(&waiting, &waiting.message, seconds, false, take);
                }
            } else if let Some(statement) = statement(rest) {
                self.statements.remove(&record.session);
                give(&record, statement, seconds, false, take);
            }
        } else if let Some(statement) = statement(&record.message) {
            record.message = statement.to_vec();
            if let Some(before) = bounded(&mut self.statements, record) {
                // Of that one no duration was logged.
                give(&before, &before.message, 0.0, false, take);
            }
        }
    }

    fn finish(&mut self, mut take: impl FnMut(&Event<'_>)) {
        let mut left: Vec<Record> = self.statements.drain().map(|(_, record)| record).collect();
        left.sort_by(|one, other| (one.at, &one.session).cmp(&(other.at, &other.session)));
        for record in left {
            give(&record, &record.message, 0.0, false, &mut take);
        }
        self.errors.clear();
    }
}

/// Adds one; the one of the same session before. Of too many sessions none is remembered.
fn bounded(waiting: &mut Waiting, record: Record) -> Option<Record> {
    if waiting.len() >= MOST_WAITING {
        waiting.clear();
    }
    waiting.insert(record.session.clone(), record)
}

fn give(record: &Record, statement: &[u8], seconds: f64, failed: bool, take: &mut impl FnMut(&Event<'_>)) {
    let statement = statement.trim_ascii();
    if statement.is_empty() {
        return;
    }
    take(&Event {
        dialect: Dialect::Postgres,
        at: record.at,
        user: &record.user,
        host: &record.host,
        session: &record.session,
        database: &record.database,
        time: seconds,
        error: u32::from(failed),
        text: statement,
        ..Event::default()
    });
}

/// Of `12.345 ms  statement: …`, the seconds and the rest.
fn duration(text: &[u8]) -> Option<(f64, &[u8])> {
    let end = memchr::memmem::find(text, b" ms")?;
    let milliseconds: f64 = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((milliseconds / 1000.0, &text[end + 3..]))
}

/// The statement of `statement: …` and of `execute NAME: …`; none of what is parsed, bound or explained.
fn statement(text: &[u8]) -> Option<&[u8]> {
    if let Some(statement) = text.strip_prefix(b"statement: ") {
        return Some(statement);
    }
    let rest = text.strip_prefix(b"execute ")?;
    // A name may be anything; that of a statement of SQL's own PREPARE cannot have a colon and a space.
    let end = memchr::memmem::find(rest, b": ")?;
    Some(&rest[end + 2..])
}

/// A moment as `log_timezone` writes it: `2026-11-26 10:00:00.123 UTC`. Of a zone by its abbreviation, other than UTC and GMT, the clock
/// is taken for that of UTC: abbreviations are not of one meaning.
fn moment(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let clock = text.get(..19)?;
    let rest = &text[19..];
    let digits = rest
        .strip_prefix('.')
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let fraction = if digits > 0 { &rest[..=digits] } else { "" };
    let zone = rest[fraction.len()..].trim();
    let at: DateTime = format!("{clock}{fraction}").parse().ok()?;
    let offset = zone.strip_prefix(['+', '-']).and_then(|hours| {
        let hours: i64 = hours.get(..2)?.parse().ok()?;
        Some(if zone.starts_with('-') { -hours } else { hours })
    });
    let at: Timestamp = TimeZone::UTC.to_timestamp(at).ok()?;
    Some(at.as_microsecond() - offset.unwrap_or(0) * 3_600_000_000)
}

#[cfg(test)]
mod tests {
    use super::PostgresLog;

    /// (statement, milliseconds, failed, user, database, host)
    type Told = (String, f64, bool, String, String, String);

    fn read(log: &str, piece: usize) -> Vec<Told> {
        let mut told = Vec::new();
        let mut reader = PostgresLog::of(log.as_bytes()).expect("a log of PostgreSQL");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let mut take = |event: &super::Event<'_>| {
            assert!(event.at.is_some());
            told.push((
                text(event.text),
                (event.time * 1e6).round() / 1e3,
                event.error != 0,
                text(event.user),
                text(event.database),
                text(event.host),
            ));
        };
        for piece in log.as_bytes().chunks(piece) {
            reader.push(piece, &mut take);
        }
        reader.finish(take);
        told
    }

    fn one(statement: &str, milliseconds: f64, failed: bool, who: (&str, &str, &str)) -> Told {
        let (user, database, host) = (who.0.to_owned(), who.1.to_owned(), who.2.to_owned());
        (statement.to_owned(), milliseconds, failed, user, database, host)
    }

    #[test]
    fn lines_of_a_session_belong_together_wherever_the_log_is_cut() {
        let head = |pid: u32| format!("2026-11-26 10:00:00.123 UTC [{pid}] ");
        let log = [
            format!("{}LOG:  starting PostgreSQL 17.5\n", head(1)),
            format!(
                "{}LOG:  duration: 1.500 ms  statement: SELECT 1,\n\t  'a:  b'\n",
                head(7)
            ),
            format!("{}LOG:  statement: UPDATE t SET a = 1\n", head(7)),
            format!("{}LOG:  execute <unnamed>: SELECT $1\n", head(8)),
            format!("{}DETAIL:  parameters: $1 = '5'\n", head(8)),
            format!("{}LOG:  duration: 2.000 ms\n", head(7)),
            format!("{}LOG:  duration: 0.250 ms\n", head(8)),
            format!(
                "{}LOG:  duration: 9.000 ms  parse <unnamed>: SELECT $1\n",
                head(8)
            ),
            format!("{}LOG:  duration: 9.000 ms  bind <unnamed>: SELECT $1\n", head(8)),
            format!("{}LOG:  duration: 3.000 ms  execute s1/c1: SELECT $1\n", head(8)),
            format!(
                "{}LOG:  duration: 3.000 ms  plan:\n\tQuery Text: SELECT 2\n\tResult  (cost=0)\n",
                head(8)
            ),
            format!(
                "{}ERROR:  relation \"no\" does not exist at character 15\n",
                head(7)
            ),
            format!("{}HINT:  there is none\n", head(7)),
            format!("{}STATEMENT:  SELECT * FROM no\n", head(7)),
            format!("{}LOG:  statement: COMMIT", head(9)),
        ]
        .concat();
        let nobody = ("", "", "");
        let expected = vec![
            one("SELECT 1,\n  'a:  b'", 1.5, false, nobody),
            one("UPDATE t SET a = 1", 2.0, false, nobody),
            one("SELECT $1", 0.25, false, nobody),
            one("SELECT $1", 3.0, false, nobody),
            one("SELECT * FROM no", 0.0, true, nobody),
            one("COMMIT", 0.0, false, nobody),
        ];
        for piece in [1, 7, 64, 100_000] {
            assert_eq!(read(&log, piece), expected, "{piece}");
        }
    }

    #[test]
    fn usual_prefixes_are_recognised() {
        for (head, who) in [
            (
                "2026-11-26 10:00:00 UTC:10.0.0.5(51234):app@shop:[77]:",
                ("app", "shop", "10.0.0.5"),
            ),
            (
                "2026-11-26 10:00:00 UTC [77]: [3-1] user=app,db=shop,app=psql,client=10.0.0.5 ",
                ("app", "shop", "10.0.0.5"),
            ),
            ("2026-11-26 10:00:00.5 +01 [77] app@shop ", ("app", "shop", "")),
            ("1795687200.123 [77] ", ("", "", "")),
            (
                "[77] 2026-11-26 10:00:00 GMT app@shop 10.0.0.5(1) ",
                ("app", "shop", "10.0.0.5"),
            ),
        ] {
            let log = format!("{head}LOG:  duration: 1.000 ms  statement: SELECT 'user=x,db=y'\n");
            assert_eq!(
                read(&log, 1000),
                [one("SELECT 'user=x,db=y'", 1.0, false, who)],
                "{head}"
            );
        }
    }

    #[test]
    fn the_three_formats_tell_the_same() {
        let csv = "2026-11-26 10:00:00.123 UTC,\"app\",\"shop\",77,\"10.0.0.5:4\",6745.4d,1,\"SELECT\",2026-11-26 09:00:00 UTC,3/4,0,LOG,00000,\"duration: 1.000 ms  statement: SELECT \"\"a\"\",\n 'b,c'\",,,,,,,,,\"psql\",\"client backend\",,0\n\
                   2026-11-26 10:00:00.123 UTC,\"app\",\"shop\",77,\"10.0.0.5:4\",6745.4d,2,\"SELECT\",2026-11-26 09:00:00 UTC,3/4,0,ERROR,42P01,\"relation \"\"no\"\" does not exist\",,,,,,\"SELECT * FROM no\",15,,\"psql\",\"client backend\",,0\n";
        let json = r#"{"timestamp":"2026-11-26 10:00:00.123 UTC","user":"app","dbname":"shop","pid":77,"remote_host":"10.0.0.5","remote_port":4,"session_id":"6745.4d","error_severity":"LOG","message":"duration: 1.000 ms  statement: SELECT \"a\",\n 'b,c'"}
{"timestamp":"2026-11-26 10:00:00.123 UTC","user":"app","dbname":"shop","pid":77,"remote_host":"10.0.0.5","session_id":"6745.4d","error_severity":"ERROR","state_code":"42P01","message":"relation \"no\" does not exist","statement":"SELECT * FROM no"}
"#;
        let who = ("app", "shop", "10.0.0.5");
        let expected = vec![
            one("SELECT \"a\",\n 'b,c'", 1.0, false, who),
            one("SELECT * FROM no", 0.0, true, who),
        ];
        for log in [csv, json] {
            for piece in [1, 50, 100_000] {
                assert_eq!(read(log, piece), expected, "{log} {piece}");
            }
        }
    }

    #[test]
    fn other_logs_are_none_of_postgresql() {
        for log in [
            "# Time: 2026-11-26T09:00:00Z\n# User@Host: u[u] @ h []\n",
            "/usr/sbin/mysqld, Version: 9.7.0 started with:\n",
            "",
            "{\"a\": 1}\n",
        ] {
            assert!(PostgresLog::of(log.as_bytes()).is_none(), "{log}");
        }
    }
}
