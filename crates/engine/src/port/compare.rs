use std::collections::HashMap;

use async_trait::async_trait;
use daybreak_model::{ChunkDigest, RowHash, Table};

use crate::{Check, EngineError};

/// What the hash of a row is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hashing {
    /// 128 bits of SHA-256 instead of 64 bits of what is quickest. The server hashes each row twice for it.
    pub strong: bool,
    /// JSON by what it means, however it is written: the order of keys and white space do not count. Where the server has no
    /// normal form of a column's JSON, its digests are refused with [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported).
    pub json_by_meaning: bool,
}

/// A connection that computes digests for a comparison, also of tables whose rows have no key and are known by their hashes.
#[async_trait]
pub trait Compare: Check {
    /// How rows are hashed from now on; by default neither strong nor by meaning.
    fn hash_by(&mut self, how: Hashing);

    /// The digests of whole tables, in their order, by one statement: for many small ones the way there and back is most of what
    /// they cost.
    async fn together(&mut self, tables: &[&Table]) -> Result<Vec<ChunkDigest>, EngineError>;

    /// A table's rows dealt by their hashes into so many parts (a power of two), each part's digest.
    async fn parts(&mut self, table: &Table, parts: u32) -> Result<Vec<ChunkDigest>, EngineError>;

    /// How many rows have each of the hashes that fall into one of so many parts.
    async fn tally(
        &mut self,
        table: &Table,
        parts: u32,
        part: u32,
    ) -> Result<HashMap<RowHash, u64>, EngineError>;

    /// How many rows have each of these hashes, in their order.
    async fn times(&mut self, table: &Table, hashes: &[RowHash]) -> Result<Vec<u64>, EngineError>;

    /// The values of a row with each of these hashes, in their order, as [`Check::literals`] gives them.
    async fn literals_by_hash(
        &mut self,
        table: &Table,
        hashes: &[RowHash],
    ) -> Result<Vec<Option<Vec<String>>>, EngineError>;

    /// The statement after which a row with these values, which stands there `there` times, stands there `here` times.
    ///
    /// # Errors
    /// In words, when the server cannot tell such rows from others.
    fn repair_times(
        &self,
        table: &Table,
        literals: &[String],
        here: u64,
        there: u64,
    ) -> Result<String, String>;
}

/// Most equal rows that one statement adds.
pub(crate) const MOST_ADDED: u64 = 1000;

/// How many equal rows are to be added; in words, why they are too many.
pub(crate) fn added(here: u64, there: u64) -> Result<u64, String> {
    let missing = here - there;
    if missing > MOST_ADDED {
        return Err(format!(
            "{missing} equal rows are missing, more than the {MOST_ADDED} that a repair adds: load the table again"
        ));
    }
    Ok(missing)
}
