//! Aurora User Guide, "Aurora MySQL parameters": parameters that do not apply.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.storage",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "settings of files and memory that Aurora takes into its own hands",
        remedy: "leave them out of the parameter group: they are not there, or Amazon sets them",
    },
    look,
};

/// Name and the values that are defaults of one version or another.
const FIXED: &[(&str, &[&str])] = &[
    ("innodb_flush_method", &["", "fsync", "O_DIRECT"]),
    ("innodb_doublewrite", &["ON"]),
    ("innodb_io_capacity", &["200", "10000"]),
    ("innodb_data_file_path", &["ibdata1:12M:autoextend"]),
    ("innodb_dedicated_server", &["OFF"]),
    ("big_tables", &["OFF"]),
    ("innodb_flush_log_at_timeout", &["1"]),
    ("innodb_fast_shutdown", &["1"]),
];

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    Ok(FIXED
        .iter()
        .filter_map(|(name, defaults)| {
            let value = variables.get(name).filter(|value| !defaults.contains(value))?;
            Some(Hit::new(
                *name,
                format!("it is {value}, and nobody can set it on Aurora"),
            ))
        })
        .collect())
}
