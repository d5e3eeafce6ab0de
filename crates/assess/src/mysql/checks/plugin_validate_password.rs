//! The plugin is not carried and the settings have other names in the component (Aurora precheck
//! `auroraValidatePasswordPluginCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.plugin.validate_password",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "rules for passwords by a plugin",
        remedy: "use the component on Aurora 8.4 (aurora_enable_validate_password_component), or check passwords where they are made",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let plugins = facts.plugins.known()?.iter();
    let rules =
        plugins.filter(|plugin| plugin.kind == "VALIDATE PASSWORD" || plugin.kind == "PASSWORD VALIDATION");
    Ok(rules
        .filter(|plugin| plugin.status == "ACTIVE")
        .map(|plugin| {
            Hit::new(
                format!("plugin {}", plugin.name),
                "it decides which passwords may be set",
            )
        })
        .collect())
}
