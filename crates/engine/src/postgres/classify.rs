//! What kind of trouble a SQLSTATE is. Source: PostgreSQL manual, appendix "PostgreSQL Error Codes".

use tokio_postgres::Error;
use tokio_postgres::error::DbError;

use crate::{EngineError, ErrorKind};

/// The driver's error as ours. `what` reads "failed to …".
pub(crate) fn failure(server: &str, what: impl Into<String>, error: Error) -> EngineError {
    let Some(refused) = error.as_db_error() else {
        return EngineError {
            server: server.to_owned(),
            what: what.into(),
            kind: without_answer(&error),
            code: None,
            hint: None,
            source: Some(Box::new(error)),
        };
    };
    EngineError {
        server: server.to_owned(),
        what: what.into(),
        kind: kind(refused),
        code: Some(refused.code().code().to_owned()),
        hint: hint(refused),
        source: Some(Box::new(refused.clone())),
    }
}

/// An error found by ourselves rather than told by the server.
pub(crate) fn trouble(
    server: &str,
    what: impl Into<String>,
    kind: ErrorKind,
    hint: Option<&str>,
) -> EngineError {
    EngineError {
        server: server.to_owned(),
        what: what.into(),
        kind,
        code: None,
        hint: hint.map(str::to_owned),
        source: None,
    }
}

/// The server said nothing: the driver tells connecting, TLS and a broken connection apart only in its text.
fn without_answer(error: &Error) -> ErrorKind {
    let text = error.to_string();
    if error.is_closed() {
        ErrorKind::ConnectionLost
    } else if text.contains("TLS") {
        ErrorKind::Tls
    } else if text.starts_with("error connecting to server") || text.starts_with("timeout waiting") {
        ErrorKind::Unreachable
    } else if text.starts_with("authentication error") || text.starts_with("invalid configuration") {
        ErrorKind::Authentication
    } else if text.starts_with("error communicating with the server") {
        ErrorKind::ConnectionLost
    } else {
        ErrorKind::Other
    }
}

fn kind(refused: &DbError) -> ErrorKind {
    let code = refused.code().code();
    match code {
        // `pg_hba.conf` names the encryption it found; a rule for it exists only for the other kind.
        "28000" if refused.message().contains("no encryption") || refused.message().contains("SSL off") => {
            ErrorKind::Tls
        }
        "28000" | "28P01" => ErrorKind::Authentication,
        "42501" => ErrorKind::Privilege,
        "25006" => ErrorKind::ReadOnly,
        "53100" => ErrorKind::DiskFull,
        "53300" | "57P03" => ErrorKind::Unreachable,
        "55P03" | "40P01" | "40001" => ErrorKind::Lock,
        "57014" | "25P03" | "25P04" => ErrorKind::Interrupted,
        "57P01" | "57P02" | "57P05" => ErrorKind::ConnectionLost,
        "23505" | "42P07" | "42710" | "42P06" | "42723" | "42P04" => ErrorKind::Duplicate,
        "0A000" => ErrorKind::Unsupported,
        _ if code.starts_with("08") => ErrorKind::ConnectionLost,
        _ => ErrorKind::Other,
    }
}

/// What to do, where the SQLSTATE says more than the kind.
fn hint(refused: &DbError) -> Option<String> {
    let hint = match refused.code().code() {
        // The kind's own says what comes after it, too; the server's ("Check free disk space.") stands in its message.
        "53100" => return None,
        "3D000" => "name an existing database at the end of the URL: postgres://user@host:5432/DATABASE",
        "53300" => "raise `max_connections`, or give the load fewer connections",
        "53400" | "54000" => "raise the limit that the server's message names",
        "53200" if refused.message().contains("shared memory") => {
            "raise `max_locks_per_transaction`: one lock per table is held while the snapshot is open"
        }
        // Names are looked up in `pg_catalog` alone, in our sessions as in the server's own maintenance (manual,
        // "REFRESH MATERIALIZED VIEW", "CREATE INDEX").
        "42P01" | "42883" | "42704" if refused.where_().is_some_and(|place| place.contains("function")) => {
            "a function that is called there names something without its schema: ALTER FUNCTION … SET search_path = …, at the \
             source and on the target, or write the schema into it"
        }
        // Ours name what the other side's catalog has.
        "42703" => {
            "the table was altered on one side since it was looked at: make the same change on the other side, where replication \
             then goes on by itself"
        }
        _ => return refused.hint().map(str::to_owned),
    };
    Some(hint.to_owned())
}
