//! Aurora MySQL does not follow more than one source (Aurora User Guide, "Comparing Aurora MySQL version 3 and MySQL
//! 8.0 Community Edition").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Channel, Facts};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.replica.several_sources",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a replica of more than one source",
        remedy: "move each source to Aurora by itself, or merge them here and let Aurora follow this server",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let channels = facts.channels.known()?;
    let names: Vec<String> = channels.iter().map(Channel::object).collect();
    Ok((channels.len() > 1)
        .then(|| Hit::new("replication", names.join("; ")))
        .into_iter()
        .collect())
}
