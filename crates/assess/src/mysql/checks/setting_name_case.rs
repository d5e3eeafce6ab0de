//! Since 8.0 the value is fixed when a cluster is made (Aurora User Guide, "Aurora MySQL parameters").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.name_case",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "lower_case_table_names other than 0",
        remedy: "make the cluster with a parameter group that has the same value: it cannot be changed later",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let value = facts
        .variables
        .known()?
        .get("lower_case_table_names")
        .filter(|value| *value != "0");
    Ok(value
        .map(|value| {
            Hit::new(
                "lower_case_table_names",
                format!("it is {value}, and 0 is the default on Aurora"),
            )
        })
        .into_iter()
        .collect())
}
