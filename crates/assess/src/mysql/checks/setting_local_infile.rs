//! The default is OFF since 8.0.2, and ON before (MySQL manual, "Security Considerations for LOAD DATA LOCAL").

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.local_infile",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "LOAD DATA LOCAL for everybody",
        remedy: "set local_infile in the parameter group to what the applications need; a load is faster with it on",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let modern = facts.target.community >= Version::new(8, 0, 2);
    let on = facts.variables.known()?.is_on("local_infile");
    Ok((modern && on)
        .then(|| Hit::new("local_infile", "it is ON, and OFF by default there"))
        .into_iter()
        .collect())
}
