use std::path::{Path, PathBuf};

use daybreak_cloud::BucketSettings;
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

/// What the plan says of dumps. `folder` is the plan's.
pub(super) fn resolve(
    method: LoadMethod,
    raw: Option<RawDump>,
    folder: &Path,
    error: impl Fn(&str, &str, &str) -> PlanError,
) -> Result<DumpPlan, PlanError> {
    let raw = raw.unwrap_or_default();
    let mut plan = DumpPlan {
        to: None,
        packing: raw.packing.unwrap_or_default(),
        access: BucketAccess {
            region: raw.region,
            profile: raw.profile,
            endpoint_url: raw.endpoint_url,
        },
    };
    match raw.to {
        Some(named) => {
            let place = Place::named(&plan.access, folder, &named);
            let place = place.map_err(|hint| error("load.dump.to", &format!("is `{named}`"), hint))?;
            plan.to = Some(place);
        }
        None if method == LoadMethod::Dump => {
            let hint = "name a directory or s3://BUCKET/PREFIX, in `[load.dump]`";
            return Err(error(
                "load.dump.to",
                "is not set, and `load.method` is \"dump\"",
                hint,
            ));
        }
        None => {}
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{DumpPlan, Packing, Place};

    fn place(named: &str) -> Result<Place, &'static str> {
        let plan = DumpPlan {
            to: None,
            packing: Packing::Zstd,
            access: super::BucketAccess::default(),
        };
        Place::named(&plan.access, Path::new("/plans"), named)
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
}
