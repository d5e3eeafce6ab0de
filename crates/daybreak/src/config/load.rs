use std::path::{Path, PathBuf};

use daybreak_cloud::BucketSettings;
use daybreak_model::{Family, Position};
use daybreak_work::Packing;
use serde::Deserialize;

use super::PlanError;

/// How rows come to the target (D2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LoadMethod {
    /// Straight from a snapshot of the source.
    #[default]
    Direct,
    /// Through files, in a directory or in S3.
    Dump,
    /// By a backup of the source's data files, which Aurora restores from S3.
    Xtrabackup,
    /// By the servers' own programs: mysqldump and mysql, pg_dump and psql.
    LogicalTools,
    /// By another program, from a state of the source that the plan names.
    Restored,
}

impl LoadMethod {
    /// As plans and reports have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Dump => "dump",
            Self::Xtrabackup => "xtrabackup",
            Self::LogicalTools => "logical-tools",
            Self::Restored => "restored",
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDump {
    to: Option<String>,
    packing: Option<Packing>,
    region: Option<String>,
    profile: Option<String>,
    endpoint_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBackup {
    to: Option<String>,
    program: Option<PathBuf>,
    #[serde(default)]
    arguments: Vec<String>,
    parallel: Option<usize>,
    part_megabytes: Option<u64>,
    region: Option<String>,
    profile: Option<String>,
    endpoint_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTools {
    dump: Option<PathBuf>,
    load: Option<PathBuf>,
    #[serde(default)]
    arguments: Vec<String>,
}

/// The servers' own programs; those on `PATH` where none are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolsPlan {
    pub(crate) dump: Option<PathBuf>,
    pub(crate) load: Option<PathBuf>,
    /// Further arguments of the one that dumps.
    pub(crate) arguments: Vec<String>,
}

/// Where a backup of data files goes, and how it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackupPlan {
    /// Absent where the plan names no place: the command line does, then.
    pub(crate) to: Option<Place>,
    /// Absent: the one for what the source runs, on `PATH`.
    pub(crate) program: Option<PathBuf>,
    /// Further arguments of it.
    pub(crate) arguments: Vec<String>,
    /// Files read at once.
    pub(crate) parallel: usize,
    /// The most bytes of a part.
    pub(crate) part_bytes: u64,
    pub(crate) access: BucketAccess,
}

/// Where a dump goes, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DumpPlan {
    /// Absent where the plan names no place: the command line does, then.
    pub(crate) to: Option<Place>,
    pub(crate) packing: Packing,
    pub(crate) access: BucketAccess,
}

/// How buckets are reached, where the environment does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct BucketAccess {
    pub(crate) region: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) endpoint_url: Option<String>,
}

/// A directory, or a prefix in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Directory(PathBuf),
    Bucket {
        settings: BucketSettings,
        prefix: String,
    },
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(path) => write!(formatter, "{}", path.display()),
            Self::Bucket { settings, prefix } => write!(formatter, "s3://{}/{prefix}", settings.bucket),
        }
    }
}

impl Place {
    /// A place named as in the plan: `s3://bucket/prefix`, or a directory, beside `folder` where it is not absolute.
    pub(crate) fn named(access: &BucketAccess, folder: &Path, named: &str) -> Result<Self, &'static str> {
        let Some(rest) = named.strip_prefix("s3://") else {
            if named.is_empty() || named.contains("://") {
                return Err("write it as a directory or as s3://BUCKET/PREFIX");
            }
            return Ok(Self::Directory(folder.join(named)));
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        // "General purpose bucket naming rules", Amazon S3 User Guide.
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(fits) {
            return Err("a bucket's name has 3 to 63 lower-case letters, digits, hyphens and dots");
        }
        Ok(Self::Bucket {
            settings: BucketSettings {
                bucket: bucket.to_owned(),
                region: access.region.clone(),
                profile: access.profile.clone(),
                endpoint_url: access.endpoint_url.clone(),
            },
            prefix: prefix.to_owned(),
        })
    }
}

