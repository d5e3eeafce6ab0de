//! require_secure_transport is ON by default in Aurora MySQL 8.4: a client without TLS is refused with 3159 (Aurora
//! User Guide, "Aurora MySQL version 8.4").

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.tls_optional",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3", "F11"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "clients that may connect without TLS, and may not on Aurora 8.4",
        remedy: "let every client use TLS before the cut-over, or set require_secure_transport = 0 in the cluster parameter group",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let optional = !facts.variables.known()?.is_on("require_secure_transport");
    Ok((optional && facts.target.community >= Version::new(8, 4, 0))
        .then(|| {
            Hit::new(
                "require_secure_transport",
                "it is not ON here, and is ON by default there",
            )
        })
        .into_iter()
        .collect())
}
