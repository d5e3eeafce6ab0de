/// What an account can be needed for, read-only jobs first: what [`Inspect::missing_privileges`](crate::Inspect) and
/// [`grants`](crate::grants()) know.
pub const JOBS: [&str; 13] = [
    "topology",
    "schema-check",
    "check",
    "delta",
    "gtid",
    "slow",
    "trim",
    "read",
    "write",
    "lead",
    "follow",
    "fence",
    "wake",
];

/// Whom something is granted to, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grantee {
    /// Its name.
    pub user: String,
    /// MySQL family: its host pattern.
    pub host: String,
    /// PostgreSQL: the database.
    pub database: String,
    /// MySQL databases or PostgreSQL schemas; all where none is named.
    pub schemas: Vec<String>,
}
