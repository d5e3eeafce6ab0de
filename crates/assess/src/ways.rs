//! The ways from a server to Aurora: to which lines, by which method, over which upgrades, and how long what it runs is
//! supported. Pure.
//!
//! Sources: Aurora User Guide, "Migrating data to an Amazon Aurora MySQL DB cluster", "Migrating data to Amazon Aurora with
//! PostgreSQL compatibility", "Upgrading the major version"; the vendors' own tables of support.

mod support;

use daybreak_model::{AURORA_LINES, AuroraLine, Family, Flavor, Hosting, Product, Version};
use serde::Serialize;

pub use support::end_of_support;

/// How data get to Aurora.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The rows are loaded, and native replication carries what changes meanwhile.
    Replication,
    /// The rows are loaded while the source refuses writes.
    Load,
    /// A copy of the data files, made by XtraBackup, is restored from S3.
    PhysicalRestore,
    /// A snapshot of the RDS instance is restored as a cluster.
    Snapshot,
    /// An Aurora cluster follows the RDS instance, and is promoted.
    ReadReplica,
    /// The cluster is upgraded where it is.
    InPlace,
}

impl std::fmt::Display for Method {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Replication => "load and native replication",
            Self::Load => "load while the source is read-only",
            Self::PhysicalRestore => "physical restore from S3 (XtraBackup)",
            Self::Snapshot => "restore of an RDS snapshot",
            Self::ReadReplica => "Aurora read replica of the RDS instance",
            Self::InPlace => "upgrade in place",
        })
    }
}

/// One way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Where it leads.
    pub line: &'static AuroraLine,
    /// By what.
    pub method: Method,
    /// Major versions that the server must be upgraded to first, in order.
    pub path: Vec<&'static str>,
    /// On what condition, in a few words.
    pub condition: Option<&'static str>,
}

/// Every way from a server to a line of its family, oldest line first.
#[must_use]
pub fn ways(from: &Flavor) -> Vec<Way> {
    let lines = AURORA_LINES.iter().filter(|line| line.family == from.family());
    lines
        .flat_map(|line| match from.family() {
            Family::Mysql => mysql(from, line),
            Family::Postgres => postgres(from, line),
        })
        .collect()
}

fn way(line: &'static AuroraLine, method: Method) -> Way {
    Way {
        line,
        method,
        path: Vec::new(),
        condition: None,
    }
}

/// MySQL's major versions, in the order in which a server is upgraded, one at a time.
const SERIES: &[(&str, Version)] = &[
    ("5.5", Version::new(5, 5, 0)),
    ("5.6", Version::new(5, 6, 0)),
    ("5.7", Version::new(5, 7, 0)),
    ("8.0", Version::new(8, 0, 0)),
    ("8.4", Version::new(8, 4, 0)),
];

/// The place of a version among the major versions; none for one that is newer than all of them.
fn series(version: Version) -> Option<usize> {
    let newer = version >= Version::new(8, 5, 0);
    let place = SERIES.iter().rposition(|(_, first)| *first <= version);
    place.filter(|_| !newer)
}

fn between(from: usize, to: usize) -> Vec<&'static str> {
    SERIES
        .get(from + 1..to)
        .unwrap_or_default()
        .iter()
        .map(|(name, _)| *name)
        .collect()
}

