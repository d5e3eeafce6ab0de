//! Views, in an order in which each finds what it reads from.

use std::collections::BTreeSet;

use daybreak_model::{ObjectKind, Phase, Refusal, SchemaObject, TableName};
use mysql_async::{Conn, Row};

use super::super::connection::Server;
use super::super::quote;
use super::canonical;
use super::catalog::{Listed, created, show_create_row};
use super::stored;
use super::tokens::tokens;
use crate::EngineError;

/// The views of the scope. One that cannot be used at the source cannot be made elsewhere: it is refused by name. It is listed
/// none the less, so that one on the target whose definer may not read there is found where it is.
pub(super) async fn views(
    server: &Server,
    conn: &mut Conn,
    listed: &[Listed],
    left_out: &[String],
    mut staying: BTreeSet<TableName>,
    refusals: &mut Vec<Refusal>,
) -> Result<Vec<SchemaObject>, EngineError> {
    let mut views = Vec::new();
    for view in listed.iter().filter(|table| table.table_type == "VIEW") {
        let name = &view.table.name;
        let refused = |reason: &str, hint: String| Refusal {
            object: format!("view {name}"),
            reason: reason.to_owned(),
            hint,
        };
        let row = match show_create_row(server, conn, "VIEW", name).await {
            // Some print of a view what they cannot parse themselves: `TRIM(TRAILING FROM s)`.
            Err(error) if error.code.as_deref() == Some("1064") => {
                refusals.push(refused(
                    "the server cannot read its own definition of it, and nobody can use it",
                    format!(
                        "make the view anew in other words, or `DROP VIEW {}`",
                        quote::table(name)
                    ),
                ));
                continue;
            }
            other => other?,
        };
        let Some(text) = created(&row) else {
            refusals.push(refused(
                "the account may not see its definition",
                "grant the account SHOW VIEW".to_owned(),
            ));
            continue;
        };
        let probe = format!("EXPLAIN SELECT 1 FROM {} LIMIT 0", quote::table(name));
        if let Err(error) = server.rows_on::<Row>(conn, "failed to use a view", &probe).await
            && error.code.as_deref() == Some("1356")
        {
            refusals.push(Refusal {
                object: format!("view {name}"),
                reason: "it reads from something that is not there, or its definer may not read it"
                    .to_owned(),
                hint: format!("mend the view or `DROP VIEW {}`", quote::table(name)),
            });
        }
        if let Some(schema) = reads_from(&text, left_out) {
            refusals.push(Refusal {
                object: format!("view {name}"),
                reason: format!("it reads from schema {schema}, which the plan leaves out"),
                hint: format!(
                    "add `{schema}` to `migration.schemas`, or `DROP VIEW {}`",
                    quote::table(name)
                ),
            });
        }
        let session = [row.get::<String, _>(2), row.get::<String, _>(3)];
        let mut create = stored::in_session(None, session, None, text.clone());
        // Servers print a function's name without its database.
        create.insert(0, format!("USE {}", quote::name(&name.schema)));
        let reads = tables_of(&text);
        let definition = canonical::reprinted(&text, &reads);
        views.push((
            name.clone(),
            reads,
            SchemaObject {
                kind: ObjectKind::View,
                name: name.to_string(),
                table: None,
                phase: Phase::AfterAll,
                create,
                definition,
                enable: Vec::new(),
            },
        ));
    }
    // A view stays with the first of what it reads that does.
    while let Some(at) = views
        .iter()
        .position(|(_, reads, _)| !reads.is_disjoint(&staying))
    {
        staying.insert(views.remove(at).0);
    }
    Ok(in_order(
        views
            .into_iter()
            .map(|(name, _, view)| (quote::table(&name), view))
            .collect(),
    ))
}

/// What a view reads, by its text: whatever stands with its database after `FROM` or `JOIN`.
pub(super) fn tables_of(text: &str) -> BTreeSet<TableName> {
    let all = tokens(text);
    (0..all.len().saturating_sub(2))
        .filter_map(|at| {
            let opens = all[..at].iter().rev().find(|token| !token.is_symbol("("))?;
            let opens = ["FROM", "JOIN", "STRAIGHT_JOIN"]
                .iter()
                .any(|word| opens.is_word(word));
            let names = (all[at].name()?, all[at + 2].name()?);
            (opens && all[at + 1].is_symbol(".")).then(|| TableName::new(names.0, names.1))
        })
        .collect()
}

/// The first of these schemas that the view has a table of. Elsewhere than after `FROM` and `JOIN` the same name may be an
/// alias.
fn reads_from<'a>(text: &str, schemas: &'a [String]) -> Option<&'a String> {
    let all = tokens(text);
    (1..all.len().saturating_sub(1)).find_map(|at| {
        let name = all[at].name().filter(|_| all[at + 1].is_symbol("."))?;
        let before = all[..at].iter().rev().find(|token| !token.is_symbol("("))?;
        let opens = ["FROM", "JOIN", "STRAIGHT_JOIN"]
            .iter()
            .any(|word| before.is_word(word));
        schemas.iter().find(|schema| opens && **schema == name)
    })
}

/// Each view after the views its text names; servers print names in full and in backticks.
fn in_order(mut views: Vec<(String, SchemaObject)>) -> Vec<SchemaObject> {
    let mut ordered = Vec::with_capacity(views.len());
    while !views.is_empty() {
        let ready = views.iter().position(|(name, view)| {
            let text = view.create.iter().map(String::as_str).collect::<String>();
            !views
                .iter()
                .any(|(other, _)| other != name && text.contains(other.as_str()))
        });
        // Views cannot read from each other in a circle; a name within a string may look like it.
        let (_, view) = views.remove(ready.unwrap_or(0));
        ordered.push(view);
    }
    ordered
}

#[cfg(test)]
mod tests {
    use daybreak_model::{ObjectKind, Phase, SchemaObject};

    fn view(name: &str, text: &str) -> (String, SchemaObject) {
        let object = SchemaObject {
            kind: ObjectKind::View,
            name: name.to_owned(),
            table: None,
            phase: Phase::AfterAll,
            create: vec![text.to_owned()],
            definition: String::new(),
            enable: Vec::new(),
        };
        (format!("`s`.`{name}`"), object)
    }

    #[test]
    fn a_schema_is_told_from_an_alias() {
        let schemas = ["attic".to_owned()];
        for (text, found) in [
            (
                "VIEW `s`.`v` AS select `b`.`id` from (`s`.`t` join `attic`.`boxes` `b`)",
                true,
            ),
            (
                "VIEW `s`.`v` AS select 1 from (`attic`.`boxes` `b` join `s`.`t`)",
                true,
            ),
            (
                "VIEW `s`.`v` AS select (`attic`.`id` + 1) from `s`.`t` `attic`",
                false,
            ),
            (
                "VIEW `s`.`v` AS select 'from `attic`.`boxes`' from `s`.`t`",
                false,
            ),
        ] {
            assert_eq!(super::reads_from(text, &schemas).is_some(), found, "{text}");
        }
    }

    #[test]
    fn a_view_comes_after_what_it_reads_from() {
        let ordered = super::in_order(vec![
            view("a", "VIEW `s`.`a` AS select * from `s`.`b`"),
            view("b", "VIEW `s`.`b` AS select * from `s`.`c`"),
            view("c", "VIEW `s`.`c` AS select 1"),
        ]);
        let names: Vec<_> = ordered.iter().map(|view| view.name.as_str()).collect();
        assert_eq!(names, ["c", "b", "a"]);
    }
}
