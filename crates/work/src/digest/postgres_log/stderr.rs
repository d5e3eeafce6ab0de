//! Lines of standard error: a prefix of the operator's choice, the level, two spaces, the message; further lines of it begin with a tab.

use memchr::{memchr, memmem};

use super::{Record, moment};

/// What may stand before a message.
const LEVELS: [&[u8]; 17] = [
    b"LOG",
    b"ERROR",
    b"FATAL",
    b"PANIC",
    b"STATEMENT",
    b"DETAIL",
    b"HINT",
    b"CONTEXT",
    b"WARNING",
    b"NOTICE",
    b"INFO",
    b"QUERY",
    b"LOCATION",
    b"DEBUG1",
    b"DEBUG2",
    b"DEBUG3",
    b"DEBUG",
];

/// Whether a log begins as this one does: some line has a level.
pub(super) fn begins(start: &[u8]) -> bool {
    let mysql = |line: &[u8]| line.starts_with(b"# Time:") || line.starts_with(b"# User@Host:");
    let mut lines = start.split(|byte| *byte == b'\n').take(200);
    let first = lines.find(|line| mysql(line) || level(line).is_some());
    first.is_some_and(|line| !mysql(line))
}

/// Where the prefix of a line ends, its level, and where its message begins.
fn level(line: &[u8]) -> Option<(usize, &'static [u8], usize)> {
    let mut from = 0;
    while let Some(found) = memmem::find(&line[from..], b":  ") {
        let colon = from + found;
        let level = LEVELS.iter().find(|level| {
            let before = line[..colon].strip_suffix(**level);
            before.is_some_and(|before| before.last().is_none_or(|byte| !byte.is_ascii_alphanumeric()))
        });
        if let Some(level) = level {
            return Some((colon - level.len(), level, colon + 3));
        }
        from = colon + 3;
    }
    None
}

/// Takes in a line; the record that it ends, if it begins another.
pub(super) fn line(line: &[u8], open: &mut Option<Record>) -> Option<Record> {
    let further = line.strip_prefix(b"\t");
    if let Some((record, further)) = open.as_mut().zip(further) {
        record.message.push(b'\n');
        record.message.extend_from_slice(further);
        return None;
    }
    let Some((prefix, level, message)) = level(line) else {
        // A line that was written into the log by something else, or one of a statement without its tab.
        if let Some(record) = open.as_mut() {
            record.message.push(b'\n');
            record.message.extend_from_slice(line);
        }
        return None;
    };
    let mut record = of_prefix(&line[..prefix]);
    record.level = level.to_vec();
    record.message = line[message..].to_vec();
    open.replace(record)
}

/// What a prefix tells, without its form being known.
fn of_prefix(prefix: &[u8]) -> Record {
    let mut record = Record {
        at: clock(prefix),
        ..Record::default()
    };
    // `[123]`, and not the line's number `[3-1]`.
    record.session = bracketed(prefix).unwrap_or_default().to_vec();
    let named = |name: &[u8]| {
        let value = &prefix[memmem::find(prefix, name)? + name.len()..];
        let end = value
            .iter()
            .position(|byte| matches!(byte, b',' | b' ' | b')' | b'(' | b']'));
        Some(value[..end.unwrap_or(value.len())].to_vec())
    };
    record.user = named(b"user=").unwrap_or_default();
    record.database = named(b"db=").unwrap_or_default();
    record.host = named(b"client=").or_else(|| named(b"host=")).unwrap_or_default();
    if let Some(at) = memchr(b'@', prefix).filter(|_| record.user.is_empty()) {
        let ends = |byte: &u8| matches!(byte, b':' | b' ' | b'[' | b',' | b'|');
        let from = prefix[..at].iter().rposition(ends).map_or(0, |end| end + 1);
        let database = &prefix[at + 1..];
        let to = database.iter().position(ends).unwrap_or(database.len());
        record.user = prefix[from..at].to_vec();
        record.database = database[..to].to_vec();
    }
    if record.host.is_empty() {
        record.host = remote(prefix).unwrap_or_default().to_vec();
    }
    for field in [&mut record.user, &mut record.database, &mut record.host] {
        if *field == b"[unknown]" || *field == b"[local]" {
            field.clear();
        }
    }
    record
}

/// The number in square brackets.
fn bracketed(prefix: &[u8]) -> Option<&[u8]> {
    let mut rest = prefix;
    while let Some(open) = memchr(b'[', rest) {
        rest = &rest[open + 1..];
        let close = memchr(b']', rest)?;
        let inside = &rest[..close];
        if !inside.is_empty() && inside.iter().all(u8::is_ascii_digit) {
            return Some(inside);
        }
    }
    None
}

/// Of `10.0.0.5(51234)`, the host.
fn remote(prefix: &[u8]) -> Option<&[u8]> {
    let open = memchr(b'(', prefix)?;
    let close = memchr(b')', &prefix[open..])?;
    if close < 2 || !prefix[open + 1..open + close].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let address = |byte: &u8| {
        byte.is_ascii_hexdigit()
            || matches!(byte, b'.' | b':')
            || byte.is_ascii_alphanumeric()
            || *byte == b'-'
    };
    let from = prefix[..open]
        .iter()
        .rposition(|byte| !address(byte))
        .map_or(0, |end| end + 1);
    // `UTC:10.0.0.5`: an abbreviation is no part of an address.
    let host = &prefix[from..open];
    let zone = host.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    Some(
        host[zone..]
            .strip_prefix(b":")
            .filter(|_| zone > 0)
            .unwrap_or(host),
    )
}

/// A moment in words, or in seconds since 1970.
fn clock(prefix: &[u8]) -> Option<i64> {
    for (at, window) in prefix.windows(19).enumerate() {
        if window[4] == b'-' && window[7] == b'-' && window[10] == b' ' && window[13] == b':' {
            let rest = &prefix[at..];
            // The zone ends where anything but letters, digits and signs begins.
            let zone = rest[19..]
                .iter()
                .position(|byte| !matches!(byte, b'.' | b'0'..=b'9' | b' ' | b'+' | b'-' | b'A'..=b'Z'));
            return moment(rest[..zone.map_or(rest.len(), |zone| 19 + zone)].trim_ascii())
                .or_else(|| moment(&rest[..19]));
        }
    }
    let number = prefix.split(|byte| !matches!(byte, b'0'..=b'9' | b'.'));
    let epoch = number
        .filter(|number| number.len() >= 10 && number.contains(&b'.'))
        .find_map(|number| {
            let seconds: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
            (seconds > 1e9).then_some(seconds)
        })?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "seconds of this age are far below 2^53 microseconds"
    )]
    let microseconds = (epoch * 1e6).round() as i64;
    Some(microseconds)
}
