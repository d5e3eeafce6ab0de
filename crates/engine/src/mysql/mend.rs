//! The statements by which one server's schema becomes another's.

mod column;
mod rights;

use daybreak_model::{Flavor, ObjectKind, PartKind, Product, SchemaObject, TablePart, Version};

use super::quote;
use super::schema::tokens::{Kind, tokens};
use crate::{Mend, Mended};

/// A change of a column that would cut a value is to be refused, not done.
const STRICT: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'";

/// Why there are no statements where a definition cannot be taken apart.
const UNREAD: &str = "its definition is of a form that is not understood here: make the change by hand";

/// The statements of a change, or why there are none.
pub(super) fn mend(flavor: &Flavor, change: &Mend<'_>) -> Result<Mended, &'static str> {
    let keeps = |statements| {
        Ok(Mended {
            statements,
            loses: false,
        })
    };
    match *change {
        Mend::Make(object, part) => keeps(make(object, part)?),
        Mend::Drop(object) => Ok(Mended {
            statements: vec![drop(object).ok_or(UNREAD)?],
            loses: matches!(
                object.kind,
                ObjectKind::Table | ObjectKind::Schema | ObjectKind::Sequence
            ),
        }),
        Mend::Replace(want, part, have) => keeps(match want.kind {
            ObjectKind::Table => {
                return Err(
                    "what differs is none of the parts that can be changed one by one: make the change by hand",
                );
            }
            ObjectKind::Sequence => vec![sequence(want).ok_or(UNREAD)?],
            ObjectKind::Schema => want.create.clone(),
            // In one statement: it is never away.
            ObjectKind::View => remade(want).ok_or(UNREAD)?,
            _ => [vec![drop(have).ok_or(UNREAD)?], make(want, part)?].concat(),
        }),
        Mend::AddPart(part, after) => keeps(altered(part, &added(part, after)?)),
        Mend::ChangePart(want, have, after) => match want.kind {
            PartKind::Column => column::changed(want, have, after),
            PartKind::Options => keeps(altered(want, &want.text)),
            PartKind::Partitions if want.text.is_empty() => keeps(altered(want, "REMOVE PARTITIONING")),
            PartKind::Partitions => keeps(altered(want, &want.text)),
            PartKind::PrimaryKey | PartKind::Index | PartKind::Check => {
                keeps(altered(want, &format!("{}, {}", take(have)?, added(want, None)?)))
            }
        },
        Mend::DropPart(part) => Ok(Mended {
            statements: altered(part, &take(part)?),
            loses: part.kind == PartKind::Column,
        }),
        Mend::Reorder(columns) => keeps(column::reordered(columns)?),
        Mend::Sleep(event) => keeps(vec![asleep(event, flavor).ok_or(UNREAD)?]),
        Mend::Own(object) => keeps(owned(object).ok_or(UNREAD)?),
        Mend::Rights {
            account,
            lacks,
            beside,
        } => keeps(rights::changed(account, lacks, beside)),
        Mend::DropAccount(account) => Ok(Mended {
            statements: vec![rights::dropped(account)],
            loses: true,
        }),
    }
}

fn asleep(event: &SchemaObject, flavor: &Flavor) -> Option<String> {
    let enable = event.enable.first()?.strip_suffix("ENABLE")?;
    let word = if flavor.product != Product::MariaDb && flavor.version >= Version::new(8, 2, 0) {
        "REPLICA"
    } else {
        "SLAVE"
    };
    Some(format!("{enable}DISABLE ON {word}"))
}

/// MariaDB's sequences are changed by the words they are made with, but for their engine.
fn sequence(want: &SchemaObject) -> Option<String> {
    let made = want.create.first()?.strip_prefix("CREATE SEQUENCE ")?;
    let engine = tokens(made).into_iter().find(|token| token.is_word("ENGINE"));
    let end = engine.map_or(made.len(), |token| token.start);
    Some(format!("ALTER SEQUENCE {}", made[..end].trim_end()))
}

/// The statements that give a view that is there this definition.
fn remade(view: &SchemaObject) -> Option<Vec<String>> {
    let at = view
        .create
        .iter()
        .position(|statement| statement.starts_with("CREATE "))?;
    let mut statements = view.create.clone();
    statements[at] = format!("ALTER{}", statements[at].strip_prefix("CREATE")?);
    Some(statements)
}

/// The object made anew in the name of the session's account. Views and events can be altered; a routine or a trigger is dropped
/// first, which nobody misses: as long as its definer is not there, using it is refused.
fn owned(object: &SchemaObject) -> Option<Vec<String>> {
    if object.kind == ObjectKind::Event {
        let (_, name) = made(object)?;
        let state = if object.enable.is_empty() {
            "DISABLE"
        } else {
            "ENABLE"
        };
        return Some(vec![format!("ALTER DEFINER = CURRENT_USER EVENT {name} {state}")]);
    }
    let at = object.create.iter().position(|statement| {
        tokens(statement)
            .first()
            .is_some_and(|first| first.is_word("CREATE"))
    })?;
    let all = tokens(&object.create[at]);
    let definer = all.iter().position(|token| token.is_word("DEFINER"))?;
    // DEFINER = `user` @ `host`
    let [_, equals, _, sign, host] = all.get(definer..definer + 5)? else {
        return None;
    };
    if !equals.is_symbol("=") || !sign.is_symbol("@") {
        return None;
    }
    let (before, after) = (
        &object.create[at][..all[definer].start],
        &object.create[at][host.end()..],
    );
    let mut statements = object.create.clone();
    statements[at] = format!("{before}DEFINER = CURRENT_USER{after}");
    if object.kind == ObjectKind::View {
        statements[at] = format!("ALTER{}", statements[at].strip_prefix("CREATE")?);
    } else {
        statements.insert(0, drop(object)?);
    }
    Some(statements)
}

fn altered(part: &TablePart, how: &str) -> Vec<String> {
    vec![
        STRICT.to_owned(),
        format!("ALTER TABLE {} {how}", quote::table(&part.table)),
    ]
}

/// What adds a part; a column after another, or first.
fn added(part: &TablePart, after: Option<&str>) -> Result<String, &'static str> {
    let text = &part.text;
    match part.kind {
        PartKind::Column => Ok(format!("ADD COLUMN {text}{}", column::place(after))),
        PartKind::PrimaryKey | PartKind::Index | PartKind::Check => Ok(format!("ADD {text}")),
        PartKind::Partitions => Ok(text.clone()),
        PartKind::Options => Err(UNREAD),
    }
}

