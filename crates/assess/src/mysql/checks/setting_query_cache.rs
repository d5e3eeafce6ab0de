//! 8.0.3 removed the query cache: what it answers here is load there (MySQL manual, "Changes in MySQL 8.0").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.query_cache",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P4", "R1"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 0, 3),
        title: "a query cache that answers queries",
        remedy: "measure without it before the move: SET GLOBAL query_cache_type = OFF on a replica",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let (variables, status) = (facts.variables.known()?, facts.status.known()?);
    let on = variables
        .get("query_cache_type")
        .is_some_and(|kind| kind != "OFF")
        && variables.number("query_cache_size").unwrap_or(0) > 0;
    Ok(on
        .then(|| {
            let hits = status.number("qcache_hits").unwrap_or(0);
            Hit::new(
                "query_cache_type",
                format!("it is on and has answered {hits} queries since the server started"),
            )
        })
        .into_iter()
        .collect())
}
