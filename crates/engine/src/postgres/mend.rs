//! The statements by which one server's schema becomes another's.

mod column;
mod data_type;
mod rights;
mod table;

use daybreak_model::{Flavor, ObjectKind, PartKind, SchemaObject, TablePart};

use super::quote;
use crate::{Mend, Mended};

/// Why there are no statements where a definition cannot be taken apart.
const UNREAD: &str = "its definition is of a form that is not understood here: make the change by hand";

/// The statements of a change, or why there are none.
pub(super) fn mend(flavor: &Flavor, change: &Mend<'_>) -> Result<Mended, &'static str> {
    let keeps = |statements: Vec<String>| {
        if statements.is_empty() {
            return Err("what differs is none of what can be changed one by one: make the change by hand");
        }
        Ok(Mended {
            statements,
            loses: false,
        })
    };
    match *change {
        Mend::Make(object, _) => keeps(object.create.clone()),
        Mend::Drop(object) => Ok(Mended {
            statements: drop(object).ok_or(UNREAD)?,
            loses: loses(object),
        }),
        Mend::Replace(want, _, have) => match want.kind {
            ObjectKind::Type => data_type::changed(want, have),
            ObjectKind::Table if !adds_constraint(want) => keeps(table::changed(want, have, flavor)),
            ObjectKind::Routine | ObjectKind::Comment => keeps(want.create.clone()),
            ObjectKind::Trigger if alters_table(want) => keeps(want.create.clone()),
            ObjectKind::Sequence => keeps(sequence(want, have).ok_or(UNREAD)?),
            ObjectKind::Schema | ObjectKind::Extension => Err(UNREAD),
            _ => keeps([drop(have).ok_or(UNREAD)?, want.create.clone()].concat()),
        },
        Mend::AddPart(part, _) => match part.kind {
            PartKind::Column => keeps(vec![altered(part, &format!("ADD COLUMN {}", part.text))]),
            PartKind::Check => keeps(vec![altered(part, &format!("ADD {}", part.text))]),
            PartKind::Partitions if !part.text.is_empty() => keeps(vec![part.text.clone()]),
            PartKind::Partitions => Err(table::DIVIDED),
            PartKind::PrimaryKey | PartKind::Index | PartKind::Options => Err(UNREAD),
        },
        Mend::ChangePart(want, have, _) => match want.kind {
            PartKind::Column => column::changed(want, have, flavor),
            PartKind::Check => keeps(vec![altered(
                want,
                &format!("{}, ADD {}", take(have)?, want.text),
            )]),
            PartKind::Options => keeps(table::options(want, have)),
            PartKind::Partitions if want.text == have.text => Err(table::DIVIDED),
            PartKind::Partitions => keeps(
                [table::detached(&have.text), Some(want.text.clone())]
                    .into_iter()
                    .flatten()
                    .filter(|statement| !statement.is_empty())
                    .collect(),
            ),
            PartKind::PrimaryKey | PartKind::Index => Err(UNREAD),
        },
        Mend::DropPart(part) if part.kind == PartKind::Partitions => {
            keeps(vec![table::detached(&part.text).ok_or(table::DIVIDED)?])
        }
        Mend::DropPart(part) => Ok(Mended {
            statements: vec![altered(part, &take(part)?)],
            loses: part.kind == PartKind::Column,
        }),
        Mend::Reorder(_) => {
            Err("columns stand in the order in which they were made; nothing that replicates goes by it")
        }
        Mend::Rights {
            account,
            lacks,
            beside,
        } => keeps(rights::changed(flavor, account, lacks, beside)),
        Mend::DropAccount(account) => Ok(Mended {
            statements: vec![format!("DROP ROLE {account}")],
            loses: true,
        }),
        Mend::Sleep(_) | Mend::Own(_) => Err("PostgreSQL has nothing of the kind"),
    }
}

fn sequence(want: &SchemaObject, have: &SchemaObject) -> Option<Vec<String>> {
    let logged = |object: &SchemaObject| {
        let first = object.create.first()?;
        let made = first.strip_prefix("CREATE UNLOGGED SEQUENCE ");
        let unlogged = made.is_some();
        let made = made.or_else(|| first.strip_prefix("CREATE SEQUENCE "))?;
        Some((unlogged, made.to_owned()))
    };
    let ((want_unlogged, words), (have_unlogged, had)) = (logged(want)?, logged(have)?);
    let mut statements = Vec::new();
    if words != had {
        statements.push(format!("ALTER SEQUENCE {words}"));
    }
    if want_unlogged != have_unlogged {
        let how = if want_unlogged { "UNLOGGED" } else { "LOGGED" };
        statements.push(format!("ALTER SEQUENCE {} SET {how}", want.name));
    }
    Some(statements)
}

fn altered(part: &TablePart, how: &str) -> String {
    format!("ALTER TABLE {} {how}", quote::table(&part.table))
}

fn take(part: &TablePart) -> Result<String, &'static str> {
    let name = quote::identifier(&part.name);
    match part.kind {
        PartKind::Column => Ok(format!("DROP COLUMN {name}")),
        PartKind::Check => Ok(format!("DROP CONSTRAINT {name}")),
        _ => Err(UNREAD),
    }
}

