//! The slow query log of the MySQL family: MySQL 5.1 to 9.x with `log_slow_extra`, Percona Server's further fields, MariaDB.
//!
//! An event is comment lines, then `use` and `SET timestamp` where there are any, then the statement up to `;` at the end of a
//! line that a comment follows. A server's banner may stand anywhere between.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use memchr::{memchr, memmem};

/// What separates events: the end of a statement, and the first comment of the next.
const SEPARATOR: &[u8] = b";\n#";

// Made once: an event is shorter than what making a searcher takes.
static SEPARATORS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(SEPARATOR));
static USES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\nuse "));
static ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b" Id:"));
static VERSION: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"d, Version"));
static HEADING: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b" Id Command"));

/// Whose SQL a statement is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    #[default]
    Mysql,
    Postgres,
}

/// One statement as it was logged.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Event<'a> {
    pub(super) dialect: Dialect,
    /// When it was logged, in microseconds since 1970 (UTC).
    pub(super) at: Option<i64>,
    pub(super) user: &'a [u8],
    pub(super) host: &'a [u8],
    /// What tells the sessions of one log apart, where it does.
    pub(super) session: &'a [u8],
    pub(super) database: &'a [u8],
    /// What its `use` says, if it has one.
    pub(super) uses: Option<&'a [u8]>,
    /// Seconds.
    pub(super) time: f64,
    /// Seconds.
    pub(super) lock_time: f64,
    pub(super) rows_sent: u64,
    pub(super) rows_examined: u64,
    pub(super) rows_affected: u64,
    pub(super) bytes_sent: u64,
    /// Error number; 0 where it went well or nothing is told.
    pub(super) error: u32,
    /// The statement.
    pub(super) text: &'a [u8],
}

/// What follows the comment's sign where an event is a command of the protocol: it belongs to the lines before, though one of
/// them may be `SET timestamp=…;`.
const ADMINISTRATOR: &[u8] = b" administrator command:";

/// The length of that part of a block that holds whole events: up to the last separator. `None` where there is none.
pub(super) fn whole_events(block: &[u8]) -> Option<usize> {
    let mut end = block.len();
    while let Some(at) = memmem::rfind(&block[..end], SEPARATOR) {
        let after = &block[at + SEPARATOR.len()..];
        // Too few bytes may not tell yet.
        let length = after.len().min(ADMINISTRATOR.len());
        if after[..length] != ADMINISTRATOR[..length] {
            return Some(at + 2);
        }
        end = at;
    }
    None
}

/// Where the first event of several ends.
fn separator(events: &[u8]) -> Option<usize> {
    SEPARATORS
        .find_iter(events)
        .find(|at| !events[at + SEPARATOR.len()..].starts_with(ADMINISTRATOR))
}

/// The database that is in use after a part of a log, from that before it. A server writes `use` only where it is another one
/// than that of the event before, and begins anew after its banner.
pub(super) fn database_after(part: &[u8], before: Vec<u8>) -> Vec<u8> {
    // Forward, which is many times as fast as backward.
    let uses: Vec<usize> = USES.find_iter(part).collect();
    for at in uses.into_iter().rev() {
        // Within a statement a line may begin so, too.
        let above = memchr::memrchr(b'\n', &part[..at]).map_or(0, |line| line + 1);
        if part[above] == b'#' {
            let name = &part[at + 5..];
            let name = &name[..memchr(b'\n', name).unwrap_or(name.len())];
            let name = database(name).to_vec();
            return if has_banner(&part[at..]) {
                last_used(&part[at..], name)
            } else {
                name
            };
        }
    }
    if has_banner(part) {
        last_used(part, before)
    } else {
        before
    }
}

/// The same, where a banner may stand in it: event by event.
fn last_used(part: &[u8], before: Vec<u8>) -> Vec<u8> {
    let mut used = before;
    each(part, &mut used, |_| {});
    used
}

