//! What InnoDB's own dictionary says, which `information_schema.TABLES` does not.

use daybreak_engine::EngineError;
use daybreak_model::TableName;

use super::Fact;
use super::asking::{Answer, Asking};

/// A table as InnoDB knows it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    pub(crate) id: u64,
    /// `shop/orders`, with characters beyond ASCII as `@0041`; partitions end in `#P#p0` or `#p#p0`.
    pub(crate) name: String,
    /// The tablespace; 0 is the system's.
    pub(crate) space: u64,
    /// `Single`, `System`, `General`; empty before 5.7.
    pub(crate) space_kind: String,
    /// How often columns were added or dropped without a rebuild (8.0.29).
    pub(crate) row_versions: u64,
}

impl Stored {
    /// The names of database and table, decoded.
    pub(crate) fn table(&self) -> Option<TableName> {
        table(&self.name)
    }

    /// The name of the table that this is a partition of.
    pub(crate) fn partitioned(&self) -> Option<TableName> {
        let at = self.name.to_lowercase().find("#p#")?;
        Self {
            name: self.name[..at].to_owned(),
            ..Self::default()
        }
        .table()
    }
}

/// The names of database and table in a name as InnoDB writes it.
pub(super) fn table(name: &str) -> Option<TableName> {
    let (schema, name) = name.split_once('/')?;
    Some(TableName::new(decoded(schema), decoded(name)))
}

