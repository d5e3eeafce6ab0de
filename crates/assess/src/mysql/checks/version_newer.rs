//! MySQL does not go back in place, and replication from newer to older is not supported (MySQL manual, "Replication
//! Compatibility Between MySQL Versions").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.version.newer",
        engines: Engine::MYSQL,
        rows: &["P1", "D4", "F14"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "a server newer than the target",
        remedy: "load the data, and look at what the newer server has and the target has not; rehearse",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let (here, there) = (facts.flavor.version, facts.target.community);
    let newer = (here.major, here.minor) > (there.major, there.minor);
    Ok(newer
        .then(|| Hit::new("version", format!("{here} here, and {there} there")))
        .into_iter()
        .collect())
}