fn take(part: &TablePart) -> Result<String, &'static str> {
    let name = quote::name(&part.name);
    match part.kind {
        PartKind::Column => Ok(format!("DROP COLUMN {name}")),
        PartKind::PrimaryKey => Ok("DROP PRIMARY KEY".to_owned()),
        PartKind::Index => Ok(format!("DROP INDEX {name}")),
        PartKind::Check => Ok(format!("DROP CONSTRAINT {name}")),
        PartKind::Partitions => Ok("REMOVE PARTITIONING".to_owned()),
        PartKind::Options => Err(UNREAD),
    }
}

fn make(object: &SchemaObject, part: Option<&TablePart>) -> Result<Vec<String>, &'static str> {
    if object.kind == ObjectKind::Index {
        let part = part.ok_or(UNREAD)?;
        let table = quote::table(&part.table);
        return Ok(vec![format!("ALTER TABLE {table} ADD {}", part.text)]);
    }
    if object.create.is_empty() {
        return Err("it is made together with another object");
    }
    Ok(object.create.clone())
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

    fn object(kind: ObjectKind, create: &str) -> SchemaObject {
        SchemaObject {
            kind,
            name: String::new(),
            table: None,
            phase: Phase::AfterAll,
            create: vec!["SET SESSION sql_mode = ''".to_owned(), create.to_owned()],
            definition: String::new(),
            enable: Vec::new(),
        }
    }

    #[test]
    fn what_runs_in_a_missing_name_gets_the_name_of_the_account_that_mends() {
        let definer =
            "CREATE ALGORITHM=UNDEFINED DEFINER=`view`@`a@b` SQL SECURITY DEFINER VIEW `s`.`v` AS select 1";
        let view = super::owned(&object(ObjectKind::View, definer)).expect("a definer");
        assert_eq!(
            view[1],
            "ALTER ALGORITHM=UNDEFINED DEFINER = CURRENT_USER SQL SECURITY DEFINER VIEW `s`.`v` AS select 1"
        );
        let routine = "CREATE DEFINER=`gone`@`%` PROCEDURE `s`.`p`() SELECT 'DEFINER=`gone`@`%`'";
        let routine = super::owned(&object(ObjectKind::Routine, routine)).expect("a definer");
        assert_eq!(routine[0], "DROP PROCEDURE `s`.`p`");
        assert_eq!(
            routine[2],
            "CREATE DEFINER = CURRENT_USER PROCEDURE `s`.`p`() SELECT 'DEFINER=`gone`@`%`'"
        );
    }

    #[test]
    fn a_sequence_is_changed_by_the_words_it_is_made_with() {
        let mut sequence = object(ObjectKind::Sequence, "");
        sequence.create =
            vec!["CREATE SEQUENCE `s`.`n` start with 7 cache 10 nocycle ENGINE=InnoDB".to_owned()];
        assert_eq!(
            super::sequence(&sequence).as_deref(),
            Some("ALTER SEQUENCE `s`.`n` start with 7 cache 10 nocycle")
        );
    }

    #[test]
    fn what_a_statement_makes_is_read_from_it() {
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
