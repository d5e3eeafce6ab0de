//! Servers before 8.0 and MariaDB before 11.4 have no utf8mb4_0900_ai_ci (collation 255): a table or statement with it
//! stops replication home (MySQL manual, "Unicode Character Sets").

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.charset.way_back",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D4", "F8", "F14"],
        severity: Severity::Degrades,
        crossing: Crossing::WayBack,
        title: "a server that cannot follow tables in the default collation of the target",
        remedy: "set collation_server in the cluster parameter group to one that this server has, and let clients not say SET NAMES utf8mb4 COLLATE utf8mb4_0900_ai_ci",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let knows = if facts.is_maria_db() {
        Version::new(11, 4, 5)
    } else {
        Version::new(8, 0, 1)
    };
    let default_is_new = facts.target.community >= Version::new(8, 0, 1);
    Ok((default_is_new && facts.flavor.version < knows)
        .then(|| {
            Hit::new(
                "collation_server",
                format!(
                    "{} does not know utf8mb4_0900_ai_ci, the default there",
                    facts.flavor
                ),
            )
        })
        .into_iter()
        .collect())
}
