//! MySQL manual, "Changes in MySQL 8.0" and "8.4"; MySQL Shell, `sysVarsNewDefaults`.

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.new_default",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "R2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "variables whose default changes on the way",
        remedy: "decide which value is wanted, and say it in the parameter group if it is the one of here",
    },
    look,
};

/// Name, default before, default since, since when.
const CHANGED: &[(&str, &str, &str, Version)] = &[
    ("innodb_autoinc_lock_mode", "1", "2", Version::new(8, 0, 3)),
    ("max_error_count", "64", "1024", Version::new(8, 0, 3)),
    ("table_open_cache", "2000", "4000", Version::new(8, 0, 4)),
    ("eq_range_index_dive_limit", "10", "200", Version::new(5, 7, 4)),
    (
        "internal_tmp_disk_storage_engine",
        "MyISAM",
        "InnoDB",
        Version::new(8, 0, 2),
    ),
    ("innodb_adaptive_hash_index", "ON", "OFF", Version::new(8, 4, 0)),
];

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let ahead = |version: Version| {
        (facts.is_maria_db() || facts.flavor.version < version) && version <= facts.target.community
    };
    Ok(CHANGED
        .iter()
        .filter(|(.., version)| ahead(*version))
        .filter_map(|(name, before, since, version)| {
            let value = variables.get(name).filter(|value| value == before)?;
            Some(Hit::new(
                *name,
                format!("it is {value}; since {version} the default is {since}"),
            ))
        })
        .collect())
}
