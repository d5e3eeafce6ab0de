use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{PlanError, unknown_key};

/// The plan file as written. Every key is listed here once; a key not listed is an error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPlan {
    pub(super) migration: RawMigration,
    pub(super) source: RawSide,
    pub(super) target: RawSide,
    pub(super) replication: RawReplication,
    #[serde(default)]
    pub(super) load: RawLoad,
    #[serde(default)]
    pub(super) check: RawCheck,
    #[serde(default)]
    pub(super) cut_over: RawCutOver,
    pub(super) gate: Option<RawGate>,
    #[serde(default)]
    pub(super) waivers: Vec<RawWaiver>,
    pub(super) slow: Option<super::slow::RawSlow>,
    pub(super) trim: Option<RawTrim>,
    /// Read by itself; here only what loads have to know of it.
    pub(super) cluster: Option<super::cluster::RawCluster>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawWaiver {
    pub(super) check: String,
    pub(super) object: Option<String>,
    pub(super) reason: String,
    pub(super) expires: toml::value::Datetime,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTrim {
    pub(super) archive: Option<String>,
    pub(super) region: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) endpoint_url: Option<String>,
    pub(super) max_lag_seconds: Option<f64>,
    pub(super) max_running_sessions: Option<usize>,
    pub(super) max_commit_ms: Option<u64>,
    pub(super) chunk_rows: Option<usize>,
    pub(super) ignore_unreached: Option<bool>,
    #[serde(default)]
    pub(super) rules: Vec<RawTrimRule>,
    #[serde(default)]
    pub(super) holds: Vec<RawHold>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTrimRule {
    pub(super) name: String,
    pub(super) table: String,
    #[serde(rename = "where")]
    pub(super) condition: Option<String>,
    pub(super) column: Option<String>,
    pub(super) keep: Option<String>,
    pub(super) unit: Option<RawAgeUnit>,
    pub(super) time_zone: Option<String>,
    #[serde(default)]
    pub(super) children: RawChildren,
    pub(super) archive: Option<bool>,
    pub(super) partitions: Option<bool>,
    pub(super) fire_triggers: Option<bool>,
    pub(super) schedule: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RawAgeUnit {
    #[default]
    Seconds,
    Milliseconds,
    Microseconds,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RawChildren {
    #[default]
    Refuse,
    First,
    Keep,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawHold {
    pub(super) table: String,
    #[serde(rename = "where")]
    pub(super) condition: String,
    pub(super) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawMigration {
    pub(super) name: String,
    pub(super) schemas: Vec<String>,
    #[serde(default)]
    pub(super) also: Vec<String>,
    pub(super) state_dir: Option<PathBuf>,
    pub(super) purposes: Option<PathBuf>,
    pub(super) purpose: Option<String>,
}

/// Where a secret comes from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSecret {
    pub(super) env: Option<String>,
    pub(super) file: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSide {
    pub(super) url: String,
    pub(super) password: RawSecret,
    pub(super) reachable_as: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawReplication {
    pub(super) user: Option<String>,
    pub(super) password: RawSecret,
    pub(super) gtid: bool,
    pub(super) tls: Option<bool>,
    pub(super) ca_on_source: Option<String>,
    pub(super) ca_on_target: Option<String>,
    pub(super) native: Option<bool>,
    pub(super) way_back: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawLoad {
    pub(super) workers: Option<usize>,
    pub(super) range_rows: Option<u64>,
    pub(super) range_megabytes: Option<u64>,
    pub(super) snapshot_patience_seconds: Option<f64>,
    pub(super) max_running_sessions: Option<usize>,
    pub(super) retries: Option<u32>,
    pub(super) method: Option<super::load::LoadMethod>,
    pub(super) dump: Option<super::load::RawDump>,
    pub(super) backup: Option<super::load::RawBackup>,
    pub(super) tools: Option<super::load::RawTools>,
    pub(super) position: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCheck {
    pub(super) estate: Option<bool>,
    pub(super) audit: Option<bool>,
    pub(super) range_rows: Option<u64>,
    pub(super) range_megabytes: Option<u64>,
    pub(super) chunk_seconds: Option<f64>,
    pub(super) share_percent: Option<u8>,
    pub(super) strong: Option<bool>,
    pub(super) json_by_meaning: Option<bool>,
    pub(super) looks: Option<u32>,
    pub(super) patience_seconds: Option<f64>,
    pub(super) rows_named: Option<usize>,
    pub(super) max_running_sessions: Option<usize>,
    pub(super) max_lag_seconds: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCutOver {
    pub(super) max_lag_seconds: Option<f64>,
    pub(super) max_transaction_seconds: Option<f64>,
    pub(super) max_clock_skew_ms: Option<i64>,
    pub(super) catch_up_seconds: Option<f64>,
    pub(super) ignore_accounts: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawGate {
    pub(super) listen: String,
    pub(super) deadline_seconds: Option<f64>,
    pub(super) drain_seconds: Option<f64>,
    pub(super) stragglers: Option<RawStragglers>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RawStragglers {
    Close,
    Abort,
}

/// Reads the text of a plan file; an error names line and column.
pub(super) fn parse(path: &Path, text: &str) -> Result<RawPlan, PlanError> {
    parse_as(path, text)
}

/// Reads the text of a plan file as whatever of it is wanted.
pub(super) fn parse_as<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, PlanError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start).min(text.len());
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        PlanError::Syntax {
            path: path.to_owned(),
            line,
            column,
            message: error.message().to_owned(),
            hint: unknown_key::nearest(error.message()),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::parse;

    #[test]
    fn an_unknown_key_is_an_error_with_its_place_and_the_nearest_key() {
        let text = "[migration]\nname = \"shop\"\nschemas = [\"shop\"]\n[source]\nurl = \"mysql://a@b/\"\npasword = { env = \"X\" }\n";
        let error = parse(Path::new("daybreak.toml"), text).expect_err("unknown key");
        assert!(
            error
                .to_string()
                .starts_with("daybreak.toml:6:1: unknown field `pasword`"),
            "{error}"
        );
        assert_eq!(error.hint().as_deref(), Some("did you mean `password`?"));
    }

    #[test]
    fn a_missing_table_is_named() {
        let error =
            parse(Path::new("p.toml"), "[migration]\nname = \"a\"\nschemas = []\n").expect_err("no source");
        assert!(error.to_string().contains("missing field `source`"), "{error}");
    }
}
