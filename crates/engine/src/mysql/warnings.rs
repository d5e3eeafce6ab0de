//! What the server says of a load. `LOCAL` makes it skip and bend rows with no more than a warning, so every skip and
//! every warning is an error here, but one: an `ENUM` that holds its invalid value (index 0) at the source cannot be
//! stored without warning 1265.

use daybreak_model::{RowRange, Table};
use mysql_async::{Conn, Row};

use super::column::{Kind, kind};
use super::connection::Server;
use super::{key, quote};
use crate::{EngineError, ErrorKind};

/// Warning "Data truncated for column".
const TRUNCATED: u16 = 1265;

/// The server's account of a load: `Records: 3  Deleted: 0  Skipped: 0  Warnings: 0`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    records: u64,
    skipped: u64,
    warnings: u64,
}

impl Account {
    fn read(info: &str) -> Option<Self> {
        let number = |label: &str| {
            let rest = &info[info.find(label)? + label.len()..];
            rest.split_whitespace().next()?.parse().ok()
        };
        Some(Self {
            records: number("Records:")?,
            skipped: number("Skipped:").or_else(|| number("Duplicates:"))?,
            warnings: number("Warnings:")?,
        })
    }
}

/// How many values of a load are an `ENUM`'s invalid value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum InvalidEnums<'a> {
    /// All of a range, which holds nothing but what was loaded.
    In(&'a RowRange),
    /// As many as were sent.
    Sent(u64),
}

impl InvalidEnums<'_> {
    pub(crate) async fn count(
        self,
        server: &Server,
        conn: &mut Conn,
        table: &Table,
    ) -> Result<u64, EngineError> {
        match self {
            Self::In(range) => invalid_enums(server, conn, table, range).await,
            Self::Sent(count) => Ok(count),
        }
    }
}

/// Accepts a load only if every row sent was stored whole.
pub(crate) async fn judge(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    invalid: InvalidEnums<'_>,
    sent: u64,
    info: &str,
) -> Result<(), EngineError> {
    let account = Account::read(info).ok_or_else(|| {
        let what = format!("failed to load {}: the server gave no account of it", table.name);
        server.error(ErrorKind::Other, what)
    })?;
    if account.warnings == 0 && account.skipped == 0 && account.records == sent {
        return Ok(());
    }
    let warnings = listed(server, conn).await?;
    let only_truncated = warnings.iter().all(|(code, _)| *code == TRUNCATED);
    if account.skipped == 0
        && account.records == sent
        && only_truncated
        && account.warnings == invalid.count(server, conn, table).await?
    {
        return Ok(());
    }
    let first = warnings
        .iter()
        .find(|(code, _)| *code != TRUNCATED)
        .or(warnings.first())
        .map_or_else(String::new, |(code, message)| format!(": {message} ({code})"));
    let kind = match warnings.iter().find(|(code, _)| *code != TRUNCATED) {
        Some((1062, _)) => ErrorKind::Duplicate,
        Some((1406 | 1264 | 1366, _)) => ErrorKind::SchemaChanged,
        _ => ErrorKind::Other,
    };
    Err(EngineError {
        code: warnings.first().map(|(code, _)| code.to_string()),
        hint: Some(match kind {
            ErrorKind::Duplicate => "rows are there already, or the source's own duplicates are hidden by its settings: clear the range and load it again".to_owned(),
            _ => "compare the table's definition on both servers".to_owned(),
        }),
        ..server.error(
            kind,
            format!(
                "failed to load {}: of {sent} rows {} arrived, {} were skipped, with {} warnings{first}",
                table.name, account.records, account.skipped, account.warnings
            ),
        )
    })
}

/// The warnings of the last statement, as many as the session lists.
pub(crate) async fn listed(server: &Server, conn: &mut Conn) -> Result<Vec<(u16, String)>, EngineError> {
    let rows: Vec<Row> = server
        .rows_on(conn, "failed to read warnings", "SHOW WARNINGS")
        .await?;
    Ok(rows
        .iter()
        .filter_map(|row| Some((row.get::<u16, _>(1)?, row.get::<String, _>(2)?)))
        .collect())
}

/// How many values of the range are an `ENUM`'s invalid value: each costs exactly one warning.
async fn invalid_enums(
    server: &Server,
    conn: &mut Conn,
    table: &Table,
    range: &RowRange,
) -> Result<u64, EngineError> {
    let enums = table
        .columns
        .iter()
        .filter(|column| kind(column) == Kind::Enum && !column.generated);
    let sums: Vec<_> = enums
        .map(|column| format!("COALESCE(SUM({} + 0 = 0), 0)", quote::name(&column.name)))
        .collect();
    if sums.is_empty() {
        return Ok(0);
    }
    let sql = format!(
        "SELECT CAST({} AS UNSIGNED) FROM {}{}",
        sums.join(" + "),
        quote::table(&table.name),
        key::filter(table, range, server.flavor().await?)
    );
    let what = format!("failed to count invalid values of {}", table.name);
    let rows: Vec<(u64,)> = server.rows_on(conn, &what, &sql).await?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

#[cfg(test)]
mod tests {
    use super::Account;

    #[test]
    fn reads_the_servers_account() {
        assert_eq!(
            Account::read("Records: 3  Deleted: 0  Skipped: 1  Warnings: 2"),
            Some(Account {
                records: 3,
                skipped: 1,
                warnings: 2
            })
        );
        assert_eq!(
            Account::read("Records: 12  Duplicates: 0  Warnings: 7"),
            Some(Account {
                records: 12,
                skipped: 0,
                warnings: 7
            })
        );
        assert_eq!(Account::read(""), None);
    }
}
