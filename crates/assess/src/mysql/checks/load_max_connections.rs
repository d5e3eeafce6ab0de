//! By default a class lets in about one connection for each 12 MB of memory, 16,000 at most (Aurora User Guide,
//! "Maximum connections to an Aurora MySQL DB instance").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.load.max_connections",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Note,
        crossing: Crossing::ToAurora,
        title: "more connections than most instance classes let in by default",
        remedy: "choose the class by it, or set max_connections in the parameter group with a load test behind it",
    },
    look,
};

/// What db.r6g.2xlarge, of 64 GiB, lets in by default.
const USUAL: u64 = 3_000;

fn look(facts: &Facts) -> Looked {
    let limit = facts
        .variables
        .known()?
        .number("max_connections")
        .filter(|limit| *limit > USUAL);
    Ok(limit
        .map(|limit| {
            Hit::new(
                "max_connections",
                format!("it is {limit}; a class of 64 GiB lets in {USUAL} by default"),
            )
        })
        .into_iter()
        .collect())
}