fn first(object: &SchemaObject) -> &str {
    object.create.first().map(String::as_str).unwrap_or_default()
}

/// Whether it is a check that old rows may break, which is made apart from its table.
fn adds_constraint(object: &SchemaObject) -> bool {
    object.kind == ObjectKind::Table && alters_table(object)
}

/// Whether it is something done to a table that is there, as the switch of a partition's trigger.
fn alters_table(object: &SchemaObject) -> bool {
    first(object).starts_with("ALTER TABLE")
}

/// Whether what it holds is gone when it is dropped.
fn loses(object: &SchemaObject) -> bool {
    match object.kind {
        ObjectKind::Table => !adds_constraint(object),
        ObjectKind::Type => !first(object).starts_with("ALTER DOMAIN"),
        ObjectKind::Schema | ObjectKind::Sequence | ObjectKind::Extension => true,
        _ => false,
    }
}

/// What takes an object away. Names of objects are quoted already, where they need it.
fn drop(object: &SchemaObject) -> Option<Vec<String>> {
    let name = &object.name;
    let made = first(object);
    let dropped = |what: &str| format!("DROP {what} {name}");
    // A constraint's, trigger's or rule's name begins with that of what it is on.
    let own = || last_of(name);
    let on = || name.strip_suffix(own()?)?.strip_suffix('.');
    let constraint = || Some(format!("ALTER TABLE {} DROP CONSTRAINT {}", on()?, own()?));
    let statement = match object.kind {
        ObjectKind::Schema => format!("DROP SCHEMA {}", quote::identifier(name)),
        ObjectKind::Extension => format!("DROP EXTENSION {}", quote::identifier(name)),
        ObjectKind::Type if made.starts_with("ALTER DOMAIN") => {
            format!("ALTER DOMAIN {} DROP CONSTRAINT {}", on()?, own()?)
        }
        ObjectKind::Type if made.starts_with("CREATE DOMAIN") => dropped("DOMAIN"),
        ObjectKind::Type if made.starts_with("CREATE COLLATION") => dropped("COLLATION"),
        ObjectKind::Type => dropped("TYPE"),
        ObjectKind::Sequence => dropped("SEQUENCE"),
        ObjectKind::Routine => dropped("ROUTINE"),
        ObjectKind::Table if adds_constraint(object) => constraint()?,
        ObjectKind::Table => dropped("TABLE"),
        ObjectKind::View if made.starts_with("CREATE MATERIALIZED") => dropped("MATERIALIZED VIEW"),
        ObjectKind::View if made.starts_with("REFRESH ") => format!("{made} WITH NO DATA"),
        ObjectKind::View => dropped("VIEW"),
        ObjectKind::Index if alters_table(object) => constraint()?,
        ObjectKind::Index if made.starts_with("CREATE STATISTICS") => dropped("STATISTICS"),
        ObjectKind::Index => dropped("INDEX"),
        ObjectKind::ForeignKey => constraint()?,
        // How a partition's trigger is switched where its whole's is not known.
        ObjectKind::Trigger if alters_table(object) => return None,
        ObjectKind::Trigger => format!("DROP TRIGGER {} ON {}", own()?, on()?),
        ObjectKind::Rule if name.starts_with("row security of ") => {
            let table = quote::table(object.table.as_ref()?);
            return Some(vec![
                format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
                format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
            ]);
        }
        ObjectKind::Rule if made.starts_with("CREATE POLICY") => {
            format!("DROP POLICY {} ON {}", own()?, on()?)
        }
        ObjectKind::Rule => format!("DROP RULE {} ON {}", own()?, on()?),
        ObjectKind::Comment => format!("{} IS NULL", commented(made)?),
        ObjectKind::Event => return None,
    };
    Some(vec![statement])
}

