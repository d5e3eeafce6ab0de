use async_trait::async_trait;
use daybreak_model::{ChunkDigest, KeyBound, RowDigest, RowHash, RowRange, Table};

use crate::EngineError;

/// What is done to one row so that it is as another server has it. Values are literals of that server, one for each stored
/// column.
#[derive(Debug, Clone)]
pub enum RowRepair<'a> {
    /// It is missing.
    Insert(&'a [String]),
    /// These of its columns, by their places among the stored ones, have other values.
    Update(&'a [String], Vec<usize>),
    /// It ought not to be there.
    Delete,
}

/// Tables in ranges, and the digest of each. Equal rows give equal digests on every server of the same family, whatever its
/// version, character set of the connection, time zone or settings.
#[async_trait]
pub trait Chunks: Send {
    /// Cuts a table into ranges of about `rows` rows or `bytes` bytes, whichever is smaller, together covering every row
    /// exactly once, also rows that arrive later (first bound open below, last open above). Cheap beside reading the rows.
    /// Ranges are by key, so that they mean the same rows on two servers.
    /// A table without a key, or a small one, is one `Whole` range.
    async fn split(&mut self, table: &Table, rows: u64, bytes: u64) -> Result<Vec<RowRange>, EngineError>;

    /// Number of rows and sum of their hashes in a range. Generated columns are included.
    async fn chunk(&mut self, table: &Table, range: &RowRange) -> Result<ChunkDigest, EngineError>;
}

/// One connection that computes digests inside the server, down to single rows.
#[async_trait]
pub trait Check: Chunks {
    /// Key and hash of every row of a key range, in key order, at most `limit` of them.
    /// Only for tables with a key.
    async fn rows(
        &mut self,
        table: &Table,
        range: &RowRange,
        limit: u64,
    ) -> Result<Vec<RowDigest>, EngineError>;

    /// The hashes of the rows with these keys, in the order of `keys`; `None` for a row that is not there.
    async fn rows_by_key(
        &mut self,
        table: &Table,
        keys: &[KeyBound],
    ) -> Result<Vec<Option<RowHash>>, EngineError>;

    /// The rows with these keys, in the order of `keys`; `None` for a row that is not there. Each stored column's value is a
    /// literal that a session of [`Database::repair_preamble`](crate::Database::repair_preamble) takes for exactly this value.
    async fn literals(
        &mut self,
        table: &Table,
        keys: &[KeyBound],
    ) -> Result<Vec<Option<Vec<String>>>, EngineError>;

    /// The condition that holds for a row with this hash: stands after a repair's own, it leaves a row alone that has changed since it
    /// was read.
    async fn unchanged(&mut self, table: &Table, hash: RowHash) -> Result<String, EngineError>;

    /// The statement that repairs one row.
    fn repair(&self, table: &Table, key: &KeyBound, repair: &RowRepair<'_>) -> String;
}
