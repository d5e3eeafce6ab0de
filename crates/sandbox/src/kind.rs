//! The kinds of server the sandbox knows.

use std::fmt;

/// A kind of server: product and release line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerKind {
    /// MySQL 9.7: the newest release line, and the ground of the Aurora MySQL stand-in.
    Mysql97,
    /// MySQL 5.6: the oldest that Aurora ever took in.
    Mysql56,
    /// MariaDB 10.11.
    MariaDb1011,
    /// PostgreSQL of this major version.
    Postgres(u8),
}

/// The two families of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// MySQL and MariaDB.
    Mysql,
    /// PostgreSQL.
    Postgres,
}

impl ServerKind {
    /// The family it belongs to.
    #[must_use]
    pub fn engine(self) -> Engine {
        match self {
            Self::Mysql97 | Self::Mysql56 | Self::MariaDb1011 => Engine::Mysql,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// The name of its folders in the cache.
    pub(crate) fn slug(self) -> String {
        match self {
            Self::Mysql97 => "mysql-9.7".into(),
            Self::Mysql56 => "mysql-5.6".into(),
            Self::MariaDb1011 => "mariadb-10.11".into(),
            Self::Postgres(major) => format!("postgresql-{major}"),
        }
    }
}

impl fmt::Display for ServerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mysql97 => f.write_str("MySQL 9.7"),
            Self::Mysql56 => f.write_str("MySQL 5.6"),
            Self::MariaDb1011 => f.write_str("MariaDB 10.11"),
            Self::Postgres(major) => write!(f, "PostgreSQL {major}"),
        }
    }
}
