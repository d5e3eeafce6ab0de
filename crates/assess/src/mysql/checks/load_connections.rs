//! On Aurora the number hangs on the memory of the class; beyond it clients get 1040 (Aurora User Guide, "Maximum
//! connections to an Aurora MySQL DB instance").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.load.connections",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "R2"],
        severity: Severity::Degrades,
        crossing: Crossing::Always,
        title: "connections near what the server lets in",
        remedy: "choose an instance class whose max_connections is larger, or put RDS Proxy before it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let most = facts.status.known()?.number("max_used_connections").unwrap_or(0);
    let limit = facts.variables.known()?.number("max_connections").unwrap_or(0);
    Ok((limit > 0 && most * 100 >= limit * 80)
        .then(|| {
            Hit::new(
                "max_connections",
                format!("{most} of {limit} have been in use at once"),
            )
        })
        .into_iter()
        .collect())
}
