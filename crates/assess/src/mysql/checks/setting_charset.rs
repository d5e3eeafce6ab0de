//! A table that is made later without saying its character set takes the default. With other defaults on the two sides,
//! replication of such a table stops (13146), or its indexes sort otherwise.

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.charset",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a default character set or collation other than the target's",
        remedy: "set character_set_server and collation_server in the cluster parameter group to what they are here",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let variables = facts.variables.known()?;
    let here = (
        variables.get("character_set_server").unwrap_or_default(),
        variables.get("collation_server").unwrap_or_default(),
    );
    let modern = facts.target.community >= Version::new(8, 0, 1);
    let there = if modern {
        ("utf8mb4", "utf8mb4_0900_ai_ci")
    } else {
        ("latin1", "latin1_swedish_ci")
    };
    Ok((here != there)
        .then(|| {
            Hit::new(
                "character_set_server",
                format!(
                    "{} with {}, and {} with {} by default there",
                    here.0, here.1, there.0, there.1
                ),
            )
        })
        .into_iter()
        .collect())
}
