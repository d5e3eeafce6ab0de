//! A view whose tables, columns or functions are gone, or whose definer may not read them, cannot be made elsewhere
//! (1356).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.view.invalid",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "views over something that is not there",
        remedy: "make again what the view reads, or drop the view",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    // Of a view that it can open the server says no more than that it is one; else it says why not, in its own language.
    let broken = facts
        .tables
        .known()?
        .iter()
        .filter(|table| table.kind == "VIEW" && !["", "VIEW"].contains(&table.comment.as_str()));
    Ok(broken
        .map(|view| {
            Hit::new(view.name.to_string(), view.comment.clone())
                .mended_by(format!("DROP VIEW {}", view.quoted()))
        })
        .collect())
}
