//! `jsonlog`: an object a line (manual, "Using JSON-Format Log Output").

use serde::Deserialize;

use super::{Record, moment};

#[derive(Deserialize)]
struct Line {
    timestamp: String,
    error_severity: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    dbname: String,
    #[serde(default)]
    remote_host: String,
    #[serde(default)]
    session_id: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    statement: String,
}

/// Whether a log begins as this one does.
pub(super) fn begins(start: &[u8]) -> bool {
    let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    parse(first).is_some()
}

/// One record.
pub(super) fn parse(line: &[u8]) -> Option<Record> {
    if line.first() != Some(&b'{') {
        return None;
    }
    let line: Line = serde_json::from_slice(line).ok()?;
    let host = if line.remote_host == "[local]" {
        String::new()
    } else {
        line.remote_host
    };
    Some(Record {
        at: moment(line.timestamp.as_bytes()),
        user: line.user.into_bytes(),
        database: line.dbname.into_bytes(),
        host: host.into_bytes(),
        session: line.session_id.into_bytes(),
        level: line.error_severity.into_bytes(),
        message: line.message.into_bytes(),
        statement: line.statement.into_bytes(),
    })
}
