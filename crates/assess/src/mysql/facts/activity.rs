//! What happens on the server at the moment.

use daybreak_engine::EngineError;
use daybreak_model::TableName;

use super::asking::{Answer, Asking};
use super::{Fact, OURS};

/// An open transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transaction {
    /// The connection; 0 for one that was recovered or prepared.
    pub(crate) thread: u64,
    pub(crate) seconds: u64,
    pub(crate) rows_changed: u64,
}

/// A table and how often rows of it were written since the counters were reset.
#[derive(Debug, Clone)]
pub(crate) struct Hot {
    pub(crate) table: TableName,
    pub(crate) writes: u64,
    pub(crate) inserts: u64,
    pub(crate) updates: u64,
    pub(crate) deletes: u64,
}

/// Open transactions but our own.
pub(super) async fn transactions(asking: &Asking<'_>) -> Result<Fact<Vec<Transaction>>, EngineError> {
    let question = "SELECT trx_mysql_thread_id, GREATEST(TIMESTAMPDIFF(SECOND, trx_started, SYSDATE()), 0), \
                    trx_rows_modified FROM information_schema.INNODB_TRX \
                    WHERE trx_mysql_thread_id <> CONNECTION_ID() ORDER BY trx_started";
    let read = |mut row: Answer| Transaction {
        thread: row.number(),
        seconds: row.number(),
        rows_changed: row.number(),
    };
    asking
        .list("the open transactions", &["PROCESS"], question, read)
        .await
}

/// Names of prepared XA transactions.
pub(super) async fn prepared(asking: &Asking<'_>) -> Result<Fact<Vec<String>>, EngineError> {
    let needs: &[&str] = if asking.mysql_from(8, 0) {
        &["XA_RECOVER_ADMIN"]
    } else {
        &[]
    };
    let read = |mut row: Answer| {
        row.skip(3);
        row.text()
    };
    asking
        .list("the prepared XA transactions", needs, "XA RECOVER", read)
        .await
}

/// The tables that are written most.
pub(super) async fn hot(asking: &Asking<'_>) -> Result<Fact<Vec<Hot>>, EngineError> {
    let question = format!(
        "SELECT OBJECT_SCHEMA, OBJECT_NAME, COUNT_WRITE, COUNT_INSERT, COUNT_UPDATE, COUNT_DELETE \
         FROM performance_schema.table_io_waits_summary_by_table \
         WHERE OBJECT_SCHEMA NOT IN ({OURS}) AND COUNT_WRITE > 0 ORDER BY COUNT_WRITE DESC LIMIT 20"
    );
    let read = |mut row: Answer| Hot {
        table: TableName::new(row.text(), row.text()),
        writes: row.number(),
        inserts: row.number(),
        updates: row.number(),
        deletes: row.number(),
    };
    asking
        .list("the tables' counters", &["SELECT"], &question, read)
        .await
}
