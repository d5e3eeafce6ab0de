//! MySQL manual, "Server and Status Variables and Options Added, Deprecated, or Removed"; MySQL Shell, `removedSysVars`
//! and `removedSysLogVars`.

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.removed",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "variables with a value of their own that the target has not",
        remedy: "leave it out of the parameter group, and look for what took its place",
    },
    look,
};

/// Name, the defaults of the versions that have it, removed in.
const REMOVED: &[(&str, &str, Version)] = &[
    ("date_format", "%Y-%m-%d", Version::new(8, 0, 3)),
    ("datetime_format", "%Y-%m-%d %H:%i:%s", Version::new(8, 0, 3)),
    ("time_format", "%H:%i:%s", Version::new(8, 0, 3)),
    ("expire_logs_days", "0", Version::new(8, 4, 0)),
    ("innodb_file_format", "Antelope|Barracuda", Version::new(8, 0, 0)),
    ("innodb_large_prefix", "OFF|ON", Version::new(8, 0, 0)),
    ("innodb_locks_unsafe_for_binlog", "OFF", Version::new(8, 0, 0)),
    ("innodb_checksums", "ON", Version::new(8, 0, 0)),
    ("innodb_support_xa", "ON", Version::new(8, 0, 0)),
    ("innodb_undo_logs", "128", Version::new(8, 0, 2)),
    ("log_syslog", "OFF", Version::new(8, 0, 13)),
    ("log_warnings", "1|2", Version::new(8, 0, 3)),
    ("log_bin_use_v1_row_events", "OFF", Version::new(8, 3, 0)),
    ("max_tmp_tables", "32", Version::new(8, 0, 3)),
    ("multi_range_count", "256", Version::new(8, 0, 3)),
    ("old_passwords", "0", Version::new(8, 0, 11)),
    ("secure_auth", "ON", Version::new(8, 0, 3)),
    ("show_compatibility_56", "OFF", Version::new(8, 0, 1)),
    ("sync_frm", "ON", Version::new(8, 0, 0)),
    ("metadata_locks_hash_instances", "8", Version::new(8, 0, 13)),
    ("old", "OFF", Version::new(8, 4, 0)),
    ("new", "OFF", Version::new(8, 4, 0)),
    ("avoid_temporal_upgrade", "OFF", Version::new(8, 4, 0)),
    ("show_old_temporals", "OFF", Version::new(8, 4, 0)),
    (
        "slave_rows_search_algorithms",
        "TABLE_SCAN,INDEX_SCAN|INDEX_SCAN,HASH_SCAN",
        Version::new(8, 3, 0),
    ),
    (
        "transaction_write_set_extraction",
        "OFF|XXHASH64",
        Version::new(8, 3, 0),
    ),
    ("ssl_fips_mode", "OFF", Version::new(8, 4, 0)),
];

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let ahead = |version: Version| {
        (facts.is_maria_db() || facts.flavor.version < version) && version <= facts.target.community
    };
    // MariaDB has other defaults for these.
    let named = |name: &str| {
        !facts.is_maria_db() || !["old_passwords", "log_warnings", "secure_auth"].contains(&name)
    };
    Ok(REMOVED
        .iter()
        .filter(|(name, _, version)| ahead(*version) && named(name))
        .filter_map(|(name, default, version)| {
            let value = variables.get(name).filter(|value| {
                !value.is_empty() && !default.split('|').any(|default| is_same(value, default))
            })?;
            Some(Hit::new(
                *name,
                format!("it is {value}; {version} has no such variable"),
            ))
        })
        .collect())
}

/// MariaDB prints 0 as 0.000000.
fn is_same(value: &str, default: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    value.eq_ignore_ascii_case(default) || number(value).is_some_and(|value| number(default) == Some(value))
}
