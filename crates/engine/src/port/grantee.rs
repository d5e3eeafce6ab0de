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

/// The statements of an account of ours, with [`NEW_PASSWORD`](crate::NEW_PASSWORD) for its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAccount {
    /// Its name as statements have it.
    pub name: String,
    /// Makes it, without rights.
    pub make: String,
    /// Makes it without a password, as one that logs in by IAM: Amazon's servers alone. The first of them makes it.
    ///
    /// Source: Amazon Aurora User Guide, "Creating a database account using IAM authentication".
    pub make_by_iam: Vec<String>,
    /// Gives it another password.
    pub rotate: String,
    /// Takes it away, with its rights.
    pub drop: Vec<String>,
    /// A question that counts accounts of this name.
    pub exists: String,
    /// A question that counts what it owns: what would go with it.
    pub owns: Option<String>,
}
