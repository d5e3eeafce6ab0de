//! MySQL supports replication and upgrades from one line to the next: 5.6, 5.7, 8.0, 8.4 (MySQL manual, "Replication
//! Compatibility Between MySQL Versions", "Upgrade Paths").

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.version.jump",
        engines: Engine::MYSQL,
        rows: &["P1", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "a server more than one release line older than the target",
        remedy: "go by way of the release lines between, or load the data and rehearse replication over the gap",
    },
    look,
};

/// The release lines, in order.
const LINES: [(u16, u16); 5] = [(5, 5), (5, 6), (5, 7), (8, 0), (8, 4)];

fn look(facts: &Facts) -> Looked {
    let place = |version: Version| {
        LINES
            .iter()
            .rposition(|line| *line <= (version.major, version.minor))
    };
    let (Some(here), Some(there)) = (place(facts.flavor.version), place(facts.target.community)) else {
        return Ok(Vec::new());
    };
    Ok((there > here + 1)
        .then(|| {
            let between: Vec<String> = LINES[here + 1..there]
                .iter()
                .map(|(major, minor)| format!("{major}.{minor}"))
                .collect();
            Hit::new(
                "version",
                format!(
                    "between {} and {} lie {}",
                    facts.flavor.version,
                    facts.target.community,
                    between.join(", ")
                ),
            )
        })
        .into_iter()
        .collect())
}