/// What the plan says of loads through files, of backups, and of what another program brought. `by_gtid`: whether it replicates so;
/// `folder` is the plan's.
pub(super) fn resolve(
    raw: &mut super::raw::RawLoad,
    family: Family,
    by_gtid: bool,
    folder: &Path,
    error: impl Fn(&str, &str, &str) -> PlanError,
) -> Result<Methods, PlanError> {
    let method = raw.method.unwrap_or_default();
    if family == Family::Postgres && matches!(method, LoadMethod::Xtrabackup | LoadMethod::Restored) {
        let what = format!("is \"{}\", and the source is PostgreSQL", method.name());
        let hint = "of PostgreSQL rows alone are loaded, \"direct\" or by \"dump\": their changes are kept by a replication slot that a \
                    load makes";
        return Err(error("load.method", &what, hint));
    }
    let place = |access: &BucketAccess, key: &str, named: Option<String>, of: LoadMethod| match named {
        Some(named) => {
            let place = Place::named(access, folder, &named);
            place
                .map(Some)
                .map_err(|hint| error(key, &format!("is `{named}`"), hint))
        }
        None if method == of => {
            let what = format!("is not set, and `load.method` is \"{}\"", of.name());
            Err(error(key, &what, "name a directory or s3://BUCKET/PREFIX"))
        }
        None => Ok(None),
    };
    let of_dumps = raw.dump.take().unwrap_or_default();
    let access = BucketAccess {
        region: of_dumps.region,
        profile: of_dumps.profile,
        endpoint_url: of_dumps.endpoint_url,
    };
    let dump = DumpPlan {
        to: place(&access, "load.dump.to", of_dumps.to, LoadMethod::Dump)?,
        packing: of_dumps.packing.unwrap_or_default(),
        access,
    };
    let of_backups = raw.backup.take().unwrap_or_default();
    let access = BucketAccess {
        region: of_backups.region,
        profile: of_backups.profile,
        endpoint_url: of_backups.endpoint_url,
    };
    let part = of_backups.part_megabytes.unwrap_or(PART_MEGABYTES);
    if !PARTS.contains(&part) {
        let hint = "64 TiB in parts below 100 MB are more files than Aurora takes, and no object is larger than 5 TB";
        return Err(error("load.backup.part_megabytes", &format!("is {part}"), hint));
    }
    let backup = BackupPlan {
        to: place(&access, "load.backup.to", of_backups.to, LoadMethod::Xtrabackup)?,
        program: of_backups.program,
        arguments: of_backups.arguments,
        parallel: of_backups.parallel.unwrap_or(4).clamp(1, 64),
        part_bytes: part * 1_000_000,
        access,
    };
    let brought_at = match (raw.position.take(), method) {
        (Some(text), LoadMethod::Restored) => {
            let hint = "write it as the backup or tool told it: a GTID set, FILE:OFFSET of the source's binary log, or \"target\"";
            let brought_at = match (text.as_str(), by_gtid) {
                ("target", true) => Ok(BroughtAt::TargetTells),
                ("target", false) => {
                    let hint =
                        "name FILE:OFFSET of the source's binary log: without GTIDs the target does not know";
                    return Err(error(
                        "load.position",
                        "is `target`, and `replication.gtid` is not set",
                        hint,
                    ));
                }
                (text, _) => text.parse().map(BroughtAt::Position),
            };
            Some(brought_at.map_err(|_| error("load.position", &format!("is `{text}`"), hint))?)
        }
        (Some(_), _) => {
            let hint = "set `load.method = \"restored\"`, or take it out";
            let what = format!("is set, and `load.method` is \"{}\"", method.name());
            return Err(error("load.position", &what, hint));
        }
        (None, LoadMethod::Restored) => {
            let hint =
                "name the state of the source that was brought to the target: a GTID set, or FILE:OFFSET";
            return Err(error(
                "load.position",
                "is not set, and `load.method` is \"restored\"",
                hint,
            ));
        }
        (None, _) => None,
    };
    let of_tools = raw.tools.take().unwrap_or_default();
    Ok(Methods {
        method,
        tools: ToolsPlan {
            dump: of_tools.dump,
            load: of_tools.load,
            arguments: of_tools.arguments,
        },
        dump,
        backup,
        brought_at,
    })
}

