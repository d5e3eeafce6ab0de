//! `csvlog`: a record may go over several lines (manual, "Using CSV-Format Log Output").

use memchr::{memchr, memchr2};

use super::{Record, moment};

/// Fields of a record, at least: version 12 has 23, later ones more.
const FIELDS: usize = 23;

/// Whether a log begins as this one does.
pub(super) fn begins(start: &[u8]) -> bool {
    record(start).is_some_and(|length| parse(&start[..length - 1]).is_some())
}

/// The length of the record that bytes begin with, up to and with its line's end; none while it is not whole.
pub(super) fn record(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut quoted) = (0, false);
    loop {
        if quoted {
            at += memchr(b'"', &bytes[at..])? + 1;
            // A doubled quote opens again at once.
            quoted = false;
        } else {
            at += memchr2(b'"', b'\n', &bytes[at..])? + 1;
            if bytes[at - 1] == b'\n' {
                return Some(at);
            }
            quoted = true;
        }
    }
}

/// One record; none where it has too few fields.
pub(super) fn parse(line: &[u8]) -> Option<Record> {
    let mut fields = Fields(Some(line));
    let mut take = |skip: usize| fields.nth(skip);
    let at = moment(&take(0)?)?;
    let (user, database) = (take(0)?, take(0)?);
    let (pid, from) = (take(0)?, take(0)?);
    let session = take(0)?;
    let level = take(5)?;
    let message = take(1)?;
    let statement = take(5)?;
    let rest = fields.count();
    if 20 + rest < FIELDS {
        return None;
    }
    let host = from
        .iter()
        .rposition(|byte| *byte == b':')
        .map_or(&from[..], |colon| &from[..colon]);
    let host = if host == b"[local]" { &b""[..] } else { host };
    Some(Record {
        at: Some(at),
        user,
        database,
        host: host.to_vec(),
        session: if session.is_empty() { pid } else { session },
        level,
        message,
        statement,
    })
}

/// Fields of a record, unquoted.
struct Fields<'a>(Option<&'a [u8]>);

impl Iterator for Fields<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let rest = self.0?;
        let mut field = Vec::new();
        let mut at = 0;
        let mut quoted = false;
        loop {
            match rest.get(at) {
                None => {
                    self.0 = None;
                    return Some(field);
                }
                Some(b'"') if quoted && rest.get(at + 1) == Some(&b'"') => {
                    field.push(b'"');
                    at += 1;
                }
                Some(b'"') => quoted = !quoted,
                Some(b',') if !quoted => {
                    self.0 = Some(&rest[at + 1..]);
                    return Some(field);
                }
                Some(byte) => field.push(*byte),
            }
            at += 1;
        }
    }
}