/// A name as InnoDB writes it, with its `@xxxx` as characters.
fn decoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('@') {
        out.push_str(&rest[..at]);
        let code = rest
            .get(at + 1..at + 5)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32);
        match code {
            Some(character) => {
                out.push(character);
                rest = &rest[at + 5..];
            }
            None => {
                out.push('@');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// A data file.
#[derive(Debug, Clone, Default)]
pub(crate) struct DataFile {
    /// Relative to the data directory, or not.
    pub(crate) path: String,
}

impl DataFile {
    /// The table it holds, by the last two parts of its path.
    pub(crate) fn table(&self) -> String {
        let mut parts = self.path.trim_end_matches(".ibd").rsplit('/').map(decoded);
        let (table, schema) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        format!("{schema}.{table}")
    }
}

/// A column whose stored form is an old one.
#[derive(Debug, Clone, Default)]
pub(crate) struct OldColumn {
    pub(crate) table_id: u64,
    pub(crate) name: String,
    /// Whether it is spatial and stored as a BLOB (before 5.7); else a date or time of before 5.6.4.
    pub(crate) spatial: bool,
}

/// A tablespace that is no table's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Space {
    pub(crate) name: String,
    /// `General`, `Undo`, `Single`, `System`.
    pub(crate) kind: String,
    pub(crate) encrypted: bool,
}

pub(super) async fn tables(asking: &Asking<'_>) -> Result<Fact<Vec<Stored>>, EngineError> {
    let (view, kind, versions) = match () {
        () if asking.mysql_at(8, 0, 29) => ("INNODB_TABLES", "SPACE_TYPE", "TOTAL_ROW_VERSIONS"),
        () if asking.mysql_from(8, 0) => ("INNODB_TABLES", "SPACE_TYPE", "0"),
        () if asking.mysql_from(5, 7) || asking.is_maria_db() => ("INNODB_SYS_TABLES", "SPACE_TYPE", "0"),
        () => ("INNODB_SYS_TABLES", "''", "0"),
    };
    let question = format!(
        "SELECT TABLE_ID, NAME, SPACE, {kind}, {versions} FROM information_schema.{view} ORDER BY NAME"
    );
    let read = |mut row: Answer| Stored {
        id: row.number(),
        name: row.text(),
        space: row.number(),
        space_kind: row.text(),
        row_versions: row.number(),
    };
    asking
        .list("InnoDB's tables", &["PROCESS"], &question, read)
        .await
}

/// Data files of tablespaces.
pub(super) async fn files(asking: &Asking<'_>) -> Result<Fact<Vec<DataFile>>, EngineError> {
    let question = match () {
        () if asking.mysql_from(8, 0) => "SELECT PATH FROM information_schema.INNODB_DATAFILES ORDER BY PATH",
        () if asking.maria_db_from(10, 6) => {
            "SELECT FILENAME FROM information_schema.INNODB_SYS_TABLESPACES ORDER BY FILENAME"
        }
        () => "SELECT PATH FROM information_schema.INNODB_SYS_DATAFILES ORDER BY PATH",
    };
    asking
        .list("InnoDB's data files", &["PROCESS"], question, |mut row| {
            DataFile { path: row.text() }
        })
        .await
}

/// Columns stored in an old form. MTYPE 6 is an integer and 5 a BLOB; the low byte of PRTYPE is MySQL's type: 7 timestamp,
/// 11 time, 12 datetime, 255 geometry.
pub(super) async fn old_columns(asking: &Asking<'_>) -> Result<Fact<Vec<OldColumn>>, EngineError> {
    if asking.mysql_from(8, 0) || asking.is_maria_db() {
        return Ok(Fact::new(Vec::new()));
    }
    let question = "SELECT TABLE_ID, NAME, MTYPE = 5 FROM information_schema.INNODB_SYS_COLUMNS \
                    WHERE (MTYPE = 6 AND (PRTYPE & 255) IN (7, 11, 12)) OR (MTYPE = 5 AND (PRTYPE & 255) = 255)";
    let read = |mut row: Answer| OldColumn {
        table_id: row.number(),
        name: row.text(),
        spatial: row.yes(),
    };
    asking
        .list("InnoDB's columns", &["PROCESS"], question, read)
        .await
}

/// Full names of foreign keys, `shop/orders_ibfk_1`, which `information_schema` cuts off after 64 characters.
pub(super) async fn foreign_names(asking: &Asking<'_>) -> Result<Fact<Vec<(String, String)>>, EngineError> {
    let view = if asking.mysql_from(8, 0) {
        "INNODB_FOREIGN"
    } else {
        "INNODB_SYS_FOREIGN"
    };
    let question = format!("SELECT ID, FOR_NAME FROM information_schema.{view} ORDER BY ID");
    asking
        .list("InnoDB's foreign keys", &["PROCESS"], &question, |mut row| {
            (row.text(), row.text())
        })
        .await
}

/// Tablespaces, where the server says of what kind they are.
pub(super) async fn spaces(asking: &Asking<'_>) -> Result<Fact<Vec<Space>>, EngineError> {
    let question = match () {
        () if asking.mysql_from(8, 0) => {
            "SELECT NAME, SPACE_TYPE, ENCRYPTION FROM information_schema.INNODB_TABLESPACES ORDER BY NAME"
        }
        () if asking.maria_db_from(10, 1) => {
            "SELECT NAME, '', ENCRYPTION_SCHEME > 0 AND CURRENT_KEY_ID > 0 \
             FROM information_schema.INNODB_TABLESPACES_ENCRYPTION ORDER BY NAME"
        }
        () => return Ok(Fact::new(Vec::new())),
    };
    let read = |mut row: Answer| Space {
        name: row.text(),
        kind: row.text(),
        encrypted: row.yes(),
    };
    asking
        .list("InnoDB's tablespaces", &["PROCESS"], question, read)
        .await
}

/// Undo records that purge has not removed yet.
pub(super) async fn history(asking: &Asking<'_>) -> Result<Fact<Vec<u64>>, EngineError> {
    let question = "SELECT COUNT FROM information_schema.INNODB_METRICS WHERE NAME = 'trx_rseg_history_len'";
    asking
        .list("InnoDB's history", &["PROCESS"], question, |mut row| row.number())
        .await
}

#[cfg(test)]
mod tests {
    use super::Stored;

    #[test]
    fn names_are_decoded() {
        let stored = |name: &str| Stored {
            name: name.to_owned(),
            ..Stored::default()
        };
        assert_eq!(stored("a@002db/t@0024").table().unwrap().to_string(), "a-b.t$");
        assert_eq!(stored("a/t@").table().unwrap().to_string(), "a.t@");
        assert_eq!(stored("a/t#P#p0").partitioned().unwrap().to_string(), "a.t");
        assert!(stored("SYS_FOREIGN").table().is_none());
    }
}
