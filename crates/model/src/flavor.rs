use serde::{Deserialize, Serialize};

mod mysql;
mod postgres;

/// Which of the two families of databases a server belongs to: it decides the protocol and the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// MySQL, Percona Server, MariaDB, Aurora MySQL.
    Mysql,
    /// PostgreSQL, Aurora PostgreSQL.
    Postgres,
}

impl std::fmt::Display for Family {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Mysql => "mysql",
            Self::Postgres => "postgres",
        })
    }
}

/// Whose code the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Product {
    /// Oracle's MySQL, or a hosted form of it.
    Mysql,
    /// Percona Server for MySQL.
    PerconaServer,
    /// MariaDB.
    MariaDb,
    /// PostgreSQL, or a hosted form of it.
    Postgres,
}

/// Who runs the server, which decides what its administrator may do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Hosting {
    /// The company's own machine.
    SelfManaged,
    /// Amazon RDS: no superuser, `mysql.rds_*` procedures or `rds_*` roles.
    Rds,
    /// Amazon Aurora, with the Aurora version it states, such as `3.10.0`.
    Aurora {
        /// What `AURORA_VERSION()` (MySQL) or `aurora_version()` (PostgreSQL) answers.
        version: String,
    },
}

/// A server's version as three numbers. PostgreSQL's `17.4` is `17.4.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// First number.
    pub major: u16,
    /// Second number.
    pub minor: u16,
    /// Third number.
    pub patch: u16,
}

/// A version text that does not begin with a number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version number")]
pub struct VersionError(String);

impl Version {
    /// A version from its numbers.
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }
}

impl std::str::FromStr for Version {
    type Err = VersionError;

    /// Reads the leading numbers of a server's own version text, such as `9.7.4-0ubuntu1` or `10.11.6-MariaDB-log`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .next()
            .unwrap_or_default();
        let mut numbers = digits.split('.').map(str::parse::<u16>);
        let major = numbers
            .next()
            .and_then(Result::ok)
            .ok_or_else(|| VersionError(text.to_owned()))?;
        let minor = numbers.next().and_then(Result::ok).unwrap_or(0);
        let patch = numbers.next().and_then(Result::ok).unwrap_or(0);
        Ok(Self { major, minor, patch })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What a server is: the one value that knows versions. Dialect questions are asked of it by name, so that no
/// `if version >= 8` stands anywhere else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flavor {
    /// Whose code it runs.
    pub product: Product,
    /// Its version.
    pub version: Version,
    /// Who runs it.
    pub hosting: Hosting,
}

impl Flavor {
    /// A server that the company runs itself.
    #[must_use]
    pub const fn self_managed(product: Product, version: Version) -> Self {
        Self {
            product,
            version,
            hosting: Hosting::SelfManaged,
        }
    }

    /// The family this product belongs to.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self.product {
            Product::Mysql | Product::PerconaServer | Product::MariaDb => Family::Mysql,
            Product::Postgres => Family::Postgres,
        }
    }

    /// Whether changes of rows name columns by their place, so that tables in step have them in one order.
    #[must_use]
    pub const fn replicates_by_place(&self) -> bool {
        matches!(self.family(), Family::Mysql)
    }

    /// Whether Amazon runs it: no superuser there, and replication is steered through procedures.
    #[must_use]
    pub const fn is_managed(&self) -> bool {
        !matches!(self.hosting, Hosting::SelfManaged)
    }
}

impl std::fmt::Display for Flavor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let product = match self.product {
            Product::Mysql => "MySQL",
            Product::PerconaServer => "Percona Server",
            Product::MariaDb => "MariaDB",
            Product::Postgres => "PostgreSQL",
        };
        match (&self.hosting, self.product) {
            (Hosting::SelfManaged, Product::Postgres) => {
                write!(
                    formatter,
                    "{product} {}.{}",
                    self.version.major, self.version.minor
                )
            }
            (Hosting::SelfManaged, _) => write!(formatter, "{product} {}", self.version),
            (Hosting::Rds, _) => write!(formatter, "RDS for {product} {}", self.version),
            (Hosting::Aurora { version }, _) => {
                write!(formatter, "Aurora {product} {version} ({})", self.version)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn reads_the_version_texts_servers_print() {
        for (text, expected) in [
            ("9.7.4-0ubuntu1", Version::new(9, 7, 4)),
            (
                "10.11.6-MariaDB-1:10.11.6+maria~deb12-log",
                Version::new(10, 11, 6),
            ),
            ("5.6.24-log", Version::new(5, 6, 24)),
            ("8.0.mysql_aurora.3.10.0", Version::new(8, 0, 0)),
            ("17.4", Version::new(17, 4, 0)),
            ("18beta1", Version::new(18, 0, 0)),
        ] {
            assert_eq!(text.parse::<Version>().as_ref(), Ok(&expected), "{text}");
        }
        assert!("MariaDB".parse::<Version>().is_err());
    }
}
