//! Customers install no components on Aurora (Aurora precheck `auroraUnsupportedComponentsCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.plugin.component",
        engines: Engine::MYSQL,
        rows: &["P1", "D3"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "components that Aurora does not load",
        remedy: "leave it out, or use what Aurora has in its place",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let components = facts.components.known()?.iter();
    Ok(components
        .map(|urn| {
            Hit::new(urn.clone(), "it is installed")
                .mended_by(format!("UNINSTALL COMPONENT {}", quote::text(urn)))
        })
        .collect())
}
