//! What was added to the server: plugins, components, functions, links to other servers.

use daybreak_engine::EngineError;

use super::Fact;
use super::asking::{Answer, Asking};

/// A plugin that is not built in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plugin {
    pub(crate) name: String,
    /// `AUTHENTICATION`, `STORAGE ENGINE`, `AUDIT`, …
    pub(crate) kind: String,
    pub(crate) status: String,
    /// The file it came from; empty for one that is built in.
    pub(crate) library: String,
}

/// A function of a library's.
#[derive(Debug, Clone, Default)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) library: String,
}

/// A remote server that FEDERATED or Spider tables refer to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remote {
    pub(crate) name: String,
    pub(crate) wrapper: String,
    pub(crate) host: String,
}

pub(super) async fn plugins(asking: &Asking<'_>) -> Result<Fact<Vec<Plugin>>, EngineError> {
    let question = "SELECT PLUGIN_NAME, PLUGIN_TYPE, PLUGIN_STATUS, PLUGIN_LIBRARY FROM information_schema.PLUGINS \
                    ORDER BY PLUGIN_NAME";
    let read = |mut row: Answer| Plugin {
        name: row.text(),
        kind: row.text(),
        status: row.text(),
        library: row.text(),
    };
    asking.list("the plugins", &[], question, read).await
}

/// Addresses of installed components: `file://component_validate_password`.
pub(super) async fn components(asking: &Asking<'_>) -> Result<Fact<Vec<String>>, EngineError> {
    if !asking.mysql_from(8, 0) {
        return Ok(Fact::new(Vec::new()));
    }
    let question = "SELECT component_urn FROM mysql.component ORDER BY component_urn";
    asking
        .list("the components", &["SELECT"], question, |mut row| row.text())
        .await
}

pub(super) async fn functions(asking: &Asking<'_>) -> Result<Fact<Vec<Function>>, EngineError> {
    let read = |mut row: Answer| Function {
        name: row.text(),
        library: row.text(),
    };
    asking
        .list(
            "the loadable functions",
            &["SELECT"],
            "SELECT name, dl FROM mysql.func ORDER BY name",
            read,
        )
        .await
}

pub(super) async fn remotes(asking: &Asking<'_>) -> Result<Fact<Vec<Remote>>, EngineError> {
    let question = "SELECT Server_name, Wrapper, Host FROM mysql.servers ORDER BY Server_name";
    let read = |mut row: Answer| Remote {
        name: row.text(),
        wrapper: row.text(),
        host: row.text(),
    };
    asking
        .list("the remote servers", &["SELECT"], question, read)
        .await
}

/// Resource groups that are not the server's own.
pub(super) async fn resource_groups(asking: &Asking<'_>) -> Result<Fact<Vec<String>>, EngineError> {
    // Amazon lets nobody make one.
    if !asking.mysql_from(8, 0) || asking.flavor.is_managed() {
        return Ok(Fact::new(Vec::new()));
    }
    let needs = &["RESOURCE_GROUP_USER|RESOURCE_GROUP_ADMIN"];
    let question = "SELECT RESOURCE_GROUP_NAME FROM information_schema.RESOURCE_GROUPS \
                    WHERE RESOURCE_GROUP_NAME NOT IN ('SYS_default', 'SYS_internal', 'USR_default') \
                    ORDER BY RESOURCE_GROUP_NAME";
    asking
        .list("the resource groups", needs, question, |mut row| row.text())
        .await
}