/// A `COMMENT` up to its text.
fn commented(statement: &str) -> Option<&str> {
    let mut quoted = false;
    let mut places = statement.char_indices().filter(|(at, character)| {
        quoted ^= *character == '"';
        !quoted && statement[*at..].starts_with(" IS ")
    });
    let (at, _) = places.next()?;
    statement.get(..at)
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

/// The identifier that a text begins with, quotes and all, and what follows it after a blank.
fn identifier(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let mut ends = text.char_indices().filter(|(_, character)| {
        quoted ^= *character == '"';
        *character == ' ' && !quoted
    });
    let (at, _) = ends.next()?;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use daybreak_model::{ObjectKind, Phase, SchemaObject, TableName};

    use super::{identifier, last_of};

    #[test]
    fn parts_of_names_keep_their_quotes() {
        assert_eq!(last_of("s.t.pk"), Some("pk"));
        assert_eq!(last_of("s.\"a.b\".\"c.d\"\"e\""), Some("\"c.d\"\"e\""));
        assert_eq!(last_of("alone"), Some("alone"));
        assert_eq!(identifier("\"a b\" SET x"), Some(("\"a b\"", "SET x")));
        assert_eq!(identifier("alone"), None);
    }

    #[test]
    fn every_kind_is_dropped_in_its_own_words() {
        for (kind, name, create, dropped) in [
            (
                ObjectKind::Table,
                "s.t.old_rows",
                "ALTER TABLE s.t ADD CONSTRAINT old_rows CHECK (a > 1) NOT VALID",
                "ALTER TABLE s.t DROP CONSTRAINT old_rows",
            ),
            (
                ObjectKind::Type,
                "s.d.\"c d\"",
                "ALTER DOMAIN s.d ADD CONSTRAINT \"c d\" CHECK (true) NOT VALID",
                "ALTER DOMAIN s.d DROP CONSTRAINT \"c d\"",
            ),
            (
                ObjectKind::Type,
                "s.d",
                "CREATE DOMAIN s.d AS integer",
                "DROP DOMAIN s.d",
            ),
            (
                ObjectKind::Type,
                "s.c",
                "CREATE COLLATION s.c (…)",
                "DROP COLLATION s.c",
            ),
            (
                ObjectKind::Index,
                "s.st",
                "CREATE STATISTICS s.st ON a, b FROM s.t",
                "DROP STATISTICS s.st",
            ),
            (
                ObjectKind::View,
                "rows of s.m",
                "REFRESH MATERIALIZED VIEW s.m",
                "REFRESH MATERIALIZED VIEW s.m WITH NO DATA",
            ),
            (
                ObjectKind::Rule,
                "s.t.\"r.1\"",
                "CREATE RULE \"r.1\" AS ON DELETE TO s.t DO INSTEAD NOTHING",
                "DROP RULE \"r.1\" ON s.t",
            ),
            (
                ObjectKind::Rule,
                "s.t.p",
                "CREATE POLICY p ON s.t AS PERMISSIVE FOR ALL TO PUBLIC",
                "DROP POLICY p ON s.t",
            ),
            (
                ObjectKind::Comment,
                "table s.\" IS \"",
                "COMMENT ON TABLE s.\" IS \" IS 'it IS so'",
                "COMMENT ON TABLE s.\" IS \" IS NULL",
            ),
        ] {
            let object = SchemaObject {
                kind,
                name: name.to_owned(),
                table: Some(TableName::new("s", "t")),
                phase: Phase::AfterAll,
                create: vec![create.to_owned()],
                definition: String::new(),
                enable: Vec::new(),
            };
            assert_eq!(super::drop(&object), Some(vec![dropped.to_owned()]));
        }
    }
}