/// How rows come to the target, by each method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Methods {
    pub(crate) method: LoadMethod,
    pub(crate) dump: DumpPlan,
    pub(crate) backup: BackupPlan,
    pub(crate) tools: ToolsPlan,
    /// The state of the source that another program brought to the target.
    pub(crate) brought_at: Option<BroughtAt>,
}

/// Which state of the source another program brought to the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BroughtAt {
    /// This one.
    Position(Position),
    /// The one that the target's GTIDs tell: it holds the source's own, as a restored or promoted server does.
    TargetTells,
}

impl std::fmt::Display for BroughtAt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Position(position) => position.fmt(formatter),
            Self::TargetTells => formatter.write_str("the source's transactions that it has executed"),
        }
    }
}

/// Megabytes of a part of a backup.
const PART_MEGABYTES: u64 = 500;
/// What may be asked for: a restore takes 1,000,000 files of 5 TB at most (Aurora User Guide, "Physical migration from MySQL by
/// using Percona XtraBackup and Amazon S3").
const PARTS: std::ops::RangeInclusive<u64> = 100..=5_000_000;

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use daybreak_model::Family;

    use super::{BucketAccess, Methods, Place, PlanError, resolve};

    fn place(named: &str) -> Result<Place, &'static str> {
        Place::named(&BucketAccess::default(), Path::new("/plans"), named)
    }

    #[test]
    fn a_place_is_a_directory_or_a_bucket() {
        assert_eq!(
            place("night"),
            Ok(Place::Directory(PathBuf::from("/plans/night")))
        );
        assert_eq!(
            place("/big/night"),
            Ok(Place::Directory(PathBuf::from("/big/night")))
        );
        let Ok(Place::Bucket { settings, prefix }) = place("s3://company-dumps/shop/1") else {
            panic!("a bucket");
        };
        assert_eq!((&*settings.bucket, &*prefix), ("company-dumps", "shop/1"));
        for other in ["", "gs://bucket/x", "s3://", "s3://Up/x", "s3://a/x"] {
            assert!(place(other).is_err(), "{other}");
        }
    }

    fn methods(text: &str, family: Family) -> Result<Methods, String> {
        let mut raw = toml::from_str(text).expect("it is TOML");
        resolve(
            &mut raw,
            family,
            true,
            Path::new("/plans"),
            |key, message, hint| PlanError::Value {
                path: PathBuf::from("daybreak.toml"),
                key: key.to_owned(),
                message: message.to_owned(),
                hint: Some(hint.to_owned()),
            },
        )
        .map_err(|error| error.to_string())
    }

    #[test]
    fn each_method_has_what_it_needs() {
        let text = "method = \"xtrabackup\"\n[backup]\nto = \"night\"\npart_megabytes = 100";
        let backup = methods(text, Family::Mysql).expect("read").backup;
        assert_eq!(backup.to, Some(Place::Directory(PathBuf::from("/plans/night"))));
        assert_eq!((backup.part_bytes, backup.parallel), (100_000_000, 4));
        let brought = methods(
            "method = \"restored\"\nposition = \"binlog.000007:4711\"",
            Family::Mysql,
        );
        let brought = brought
            .expect("read")
            .brought_at
            .map(|position| position.to_string());
        assert_eq!(brought.as_deref(), Some("binlog.000007:4711"));
        for (text, family, words) in [
            ("method = \"dump\"", Family::Mysql, "`load.dump.to` is not set"),
            (
                "method = \"xtrabackup\"",
                Family::Mysql,
                "`load.backup.to` is not set",
            ),
            (
                "method = \"restored\"",
                Family::Mysql,
                "`load.position` is not set",
            ),
            (
                "position = \"binlog.000007:4711\"",
                Family::Mysql,
                "`load.method` is \"direct\"",
            ),
            (
                "method = \"restored\"\nposition = \"16/B3\"",
                Family::Postgres,
                "the source is PostgreSQL",
            ),
            (
                "method = \"xtrabackup\"",
                Family::Postgres,
                "the source is PostgreSQL",
            ),
            (
                "[backup]\npart_megabytes = 1",
                Family::Mysql,
                "`load.backup.part_megabytes` is 1",
            ),
        ] {
            let error = methods(text, family).expect_err("refused");
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