/// Gives every event of a part of a log that begins and ends between events. `used` is the database in use before it, and is
/// that after it then; an event that names none is told with it.
pub(super) fn each(part: &[u8], used: &mut Vec<u8>, mut take: impl FnMut(&Event<'_>)) {
    let mut rest = part;
    while !rest.is_empty() {
        let (event, after) = match separator(rest) {
            Some(at) => (&rest[..at], &rest[at + 2..]),
            None => (rest, &rest[rest.len()..]),
        };
        rest = after;
        let event = event
            .strip_suffix(b";\n")
            .or(event.strip_suffix(b";"))
            .unwrap_or(event);
        if has_banner(event) {
            for (number, event) in without_banner(event).iter().enumerate() {
                if number > 0 {
                    used.clear();
                }
                give(event, used, &mut take);
            }
        } else {
            give(event, used, &mut take);
        }
    }
}

fn give(event: &[u8], used: &mut Vec<u8>, take: &mut impl FnMut(&Event<'_>)) {
    let Some(mut event) = parse(event) else { return };
    if let Some(uses) = event.uses.filter(|uses| *uses != used.as_slice()) {
        used.clear();
        used.extend_from_slice(uses);
    }
    if event.database.is_empty() {
        event.database = used;
    }
    take(&event);
}

/// Whether a server's banner stands in it: what it says on every start, and whenever the file is begun anew.
fn has_banner(event: &[u8]) -> bool {
    VERSION.find(event).is_some() || HEADING.find(event).is_some()
}

fn is_banner(line: &[u8]) -> bool {
    let starts = |word: &[u8]| line.starts_with(word);
    let version = |name: &[u8]| memmem::find(line, name).is_some();
    let begins = |line: &[u8]| {
        memmem::find(line, b"started with:").is_some() || memmem::find(line, b"embedded library").is_some()
    };
    line.get(..10)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"tcp port: "))
        || starts(b"Time ") && memmem::find(line, b" Id Command").is_some()
        || matches!(line.first(), Some(b'/' | b'A'..=b'Z'))
            && (version(b"mysqld, Version") || version(b"mariadbd, Version"))
            && begins(line)
}

/// The events of what a banner stands in: it ends the one before.
fn without_banner(event: &[u8]) -> Vec<Vec<u8>> {
    let mut text = Vec::with_capacity(event.len());
    for line in event.split_inclusive(|byte| *byte == b'\n') {
        if !is_banner(line.trim_ascii_end()) {
            text.extend_from_slice(line);
        }
    }
    let mut events = Vec::new();
    let mut rest = text.as_slice();
    while let Some(at) = separator(rest) {
        events.push(rest[..at].to_vec());
        rest = &rest[at + 2..];
    }
    let rest = rest
        .strip_suffix(b";\n")
        .or(rest.strip_suffix(b";"))
        .unwrap_or(rest);
    events.push(rest.to_vec());
    events
}

/// One event; none where it has no statement.
fn parse(bytes: &[u8]) -> Option<Event<'_>> {
    let mut event = Event::default();
    let mut rest = bytes;
    let (mut logged, mut set) = (None, None);
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        match line.first() {
            Some(b'#') => {
                if let Some(command) = administrator(line) {
                    event.text = command;
                } else {
                    comment(line, &mut event, &mut logged);
                }
            }
            Some(b'u') if line.starts_with(b"use ") => {
                event.uses = event.uses.or(Some(database(&line[4..])));
            }
            Some(b'S') if is_setting(line) => set = set.or_else(|| timestamp(line)),
            _ if line.is_empty() && event.text.is_empty() => {}
            _ => {
                event.text = rest;
                break;
            }
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    event.at = set.map(|seconds| seconds * 1_000_000).or_else(|| clock(logged?));
    (!event.text.is_empty()).then_some(event)
}

/// `administrator command: …`, as the statement of an event that is a command of the protocol.
fn administrator(line: &[u8]) -> Option<&[u8]> {
    let command = line[1..].trim_ascii_start();
    command.starts_with(b"administrator command:").then_some(command)
}

fn is_setting(line: &[u8]) -> bool {
    line.strip_prefix(b"SET ").is_some_and(|setting| {
        [&b"timestamp"[..], b"insert_id", b"last_insert_id"]
            .iter()
            .any(|name| setting.starts_with(name))
    })
}

