//! Aurora MySQL 3 has no resource groups (Aurora User Guide, "Comparing Aurora MySQL version 3 and MySQL 8.0 Community
//! Edition").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.server.resource_group",
        engines: Engine::MYSQL,
        rows: &["P1"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "resource groups",
        remedy: "leave them out: take RESOURCE_GROUP hints out of statements, and use another instance for what is to be apart",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    Ok(facts
        .resource_groups
        .known()?
        .iter()
        .map(|name| {
            Hit::new(format!("resource group {name}"), "it is defined here")
                .mended_by(format!("DROP RESOURCE GROUP {} FORCE", quote::name(name)))
        })
        .collect())
}
