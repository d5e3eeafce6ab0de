use daybreak_model::{AuroraLine, Flavor, Product, Severity, Version};
use serde::{Serialize, Serializer};

/// Whose servers a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// MySQL and Percona Server.
    Mysql,
    /// MariaDB.
    MariaDb,
    /// PostgreSQL.
    Postgresql,
}

impl Engine {
    /// MySQL, Percona Server and MariaDB.
    pub(crate) const MYSQL_FAMILY: &'static [Self] = &[Self::Mysql, Self::MariaDb];
    /// MySQL and Percona Server.
    pub(crate) const MYSQL: &'static [Self] = &[Self::Mysql];
    /// MariaDB alone.
    pub(crate) const MARIADB: &'static [Self] = &[Self::MariaDb];
    /// PostgreSQL.
    pub(crate) const POSTGRESQL: &'static [Self] = &[Self::Postgresql];

    /// What a server runs.
    pub(crate) const fn of(product: Product) -> Self {
        match product {
            Product::Mysql | Product::PerconaServer => Self::Mysql,
            Product::MariaDb => Self::MariaDb,
            Product::Postgres => Self::Postgresql,
        }
    }
}

/// Which move makes a check apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    /// Any move to Aurora: what a managed server has not.
    ToAurora,
    /// From a version below this one to this one or a later one. MariaDB counts as older than any MySQL.
    Into(Version),
    /// From MariaDB to MySQL.
    FromMariaDb,
    /// Replication home again, to the older version or the other product.
    WayBack,
    /// Every move and none: it is worth knowing where the server stays.
    Always,
    /// A restore of the server's data files on Aurora, and no other way there.
    Physical,
    /// No move: an audit looks for it.
    Audit,
}

impl Crossing {
    /// From a version below this one to it.
    pub(crate) const fn into(major: u16, minor: u16, patch: u16) -> Self {
        Self::Into(Version::new(major, minor, patch))
    }

    /// Whether the way from a server to a line leads over it.
    #[must_use]
    pub fn applies(self, from: &Flavor, to: &AuroraLine) -> bool {
        let maria_db = from.product == Product::MariaDb;
        match self {
            Self::ToAurora | Self::Always | Self::WayBack => true,
            Self::Into(version) => (maria_db || from.version < version) && version <= to.community,
            Self::FromMariaDb => maria_db,
            Self::Physical | Self::Audit => false,
        }
    }
}

impl std::fmt::Display for Crossing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ToAurora => formatter.write_str("to Aurora"),
            Self::Into(version) => write!(formatter, "into {version}"),
            Self::FromMariaDb => formatter.write_str("from MariaDB to MySQL"),
            Self::WayBack => formatter.write_str("the way back"),
            Self::Always => formatter.write_str("always"),
            Self::Physical => formatter.write_str("data files to Aurora"),
            Self::Audit => formatter.write_str("audit"),
        }
    }
}

impl Serialize for Crossing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct About {
    /// Stable, for waivers and scripts: `mysql.table.no-key`.
    pub id: &'static str,
    /// Whose servers it looks at.
    pub engines: &'static [Engine],
    /// The runbook's rows that it matters for.
    pub rows: &'static [&'static str],
    /// How much what it finds matters.
    pub severity: Severity,
    /// The move that makes it apply.
    pub crossing: Crossing,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

impl About {
    /// Whether it looks at such a server on its way to such a line.
    #[must_use]
    pub fn applies(&self, from: &Flavor, to: &AuroraLine) -> bool {
        self.engines.contains(&Engine::of(from.product)) && self.crossing.applies(from, to)
    }
}