/// The `timestamp` of `SET insert_id=1,timestamp=…`, in seconds.
fn timestamp(line: &[u8]) -> Option<i64> {
    let at = match line.strip_prefix(b"SET timestamp=") {
        Some(_) => 14,
        None => memmem::find(line, b"timestamp=")? + 10,
    };
    let digits: Vec<u8> = line[at..]
        .iter()
        .copied()
        .take_while(u8::is_ascii_digit)
        .collect();
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

/// Takes in a line of comments: the time, the user and host, or fields.
fn comment<'a>(line: &'a [u8], event: &mut Event<'a>, logged: &mut Option<&'a [u8]>) {
    let line = line[1..].trim_ascii_start();
    if let Some(time) = line.strip_prefix(b"Time: ") {
        *logged = logged.or(Some(time));
        // Some servers write both into one line.
        if let Some(at) = memchr(b'@', line)
            .and_then(|at| at.checked_sub(4))
            .filter(|at| line[*at..].starts_with(b"User@Host: "))
        {
            who(&line[at + 11..], event);
        }
        return;
    }
    if let Some(user) = line.strip_prefix(b"User@Host: ") {
        who(user, event);
        return;
    }
    fields(line, event);
}

/// `root[root] @ localhost [127.0.0.1]  Id: 8`.
fn who<'a>(line: &'a [u8], event: &mut Event<'a>) {
    if !event.user.is_empty() {
        return;
    }
    let end = match line.first() {
        // An account without a name: `[root] @ …`.
        Some(b'[') => memchr(b']', line).map_or(line.len(), |at| at + 1),
        _ => memchr(b'[', line).unwrap_or(line.len()),
    };
    event.user = line[..end].trim_ascii();
    let after_name = |at: &usize| line.get(at + 1) == Some(&b' ');
    let Some(at) = memchr::memchr_iter(b'@', line).find(after_name) else {
        return;
    };
    let host = &line[at + 2..];
    let name = host.split(|byte| *byte == b' ').next().unwrap_or_default();
    let address = memchr(b'[', host).map(|at| &host[at + 1..]);
    let address = address.map(|address| address.split(|byte| *byte == b']').next().unwrap_or_default());
    if let Some(id) = ID.find(host) {
        event.session = host[id + 4..].trim_ascii();
    }
    event.host = if name.is_empty() || name.starts_with(b"[") {
        address.unwrap_or_default()
    } else {
        name
    };
}

/// `Query_time: 0.1  Lock_time: 0.0 Rows_sent: 1`: names end with a colon, a value may be missing.
fn fields<'a>(line: &'a [u8], event: &mut Event<'a>) {
    let mut name: &[u8] = b"";
    for word in line
        .split(|byte| matches!(byte, b' ' | b'\t'))
        .filter(|word| !word.is_empty())
    {
        if let Some(next) = word.strip_suffix(b":") {
            name = next;
            continue;
        }
        field(name, word, event);
        name = b"";
    }
}

fn field<'a>(name: &[u8], value: &'a [u8], event: &mut Event<'a>) {
    match name {
        b"Query_time" => event.time = seconds(value),
        b"Lock_time" => event.lock_time = seconds(value),
        b"Rows_sent" => event.rows_sent = number(value),
        b"Rows_examined" => event.rows_examined = number(value),
        b"Rows_affected" => event.rows_affected = number(value),
        b"Bytes_sent" => event.bytes_sent = number(value),
        b"Last_errno" | b"Errno" => event.error = u32::try_from(number(value)).unwrap_or(0),
        b"Schema" => event.database = value,
        b"Thread_id" => event.session = value,
        _ => {}
    }
}

fn number(text: &[u8]) -> u64 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: u64, digit| {
        number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    })
}

fn seconds(text: &[u8]) -> f64 {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)
        .unwrap_or(0.0)
}

/// The database that a `use` names.
fn database(text: &[u8]) -> &[u8] {
    let name = text
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    name.strip_prefix(b"`")
        .and_then(|name| name.strip_suffix(b"`"))
        .unwrap_or(name)
}

