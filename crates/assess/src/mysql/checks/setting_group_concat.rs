//! What is longer is cut off with a warning (MySQL manual, "Aggregate Function Descriptions"). The default is 1,024
//! bytes in MySQL and 1 MiB in MariaDB.

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.group_concat",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P4"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "GROUP_CONCAT() of another length than the default",
        remedy: "set group_concat_max_len in the parameter group",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let bytes = facts
        .variables
        .known()?
        .number("group_concat_max_len")
        .filter(|bytes| *bytes != 1024);
    Ok(bytes
        .map(|bytes| {
            Hit::new(
                "group_concat_max_len",
                format!("it is {bytes}, and 1024 by default there"),
            )
        })
        .into_iter()
        .collect())
}
