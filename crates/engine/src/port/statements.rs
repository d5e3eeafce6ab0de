use serde::{Deserialize, Serialize};

/// What a server has counted of statements that differ in their values only, since it was started or its figures were reset.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StatementFigures {
    /// The statement without its values, as the server has it.
    pub text: String,
    /// One of the statements as it was sent, where the server keeps one.
    pub sample: Option<String>,
    /// The database in use.
    pub database: String,
    /// The account, where the server tells statements of accounts apart.
    pub user: String,
    /// Statements.
    pub count: u64,
    /// Seconds that they took in all.
    pub total_s: f64,
    /// The quickest.
    pub min_s: f64,
    /// The slowest.
    pub max_s: f64,
    /// Standard deviation, where the server knows it.
    pub stddev_s: Option<f64>,
    /// Of the total, waiting for locks.
    pub lock_s: f64,
    /// Statements that ended with an error.
    pub errors: u64,
    /// Rows sent to the client; of PostgreSQL rows sent or changed.
    pub rows_sent: u64,
    /// Rows looked at.
    pub rows_examined: u64,
    /// Rows changed.
    pub rows_affected: u64,
    /// When the first was seen, in microseconds since 1970.
    pub first_seen: Option<i64>,
    /// And the last.
    pub last_seen: Option<i64>,
    /// Upper ends of buckets in seconds, each with its number of statements, where the server keeps them.
    pub histogram: Vec<(f64, u64)>,
}
