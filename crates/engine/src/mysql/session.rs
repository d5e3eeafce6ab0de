//! What our connections are set to, by what they are for.
//!
//! Every session: strings of ours are UTF-8, times are UTC. Readers and checkers get column bytes in the column's own
//! character set (`character_set_results = NULL`), so that nothing is converted on the way.

use daybreak_model::Flavor;
use mysql_async::{Row, Value};

use crate::TextRow;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Questions, settings, replication: answers within [`INSPECT_SECONDS`].
    Ask,
    /// Rows out.
    Read,
    /// Schema and rows in.
    Write,
    /// Digests inside the server, and statements that may take long.
    Check,
}

/// The longest a question may run, in seconds.
pub(crate) const INSPECT_SECONDS: u32 = 60;

/// What the writer's session accepts: everything a source can hold, exactly.
pub(crate) const WRITER_SQL_MODE: &str = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES";

/// The statement every session of this purpose begins with.
pub(crate) fn setup(purpose: Purpose, flavor: &Flavor) -> String {
    let mut settings = vec!["time_zone = '+00:00'".to_owned()];
    match purpose {
        Purpose::Ask => {
            settings.push("sql_mode = ''".to_owned());
            settings.push("lock_wait_timeout = 10".to_owned());
            settings.push("innodb_lock_wait_timeout = 10".to_owned());
            settings.extend(flavor.statement_limit(INSPECT_SECONDS));
        }
        Purpose::Read | Purpose::Check => {
            settings.push("sql_mode = ''".to_owned());
            settings.push("lock_wait_timeout = 30".to_owned());
            settings.push("net_write_timeout = 3600".to_owned());
            settings.extend(flavor.statement_limit(0));
            settings.push("character_set_results = NULL".to_owned());
        }
        Purpose::Write => {
            settings.push(format!("sql_mode = '{WRITER_SQL_MODE}'"));
            settings.push("foreign_key_checks = 0".to_owned());
            settings.push("unique_checks = 0".to_owned());
            // A generated column that rounds gives a note for every row; what was sent gives warnings.
            settings.push("sql_notes = 0".to_owned());
            settings.push("lock_wait_timeout = 60".to_owned());
            settings.push("innodb_lock_wait_timeout = 60".to_owned());
            settings.push("net_read_timeout = 3600".to_owned());
        }
    }
    if flavor.caches_statistics() {
        settings.push("information_schema_stats_expiry = 0".to_owned());
    }
    format!("SET SESSION {}", settings.join(", SESSION "))
}

/// Settings that help where the account may make them and the server knows them; each alone, a refusal is no error.
pub(crate) fn wishes(purpose: Purpose) -> &'static [&'static str] {
    match purpose {
        Purpose::Write => &[
            "SET SESSION max_error_count = 1024",
            // Entries of an index are sorted in it; what does not fit is sorted through files. 1 MB unless it is set, MySQL 8.0.27 on.
            "SET SESSION innodb_ddl_buffer_size = 33554432",
            "SET SESSION explicit_defaults_for_timestamp = ON",
            "SET SESSION sql_require_primary_key = OFF",
            "SET SESSION sql_generate_invisible_primary_key = OFF",
            "SET SESSION restrict_fk_on_non_standard_key = OFF",
        ],
        Purpose::Ask => &["SET SESSION show_create_table_skip_secondary_engine = OFF"],
        Purpose::Read | Purpose::Check => &[],
    }
}

/// A row of the text protocol as text.
pub(crate) fn text_row(row: Row) -> TextRow {
    row.unwrap()
        .into_iter()
        .map(|value| match value {
            Value::NULL => None,
            Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            other => Some(other.as_sql(true)),
        })
        .collect()
}
