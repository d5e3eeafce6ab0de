//! The statements by which one server's schema becomes another's.

use daybreak_model::{Flavor, ObjectKind, PartKind, SchemaObject, TablePart, Version};

use super::quote;
use super::schema::tokens::{Kind, tokens};
use crate::{Mend, Mended};

/// A change of a column that would cut a value is to be refused, not done.
const STRICT: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'";

/// The statements of a change.
pub(super) fn mend(flavor: &Flavor, change: &Mend<'_>) -> Option<Mended> {
    let keeps = |statements| {
        Some(Mended {
            statements,
            loses: false,
        })
    };
    match *change {
        Mend::Make(object, part) => keeps(make(object, part)?),
        Mend::Drop(object) => Some(Mended {
            statements: vec![drop(object)?],
            loses: matches!(
                object.kind,
                ObjectKind::Table | ObjectKind::Schema | ObjectKind::Sequence
            ),
        }),
        Mend::Replace(want, part, have) => keeps(match want.kind {
            ObjectKind::Table | ObjectKind::Sequence => return None,
            ObjectKind::Schema => want.create.clone(),
            _ => [vec![drop(have)?], make(want, part)?].concat(),
        }),
        Mend::AddPart(part, after) => {
            let place = match (part.kind, after) {
                (PartKind::Column, Some(after)) => format!(" AFTER {}", quote::name(after)),
                (PartKind::Column, None) => " FIRST".to_owned(),
                _ => String::new(),
            };
            keeps(altered(part, &format!("{}{}{place}", add(part)?, part.text)))
        }
        Mend::ChangePart(want, have) => keeps(match want.kind {
            PartKind::Column => altered(want, &format!("MODIFY COLUMN {}", want.text)),
            PartKind::Options => altered(want, &want.text),
            PartKind::Partitions if want.text.is_empty() => altered(want, "REMOVE PARTITIONING"),
            PartKind::Partitions => altered(want, &want.text),
            PartKind::PrimaryKey | PartKind::Index | PartKind::Check => {
                altered(want, &format!("{}, {}{}", take(have)?, add(want)?, want.text))
            }
        }),
        Mend::DropPart(part) => Some(Mended {
            statements: altered(part, &take(part)?),
            loses: part.kind == PartKind::Column,
        }),
        Mend::Sleep(event) => {
            let enable = event.enable.first()?.strip_suffix("ENABLE")?;
            let word = if flavor.product != daybreak_model::Product::MariaDb
                && flavor.version >= Version::new(8, 2, 0)
            {
                "REPLICA"
            } else {
                "SLAVE"
            };
            keeps(vec![format!("{enable}DISABLE ON {word}")])
        }
    }
}

fn altered(part: &TablePart, how: &str) -> Vec<String> {
    vec![
        STRICT.to_owned(),
        format!("ALTER TABLE {} {how}", quote::table(&part.table)),
    ]
}

fn add(part: &TablePart) -> Option<&'static str> {
    match part.kind {
        PartKind::Column => Some("ADD COLUMN "),
        PartKind::PrimaryKey | PartKind::Index | PartKind::Check => Some("ADD "),
        PartKind::Partitions => Some(""),
        PartKind::Options => None,
    }
}

fn take(part: &TablePart) -> Option<String> {
    let name = quote::name(&part.name);
    match part.kind {
        PartKind::Column => Some(format!("DROP COLUMN {name}")),
        PartKind::PrimaryKey => Some("DROP PRIMARY KEY".to_owned()),
        PartKind::Index => Some(format!("DROP INDEX {name}")),
        PartKind::Check => Some(format!("DROP CONSTRAINT {name}")),
        PartKind::Partitions => Some("REMOVE PARTITIONING".to_owned()),
        PartKind::Options => None,
    }
}

fn make(object: &SchemaObject, part: Option<&TablePart>) -> Option<Vec<String>> {
    if object.kind == ObjectKind::Index {
        let part = part?;
        let table = quote::table(&part.table);
        return Some(vec![format!("ALTER TABLE {table} ADD {}", part.text)]);
    }
    (!object.create.is_empty()).then(|| object.create.clone())
}

fn drop(object: &SchemaObject) -> Option<String> {
    match object.kind {
        ObjectKind::Schema => Some(format!("DROP DATABASE {}", quote::name(&object.name))),
        ObjectKind::Table => Some(format!("DROP TABLE {}", quote::table(object.table.as_ref()?))),
        ObjectKind::Index | ObjectKind::ForeignKey => {
            let table = object.table.as_ref()?;
            let name = object.name.strip_prefix(&format!("{table}."))?;
            let what = if object.kind == ObjectKind::Index {
                "INDEX"
            } else {
                "FOREIGN KEY"
            };
            Some(format!(
                "ALTER TABLE {} DROP {what} {}",
                quote::table(table),
                quote::name(name)
            ))
        }
        _ => {
            let (what, name) = made(object)?;
            Some(format!("DROP {what} {name}"))
        }
    }
}

/// What the object's statement makes and its name in full. The definer's name may be a word, so only bare words count.
fn made(object: &SchemaObject) -> Option<(&'static str, String)> {
    object.create.iter().find_map(|statement| {
        let all = tokens(statement);
        if !all.first()?.is_word("CREATE") {
            return None;
        }
        let kinds = ["VIEW", "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "SEQUENCE"];
        let at = all
            .iter()
            .position(|token| kinds.iter().any(|kind| token.is_word(kind)))?;
        let kind = kinds.into_iter().find(|kind| all[at].is_word(kind))?;
        let [schema, dot, name] = all.get(at + 1..at + 4)? else {
            return None;
        };
        let full = schema.kind == Kind::Name && dot.is_symbol(".") && name.kind == Kind::Name;
        full.then(|| (kind, format!("{}.{}", schema.text, name.text)))
    })
}

#[cfg(test)]
mod tests {
    use daybreak_model::{ObjectKind, Phase, SchemaObject};

    #[test]
    fn what_a_statement_makes_is_read_from_it() {
        let object = |kind, create: &str| SchemaObject {
            kind,
            name: String::new(),
            table: None,
            phase: Phase::AfterAll,
            create: vec!["SET SESSION sql_mode = ''".to_owned(), create.to_owned()],
            definition: String::new(),
            enable: Vec::new(),
        };
        for (kind, create, drop) in [
            (
                ObjectKind::Routine,
                "CREATE DEFINER=`view`@`%` PROCEDURE `a.b`.`p``q`(x int) SELECT 1",
                "DROP PROCEDURE `a.b`.`p``q`",
            ),
            (
                ObjectKind::View,
                "CREATE ALGORITHM=UNDEFINED DEFINER=`d`@`%` SQL SECURITY DEFINER VIEW `s`.`v` AS select 1",
                "DROP VIEW `s`.`v`",
            ),
            (
                ObjectKind::Trigger,
                "CREATE DEFINER=`d`@`%` TRIGGER `s`.`t` BEFORE INSERT ON `s`.`u` FOR EACH ROW SET @a = 1",
                "DROP TRIGGER `s`.`t`",
            ),
        ] {
            assert_eq!(super::drop(&object(kind, create)).as_deref(), Some(drop));
        }
    }
}
