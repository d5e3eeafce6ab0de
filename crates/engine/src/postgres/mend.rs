//! The statements by which one server's schema becomes another's.

use daybreak_model::{ObjectKind, PartKind, SchemaObject, TablePart};

use super::quote;
use crate::{Mend, Mended};

/// The statements of a change.
pub(super) fn mend(change: &Mend<'_>) -> Option<Mended> {
    let keeps = |statements: Vec<String>| {
        (!statements.is_empty()).then_some(Mended {
            statements,
            loses: false,
        })
    };
    match *change {
        Mend::Make(object, _) => keeps(object.create.clone()),
        Mend::Drop(object) => Some(Mended {
            statements: vec![drop(object)?],
            loses: matches!(
                object.kind,
                ObjectKind::Table
                    | ObjectKind::Schema
                    | ObjectKind::Sequence
                    | ObjectKind::Type
                    | ObjectKind::Extension
            ),
        }),
        Mend::Replace(want, _, have) => keeps(match want.kind {
            ObjectKind::Routine | ObjectKind::Comment => want.create.clone(),
            ObjectKind::Sequence => {
                let first = want.create.first()?;
                let changed = first.strip_prefix("CREATE SEQUENCE ")?;
                vec![format!("ALTER SEQUENCE {changed}")]
            }
            ObjectKind::View | ObjectKind::Index | ObjectKind::ForeignKey | ObjectKind::Trigger => {
                [vec![drop(have)?], want.create.clone()].concat()
            }
            _ => return None,
        }),
        Mend::AddPart(part, _) => match part.kind {
            PartKind::Column => keeps(vec![altered(part, &format!("ADD COLUMN {}", part.text))]),
            PartKind::Check => keeps(vec![altered(part, &format!("ADD {}", part.text))]),
            _ => None,
        },
        Mend::ChangePart(want, have) => match want.kind {
            PartKind::Column => keeps(column(want, have)?),
            PartKind::Check => keeps(vec![altered(
                want,
                &format!("{}, ADD {}", take(have)?, want.text),
            )]),
            _ => None,
        },
        Mend::DropPart(part) => Some(Mended {
            statements: vec![altered(part, &take(part)?)],
            loses: part.kind == PartKind::Column,
        }),
        Mend::Sleep(_) => None,
    }
}

/// The changes by which one column becomes the other; none where it would have to be made anew.
fn column(want: &TablePart, have: &TablePart) -> Option<Vec<String>> {
    let facet = |part: &TablePart, name: &str| part.facets.get(name).cloned();
    let differs = |name: &str| facet(want, name) != facet(have, name);
    if differs("generated") {
        return None;
    }
    let name = quote::identifier(&want.name);
    let mut changes = Vec::new();
    if differs("type") || differs("collation") {
        let collation = facet(want, "collation").map_or_else(String::new, |name| format!(" COLLATE {name}"));
        let to = facet(want, "type")?;
        changes.push(format!(
            "ALTER COLUMN {name} TYPE {to}{collation} USING {name}::{to}"
        ));
    }
    if differs("default") {
        changes.push(match facet(want, "default") {
            Some(default) => format!("ALTER COLUMN {name} SET DEFAULT {default}"),
            None => format!("ALTER COLUMN {name} DROP DEFAULT"),
        });
    }
    if differs("nullable") {
        let how = if facet(want, "nullable").as_deref() == Some("no") {
            "SET"
        } else {
            "DROP"
        };
        changes.push(format!("ALTER COLUMN {name} {how} NOT NULL"));
    }
    (!changes.is_empty()).then(|| vec![altered(want, &changes.join(", "))])
}

fn altered(part: &TablePart, how: &str) -> String {
    format!("ALTER TABLE {} {how}", quote::table(&part.table))
}

fn take(part: &TablePart) -> Option<String> {
    let name = quote::identifier(&part.name);
    match part.kind {
        PartKind::Column => Some(format!("DROP COLUMN {name}")),
        PartKind::Check => Some(format!("DROP CONSTRAINT {name}")),
        _ => None,
    }
}

/// Names of objects are quoted already, where they need it.
fn drop(object: &SchemaObject) -> Option<String> {
    let name = &object.name;
    let first = object.create.first().map(String::as_str).unwrap_or_default();
    let last = || last_of(name);
    let table = || object.table.as_ref().map(quote::table);
    let statement = match object.kind {
        ObjectKind::Schema => format!("DROP SCHEMA {}", quote::identifier(name)),
        ObjectKind::Extension => format!("DROP EXTENSION {}", quote::identifier(name)),
        ObjectKind::Type => format!("DROP TYPE {name}"),
        ObjectKind::Sequence => format!("DROP SEQUENCE {name}"),
        ObjectKind::Routine => format!("DROP ROUTINE {name}"),
        ObjectKind::Table => format!("DROP TABLE {}", table()?),
        ObjectKind::View if first.starts_with("CREATE MATERIALIZED") => {
            format!("DROP MATERIALIZED VIEW {name}")
        }
        ObjectKind::View => format!("DROP VIEW {name}"),
        ObjectKind::Index if first.starts_with("ALTER TABLE") => {
            format!("ALTER TABLE {} DROP CONSTRAINT {}", table()?, last()?)
        }
        ObjectKind::Index => format!("DROP INDEX {name}"),
        ObjectKind::ForeignKey => format!("ALTER TABLE {} DROP CONSTRAINT {}", table()?, last()?),
        ObjectKind::Trigger => format!("DROP TRIGGER {} ON {}", last()?, table()?),
        ObjectKind::Event | ObjectKind::Rule | ObjectKind::Comment => return None,
    };
    Some(statement)
}

/// The last part of a qualified name, quotes and all.
fn last_of(name: &str) -> Option<&str> {
    let mut quoted = false;
    let dot = name.char_indices().filter(|(_, character)| {
        quoted ^= *character == '"';
        *character == '.' && !quoted
    });
    let at = dot.last().map_or(0, |(at, _)| at + 1);
    name.get(at..).filter(|last| !last.is_empty())
}

#[cfg(test)]
mod tests {
    use super::last_of;

    #[test]
    fn the_last_part_of_a_name_keeps_its_quotes() {
        assert_eq!(last_of("s.t.pk"), Some("pk"));
        assert_eq!(last_of("s.\"a.b\".\"c.d\"\"e\""), Some("\"c.d\"\"e\""));
        assert_eq!(last_of("alone"), Some("alone"));
    }
}