/// `2026-11-26T09:00:00.123456Z` or with an offset (MySQL since 5.7), `261126  9:00:00` (before, and MariaDB), which is taken as UTC.
fn clock(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    if text.as_bytes().get(4) == Some(&b'-') {
        let word = text.split(' ').next()?;
        let instant: jiff::Timestamp = word.parse().ok()?;
        return Some(instant.as_microsecond());
    }
    let date = text.get(..6)?;
    let time = text.get(6..15)?.trim();
    let mut parts = time.split(':').map(|part| part.trim().parse::<i8>());
    let (hour, minute, second) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let part = |from: usize| date.get(from..from + 2)?.parse::<i16>().ok();
    let month = i8::try_from(part(2)?).ok()?;
    let day = i8::try_from(part(4)?).ok()?;
    let moment = jiff::civil::DateTime::new(2000 + part(0)?, month, day, hour, minute, second, 0).ok()?;
    Some(
        moment
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_microsecond(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Event, database_after, each, whole_events};

    const LOG: &[u8] = b"/usr/sbin/mysqld, Version: 9.7.4 (Source). started with:\n\
        Tcp port: 3306  Unix socket: /tmp/mysql.sock\n\
        Time                 Id Command    Argument\n\
        # Time: 2026-11-26T09:00:00.500000Z\n\
        # User@Host: app[app] @ web1 [10.0.0.7]  Id:     8\n\
        # Query_time: 1.500000  Lock_time: 0.000010 Rows_sent: 3  Rows_examined: 900\n\
        use shop;\n\
        SET timestamp=1795683600;\n\
        SELECT *\n# a comment of the statement's own\nFROM stock WHERE note = 'a;b';\n\
        # Time: 261126  9:00:02\n\
        # User@Host: [root] @  [127.0.0.1]\n\
        # Thread_id: 9  Schema: db two  Last_errno: 1213  Killed: 0\n\
        # Query_time: 0.25  Lock_time: 0 Rows_sent: 0 Rows_examined: 0 Rows_affected: 7\n\
        # Bytes_sent: 52\n\
        SET timestamp=1795683602;\n\
        UPDATE t SET a = '\xff\xfe';\n\
        /usr/sbin/mysqld, Version: 9.7.4 (Source). started with:\n\
        Tcp port: 3306  Unix socket: /tmp/mysql.sock\n\
        Time                 Id Command    Argument\n\
        # Time: 2026-11-26T10:00:00.000000+01:00\n\
        # User@Host: app[app] @ web1 []  Id:     8\n\
        # Query_time: 0.000020  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0\n\
        SET timestamp=1795683600;\n\
        # administrator command: Quit;\n\
        # User@Host: app[app] @ web2 []\n\
        # Query_time: 3  Lock_time: 0  Rows_sent: 1  Rows_examined: 1\n\
        SELECT 1 FROM broken_o";

    /// Statement, account, database, seconds, rows and bytes, error, second.
    type Told = (String, String, String, f64, u64, u32, Option<i64>);

    fn told(event: &Event<'_>) -> Told {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            text(event.text),
            format!("{}@{}", text(event.user), text(event.host)),
            text(event.database),
            event.time,
            event.rows_examined + event.rows_affected + event.bytes_sent,
            event.error,
            event.at.map(|at| at / 1_000_000),
        )
    }

    fn all(log: &[u8]) -> Vec<Told> {
        let mut events = Vec::new();
        each(log, &mut Vec::new(), |event| events.push(told(event)));
        events
    }

    #[test]
    fn events_of_several_servers_in_one_file() {
        let events = all(LOG);
        assert_eq!(events.len(), 4, "{events:#?}");
        assert_eq!(
            events[0],
            (
                "SELECT *\n# a comment of the statement's own\nFROM stock WHERE note = 'a;b'".into(),
                "app@web1".into(),
                "shop".into(),
                1.5,
                900,
                0,
                Some(1_795_683_600)
            )
        );
        assert_eq!(
            (
                &*events[1].1,
                &*events[1].2,
                events[1].3,
                events[1].4,
                events[1].5
            ),
            ("[root]@127.0.0.1", "db", 0.25, 59, 1213)
        );
        assert_eq!((&*events[2].2, &*events[3].2), ("", ""), "a banner begins anew");
        assert_eq!(
            (&*events[2].0, events[2].6),
            ("administrator command: Quit", Some(1_795_683_600))
        );
        assert_eq!((&*events[3].0, events[3].3), ("SELECT 1 FROM broken_o", 3.0));
    }

    proptest! {
        #[test]
        fn where_a_log_is_cut_into_blocks_changes_nothing(cuts in prop::collection::vec(0..LOG.len(), 0..4)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut events = Vec::new();
            let (mut carried, mut from, mut used) = (Vec::new(), 0, Vec::new());
            for cut in cuts.into_iter().chain([LOG.len()]) {
                carried.extend_from_slice(&LOG[from..cut]);
                from = cut;
                if let Some(length) = whole_events(&carried) {
                    each(&carried[..length], &mut used.clone(), |event| events.push(told(event)));
                    used = database_after(&carried[..length], used);
                    carried.drain(..length);
                }
            }
            each(&carried, &mut used, |event| events.push(told(event)));
            prop_assert_eq!(events, all(LOG));
        }
    }
}
