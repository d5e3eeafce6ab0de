//! Aurora has neither FEDERATED nor CONNECT nor Spider (Aurora User Guide, "Migrating data to an Amazon Aurora MySQL DB
//! cluster").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.server.remote",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P6"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "remote servers that tables refer to",
        remedy: "leave it behind with the tables that use it",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let remotes = facts.remotes.known()?.iter();
    Ok(remotes
        .map(|remote| {
            let evidence = format!("a server at {} by {}", remote.host, remote.wrapper);
            Hit::new(format!("server {}", remote.name), evidence)
                .mended_by(format!("DROP SERVER {}", quote::name(&remote.name)))
        })
        .collect())
}