fn mysql(from: &Flavor, line: &'static AuroraLine) -> Vec<Way> {
    let target = Flavor {
        product: Product::Mysql,
        version: line.community,
        hosting: Hosting::Aurora {
            version: line.name.to_owned(),
        },
    };
    let mut all = Vec::new();
    let own = (from.product != Product::MariaDb)
        .then(|| series(from.version))
        .flatten();
    let there = series(line.community);
    if let (true, Some(from), Some(there)) = (target.can_follow(from), own, there) {
        all.push(Way {
            path: between(from, there),
            condition: (there > from + 1)
                .then_some("Amazon supports replication to the same or the next major version; further is at one's own risk"),
            ..way(line, Method::Replication)
        });
    }
    all.push(Way {
        condition: Some("writes wait from before the load until applications have moved"),
        ..way(line, Method::Load)
    });
    let (Some(own), Some(there)) = (own, there) else {
        return all;
    };
    let same_and_not_newer =
        own == there && from.version <= line.community && !is_early_8_0(from.version, line);
    match &from.hosting {
        Hosting::SelfManaged => {
            let takes_files = from.product == Product::Mysql && ["5.7", "8.0"].contains(&SERIES[there].0);
            if takes_files && (same_and_not_newer || own < there) {
                let mut path = between(own, there);
                path.extend((own < there).then_some(SERIES[there].0));
                all.push(Way {
                    path,
                    condition: Some(
                        "up to 64 TiB, pages of 16 KiB, one ibdata file of the default size, no encryption, all tables in the data directory",
                    ),
                    ..way(line, Method::PhysicalRestore)
                });
            }
        }
        Hosting::Rds if same_and_not_newer && from.product == Product::Mysql => {
            all.push(Way {
                condition: Some("tables up to 16 TB, or 8 TB where they are compressed or not InnoDB"),
                ..way(line, Method::Snapshot)
            });
            all.push(Way {
                condition: Some("same Region and account; one Aurora replica of each instance"),
                ..way(line, Method::ReadReplica)
            });
        }
        Hosting::Aurora { .. } if own + 1 == there || same_and_not_newer => all.push(Way {
            condition: Some("not while the cluster follows another server; writes wait meanwhile"),
            ..way(line, Method::InPlace)
        }),
        Hosting::Rds | Hosting::Aurora { .. } => {}
    }
    all
}

/// Why data files of MySQL of a version are not restored as a line; `None` where they are.
pub(crate) fn files_refused(from: Version, line: &AuroraLine) -> Option<String> {
    let series = (from.major, from.minor);
    if ![(5, 7), (8, 0)].contains(&series) {
        Some(format!(
            "files of {from} are restored by no line: only those of 5.7 and 8.0"
        ))
    } else if series != (line.community.major, line.community.minor) {
        Some(format!("files of {from} are not restored as {}", line.community))
    } else if from > line.community {
        Some(format!(
            "{from} is newer than the {} of {}",
            line.community, line.name
        ))
    } else if is_early_8_0(from, line) {
        Some(format!(
            "files of {from} are not restored from 3.05 on: upgrade to 8.0.28 first"
        ))
    } else {
        None
    }
}

/// Physical copies of MySQL 8.0.11, 8.0.13 and 8.0.15 are refused by Aurora 3.05 and later.
fn is_early_8_0(from: Version, line: &AuroraLine) -> bool {
    let early = [11, 13, 15].map(|patch| Version::new(8, 0, patch));
    early.contains(&from) && line.community >= Version::new(8, 0, 32)
}

/// The first version with logical replication built in.
const FIRST_LOGICAL: u16 = 10;

