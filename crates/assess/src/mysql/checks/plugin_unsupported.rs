//! Aurora loads no plugin that is not its own; it has auditing and IAM built in (MySQL Shell, `pluginUsage`; Aurora
//! prechecks `pluginUsage`, `auroraUnsupportedPluginsCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.plugin.unsupported",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "plugins that Aurora does not load",
        remedy: "find out who uses it, and what Aurora has in its place",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let loaded = facts.plugins.known()?.iter().filter(|plugin| {
        // Replication plugins and the password check have checks of their own.
        let elsewhere = plugin.name.starts_with("rpl_semi_sync") || plugin.name.contains("validate_password");
        !plugin.library.is_empty()
            && plugin.status == "ACTIVE"
            && !elsewhere
            && plugin.name != "mysql_native_password"
    });
    Ok(loaded
        .map(|plugin| {
            let kind = plugin.kind.to_lowercase();
            Hit::new(
                format!("plugin {}", plugin.name),
                format!("a plugin of kind {kind}, from {}", plugin.library),
            )
        })
        .collect())
}
