//! Aurora has pages of 16 KiB (Aurora User Guide, "Comparing Aurora MySQL version 2 and MySQL 5.7 Community Edition").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.page_size",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "InnoDB pages of another size than 16 KiB",
        remedy: "load the data instead of copying files; rows and indexes near the limit of the page here may not fit there",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let bytes = facts
        .variables
        .known()?
        .number("innodb_page_size")
        .filter(|bytes| *bytes != 16_384);
    Ok(bytes
        .map(|bytes| {
            Hit::new(
                "innodb_page_size",
                format!("it is {bytes} bytes, and 16384 there"),
            )
        })
        .into_iter()
        .collect())
}
