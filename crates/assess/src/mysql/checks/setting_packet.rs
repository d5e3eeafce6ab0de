//! A row or statement that is larger than the target takes is refused (1153), and stops replication. The default is 64
//! MiB in 8.0 and 4 MiB before (MySQL manual, "Packet Too Large").

use daybreak_model::{Severity, Version};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.setting.packet",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2", "D4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "packets larger than the default",
        remedy: "set max_allowed_packet and replica_max_allowed_packet in the parameter groups to at least this",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let default = if facts.target.community >= Version::new(8, 0, 3) {
        64 << 20
    } else {
        4 << 20
    };
    let bytes = facts
        .variables
        .known()?
        .number("max_allowed_packet")
        .filter(|bytes| *bytes > default);
    Ok(bytes
        .map(|bytes| {
            Hit::new(
                "max_allowed_packet",
                format!(
                    "{} MiB, and {} MiB is the default there",
                    bytes >> 20,
                    default >> 20
                ),
            )
        })
        .into_iter()
        .collect())
}