fn postgres(from: &Flavor, line: &'static AuroraLine) -> Vec<Way> {
    let (own, there) = (from.version.major, line.community.major);
    if own > there {
        // What a newer server has an older one does not understand.
        return Vec::new();
    }
    let mut all = Vec::new();
    if own >= FIRST_LOGICAL {
        all.push(Way {
            condition: Some("wal_level = logical; from any older major version in one step"),
            ..way(line, Method::Replication)
        });
    } else {
        all.push(Way {
            path: vec!["10"],
            condition: Some("wal_level = logical"),
            ..way(line, Method::Replication)
        });
    }
    all.push(Way {
        condition: Some("writes wait from before the load until applications have moved"),
        ..way(line, Method::Load)
    });
    let same = own == there && from.version.minor <= line.community.minor;
    match &from.hosting {
        Hosting::Rds if same => {
            all.push(Way {
                condition: Some("writes since the snapshot are not in it"),
                ..way(line, Method::Snapshot)
            });
            all.push(Way {
                condition: Some("same Region and account; one Aurora replica of each instance"),
                ..way(line, Method::ReadReplica)
            });
        }
        Hosting::Aurora { .. } if same || own < there => all.push(Way {
            condition: Some(
                "where the version is among the cluster's valid upgrade targets; without logical slots",
            ),
            ..way(line, Method::InPlace)
        }),
        Hosting::SelfManaged | Hosting::Rds | Hosting::Aurora { .. } => {}
    }
    all
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Version};

    use super::{Method, ways};

    fn flavor(product: Product, version: &str, hosting: Hosting) -> Flavor {
        Flavor {
            product,
            version: version.parse::<Version>().expect("a version"),
            hosting,
        }
    }

    fn own(product: Product, version: &str) -> Flavor {
        flavor(product, version, Hosting::SelfManaged)
    }

    /// The methods to a line, each with its path.
    fn to(from: &Flavor, line: &str) -> Vec<(Method, Vec<&'static str>)> {
        let all = ways(from).into_iter().filter(|way| way.line.name == line);
        all.map(|way| (way.method, way.path)).collect()
    }

    #[test]
    fn mysql_by_version_and_product() {
        use Method::{InPlace, Load, PhysicalRestore, ReadReplica, Replication, Snapshot};
        let rds = flavor(Product::Mysql, "8.0.40", Hosting::Rds);
        let aurora = flavor(
            Product::Mysql,
            "5.7.44",
            Hosting::Aurora {
                version: "2.12.4".to_owned(),
            },
        );
        for (from, line, expected) in [
            (
                own(Product::Mysql, "5.6.24"),
                "3.10",
                vec![
                    (Replication, vec!["5.7"]),
                    (Load, vec![]),
                    (PhysicalRestore, vec!["5.7", "8.0"]),
                ],
            ),
            (
                own(Product::Mysql, "5.5.62"),
                "8.4.8",
                vec![(Replication, vec!["5.6", "5.7", "8.0"]), (Load, vec![])],
            ),
            (
                own(Product::Mysql, "8.0.40"),
                "3.10",
                vec![(Replication, vec![]), (Load, vec![]), (PhysicalRestore, vec![])],
            ),
            // Its files are newer than what the line reads.
            (
                own(Product::Mysql, "8.0.40"),
                "3.04",
                vec![(Replication, vec![]), (Load, vec![])],
            ),
            (
                own(Product::Mysql, "8.0.13"),
                "3.10",
                vec![(Replication, vec![]), (Load, vec![])],
            ),
            (
                own(Product::PerconaServer, "8.0.40"),
                "3.10",
                vec![(Replication, vec![]), (Load, vec![])],
            ),
            (own(Product::Mysql, "8.4.5"), "3.10", vec![(Load, vec![])]),
            (
                own(Product::Mysql, "8.4.5"),
                "8.4.8",
                vec![(Replication, vec![]), (Load, vec![])],
            ),
            // Newer than any line.
            (own(Product::Mysql, "9.7.4"), "8.4.8", vec![(Load, vec![])]),
            (own(Product::MariaDb, "10.11.18"), "3.10", vec![(Load, vec![])]),
            (
                rds,
                "3.10",
                vec![
                    (Replication, vec![]),
                    (Load, vec![]),
                    (Snapshot, vec![]),
                    (ReadReplica, vec![]),
                ],
            ),
            (
                aurora.clone(),
                "3.10",
                vec![(Replication, vec![]), (Load, vec![]), (InPlace, vec![])],
            ),
            (aurora, "8.4.8", vec![(Replication, vec!["8.0"]), (Load, vec![])]),
        ] {
            assert_eq!(to(&from, line), expected, "{from} to {line}");
        }
    }

    #[test]
    fn postgres_by_version() {
        use Method::{InPlace, Load, ReadReplica, Replication, Snapshot};
        let rds = flavor(Product::Postgres, "16.8", Hosting::Rds);
        let aurora = flavor(
            Product::Postgres,
            "15.10",
            Hosting::Aurora {
                version: "15.10.0".to_owned(),
            },
        );
        for (from, line, expected) in [
            (
                own(Product::Postgres, "12.22"),
                "17.9",
                vec![(Replication, vec![]), (Load, vec![])],
            ),
            (
                own(Product::Postgres, "9.6.24"),
                "17.9",
                vec![(Replication, vec!["10"]), (Load, vec![])],
            ),
            (own(Product::Postgres, "18.4"), "17.9", vec![]),
            (
                rds,
                "16.13",
                vec![
                    (Replication, vec![]),
                    (Load, vec![]),
                    (Snapshot, vec![]),
                    (ReadReplica, vec![]),
                ],
            ),
            (
                aurora,
                "18.3",
                vec![(Replication, vec![]), (Load, vec![]), (InPlace, vec![])],
            ),
        ] {
            assert_eq!(to(&from, line), expected, "{from} to {line}");
        }
    }
}
