//! The default plugin is mysql_native_password before 8.0 and on Aurora MySQL 3, and caching_sha2_password on Aurora
//! 8.4 (MySQL Shell, `defaultAuthenticationPlugin`, `defaultAuthenticationPluginMds`; Aurora precheck
//! `deprecatedDefaultAuth`).

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.authentication",
        engines: Engine::MYSQL,
        rows: &["P1", "D3"],
        severity: Severity::Note,
        crossing: Crossing::into(8, 4, 0),
        title: "new accounts that get another plugin than before",
        remedy: "set the password of an account with the plugin its clients speak, or authentication_policy in the parameter group",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let old = facts.flavor.version < Version::new(8, 0, 4);
    let plugin = facts.variables.known()?.get("default_authentication_plugin");
    let plugin = plugin
        .or(old.then_some("mysql_native_password"))
        .filter(|plugin| *plugin != "caching_sha2_password");
    Ok(plugin
        .map(|plugin| {
            Hit::new(
                "default_authentication_plugin",
                format!("new accounts get {plugin} here, and caching_sha2_password there"),
            )
        })
        .into_iter()
        .collect())
}
