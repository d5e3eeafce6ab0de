//! A view whose tables, columns or functions are gone, or whose definer may not read them, cannot be made elsewhere
//! (1356).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Facts, Table};
use crate::mysql::quote;
use crate::{About, Crossing, Engine, Unknown};

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
    let views = facts.tables.known()?.iter().filter(|table| table.kind == "VIEW");
    let closed = views.filter(|view| !["", "VIEW"].contains(&view.comment.as_str()));
    // Where it names our account, it is we who may not look: a view of the invoker's rights may call a function.
    let (ours, broken): (Vec<&Table>, Vec<&Table>) =
        closed.partition(|view| view.comment.contains(&facts.account));
    if let (Some(view), true) = (ours.first(), broken.is_empty()) {
        return Err(Unknown {
            why: format!("{}: {}", view.name, view.comment),
            grant: Some(may_execute(facts, view)),
        });
    }
    let broken = broken
        .into_iter()
        .map(|view| Hit::new(view.name.to_string(), view.comment.clone()));
    let ours = ours.into_iter().map(|view| {
        let evidence = format!("could not tell: {}", view.comment);
        Hit::new(view.name.to_string(), evidence)
            .mended_by(may_execute(facts, view))
            .weighing(Severity::Note)
    });
    Ok(broken.chain(ours).collect())
}

/// The statement by which our account may open such a view.
fn may_execute(facts: &Facts, view: &Table) -> String {
    format!(
        "GRANT EXECUTE ON {}.* TO {}",
        quote::name(&view.name.schema),
        facts.account
    )
}
