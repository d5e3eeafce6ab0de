//! With the binary log on, who makes a function or trigger needs SUPER unless this is 1, and nobody has SUPER on Aurora
//! (1419; MySQL manual, "Stored Program Binary Logging").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.trust_functions",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "functions and triggers that anybody may make",
        remedy: "set log_bin_trust_function_creators = 1 in the parameter group if applications make functions or triggers",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let on = facts.variables.known()?.is_on("log_bin_trust_function_creators");
    Ok(on
        .then(|| {
            Hit::new(
                "log_bin_trust_function_creators",
                "it is ON, and OFF by default there",
            )
        })
        .into_iter()
        .collect())
}
