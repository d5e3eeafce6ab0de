//! Enumerations, domains and composite types, changed in place as far as PostgreSQL changes them.

use daybreak_model::SchemaObject;

use super::{UNREAD, drop, identifier};
use crate::Mended;

const ENUM: &str = "PostgreSQL takes no value out of an enumeration and moves none: make the type anew under another name, give its columns \
    that type, and drop this one";
const ATTRIBUTES: &str = "an attribute is added last and none is moved: make the type anew under another name, give its columns that type, \
    and drop this one";
const ANEW: &str =
    "it stays what it was made as: make it anew under another name, give its columns that, and drop this one";

/// Gives a type the form of another of its name.
pub(super) fn changed(want: &SchemaObject, have: &SchemaObject) -> Result<Mended, &'static str> {
    let kept = |statements| {
        Ok(Mended {
            statements,
            loses: false,
        })
    };
    let (first, had) = (own(want), own(have));
    let (made, other) = (*first.first().ok_or(UNREAD)?, *had.first().ok_or(UNREAD)?);
    let is = |of: &str| made.starts_with(of) && other.starts_with(of);
    let name = &want.name;
    if is(&format!("CREATE TYPE {name} AS ENUM (")) {
        return kept(values(name, &literals(made), &literals(other))?);
    }
    if is(&format!("CREATE TYPE {name} AS ()")) {
        return attributes(name, &first[1..], &had[1..]);
    }
    if is("CREATE DOMAIN ") && made == other {
        return kept(domain(name, &first[1..], &had[1..]).ok_or(UNREAD)?);
    }
    if is("ALTER DOMAIN ") {
        return kept([drop(have).ok_or(UNREAD)?, vec![made.to_owned()]].concat());
    }
    Err(ANEW)
}

/// The statements that make it, without those that grant.
fn own(object: &SchemaObject) -> Vec<&str> {
    let all = object.create.iter().map(String::as_str);
    all.filter(|statement| !statement.starts_with("DO ")).collect()
}

/// The string constants of a statement, quotes and all.
fn literals(statement: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = statement;
    // Names come first, and may hold a quote.
    if let Some(at) = statement.find(" AS ENUM (") {
        rest = &statement[at..];
    }
    while let Some(start) = rest.find('\'') {
        let escaped = rest[..start].ends_with('E');
        let mut end = start + 1;
        let bytes = rest.as_bytes();
        while end < bytes.len() {
            match bytes[end] {
                b'\\' if escaped => end += 2,
                b'\'' if bytes.get(end + 1) == Some(&b'\'') => end += 2,
                b'\'' => break,
                _ => end += 1,
            }
        }
        let from = start - usize::from(escaped);
        let Some(literal) = rest.get(from..=end) else {
            break;
        };
        found.push(literal);
        rest = &rest[end + 1..];
    }
    found
}

/// Adds the values that are missing, each in its place.
fn values(name: &str, want: &[&str], have: &[&str]) -> Result<Vec<String>, &'static str> {
    let mut kept = want.iter().filter(|value| have.contains(value));
    if !have.iter().all(|value| kept.next() == Some(value)) {
        return Err(ENUM);
    }
    let mut before: Option<&str> = None;
    let mut statements = Vec::new();
    for value in want {
        if !have.contains(value) {
            let place = match (before, have.first()) {
                (Some(before), _) => format!(" AFTER {before}"),
                (None, Some(first)) => format!(" BEFORE {first}"),
                (None, None) => String::new(),
            };
            statements.push(format!("ALTER TYPE {name} ADD VALUE {value}{place}"));
        }
        before = Some(value);
    }
    Ok(statements)
}

/// Attributes: name and type of each.
fn attributes(name: &str, want: &[&str], have: &[&str]) -> Result<Mended, &'static str> {
    let prefix = format!("ALTER TYPE {name} ADD ATTRIBUTE ");
    let read = |all: &[&str]| -> Option<Vec<(String, String)>> {
        let each = all.iter().map(|statement| {
            let (name, of) = identifier(statement.strip_prefix(&prefix)?)?;
            Some((name.to_owned(), of.to_owned()))
        });
        each.collect()
    };
    let (want, have) = (read(want).ok_or(UNREAD)?, read(have).ok_or(UNREAD)?);
    let there = |name: &str, all: &[(String, String)]| all.iter().any(|(other, _)| other == name);
    let kept = have.iter().filter(|(name, _)| there(name, &want));
    let in_order = kept
        .clone()
        .zip(&want)
        .all(|((own, _), (wanted, _))| own == wanted);
    if !in_order {
        return Err(ATTRIBUTES);
    }
    let gone: Vec<&String> = have
        .iter()
        .filter(|(name, _)| !there(name, &want))
        .map(|(name, _)| name)
        .collect();
    let mut statements: Vec<String> = gone
        .iter()
        .map(|attribute| format!("ALTER TYPE {name} DROP ATTRIBUTE {attribute}"))
        .collect();
    for (attribute, of) in &want {
        match have.iter().find(|(own, _)| own == attribute) {
            Some((_, own)) if own == of => {}
            Some(_) => statements.push(format!("ALTER TYPE {name} ALTER ATTRIBUTE {attribute} TYPE {of}")),
            None => statements.push(format!("{prefix}{attribute} {of}")),
        }
    }
    Ok(Mended {
        statements,
        loses: !gone.is_empty(),
    })
}

/// Takes away what only this domain has, then adds what it lacks.
fn domain(name: &str, want: &[&str], have: &[&str]) -> Option<Vec<String>> {
    let prefix = format!("ALTER DOMAIN {name} ");
    let mut statements = Vec::new();
    for extra in have.iter().filter(|statement| !want.contains(statement)) {
        let how = extra.strip_prefix(&prefix)?;
        let taken = if how.starts_with("SET DEFAULT ") {
            "DROP DEFAULT".to_owned()
        } else if how == "SET NOT NULL" {
            "DROP NOT NULL".to_owned()
        } else {
            let (constraint, _) = identifier(how.strip_prefix("ADD CONSTRAINT ")?)?;
            format!("DROP CONSTRAINT {constraint}")
        };
        statements.push(format!("{prefix}{taken}"));
    }
    let missing = want.iter().filter(|statement| !have.contains(statement));
    statements.extend(missing.map(|statement| (*statement).to_owned()));
    Some(statements)
}

#[cfg(test)]
mod tests {
    use daybreak_model::{ObjectKind, Phase, SchemaObject};

    use super::{ANEW, ATTRIBUTES, ENUM, changed};

    fn object(create: &[&str]) -> SchemaObject {
        SchemaObject {
            kind: ObjectKind::Type,
            name: "s.t".to_owned(),
            table: None,
            phase: Phase::BeforeRows,
            create: create.iter().map(|statement| (*statement).to_owned()).collect(),
            definition: String::new(),
            enable: Vec::new(),
        }
    }

    fn mended(want: &[&str], have: &[&str]) -> Result<(Vec<String>, bool), &'static str> {
        let mended = changed(&object(want), &object(have))?;
        Ok((mended.statements, mended.loses))
    }

    #[test]
    fn values_are_added_in_their_places_and_never_taken() {
        let of = |values: &str| format!("CREATE TYPE s.t AS ENUM ({values})");
        let between = |want: &str, have: &str| mended(&[&of(want)], &[&of(have), "DO 'BEGIN … END'"]);
        assert_eq!(
            between("'a', 'it''s', 'b', E'c\\\\d'", "'it''s'"),
            Ok((
                vec![
                    "ALTER TYPE s.t ADD VALUE 'a' BEFORE 'it''s'".to_owned(),
                    "ALTER TYPE s.t ADD VALUE 'b' AFTER 'it''s'".to_owned(),
                    "ALTER TYPE s.t ADD VALUE E'c\\\\d' AFTER 'b'".to_owned(),
                ],
                false
            ))
        );
        assert_eq!(between("'a', 'b'", "'b', 'a'"), Err(ENUM));
        assert_eq!(between("'a'", "'a', 'b'"), Err(ENUM));
    }

    #[test]
    fn attributes_are_changed_one_by_one() {
        let attribute = |of: &str| format!("ALTER TYPE s.t ADD ATTRIBUTE {of}");
        let of = |all: &[&str]| -> Vec<String> {
            let each = all.iter().map(|of| attribute(of));
            std::iter::once("CREATE TYPE s.t AS ()".to_owned())
                .chain(each)
                .collect()
        };
        let between = |want: &[&str], have: &[&str]| {
            let (want, have) = (of(want), of(have));
            let text = |all: &[String]| {
                all.iter()
                    .map(String::as_str)
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            let (want, have) = (text(&want), text(&have));
            let want: Vec<&str> = want.iter().map(String::as_str).collect();
            let have: Vec<&str> = have.iter().map(String::as_str).collect();
            mended(&want, &have)
        };
        assert_eq!(
            between(&["a integer", "\"b c\" text"], &["a smallint", "d date"]),
            Ok((
                vec![
                    "ALTER TYPE s.t DROP ATTRIBUTE d".to_owned(),
                    "ALTER TYPE s.t ALTER ATTRIBUTE a TYPE integer".to_owned(),
                    "ALTER TYPE s.t ADD ATTRIBUTE \"b c\" text".to_owned(),
                ],
                true
            ))
        );
        assert_eq!(between(&["b text", "a text"], &["a text"]), Err(ATTRIBUTES));
    }

    #[test]
    fn a_domain_keeps_its_type_and_changes_the_rest() {
        let made = "CREATE DOMAIN s.t AS integer";
        assert_eq!(
            mended(
                &[
                    made,
                    "ALTER DOMAIN s.t SET DEFAULT 1",
                    "ALTER DOMAIN s.t ADD CONSTRAINT c CHECK ((VALUE > 0))"
                ],
                &[
                    made,
                    "ALTER DOMAIN s.t SET NOT NULL",
                    "ALTER DOMAIN s.t ADD CONSTRAINT c CHECK ((VALUE > 1))"
                ]
            ),
            Ok((
                vec![
                    "ALTER DOMAIN s.t DROP NOT NULL".to_owned(),
                    "ALTER DOMAIN s.t DROP CONSTRAINT c".to_owned(),
                    "ALTER DOMAIN s.t SET DEFAULT 1".to_owned(),
                    "ALTER DOMAIN s.t ADD CONSTRAINT c CHECK ((VALUE > 0))".to_owned(),
                ],
                false
            ))
        );
        assert_eq!(mended(&[made], &["CREATE DOMAIN s.t AS bigint"]), Err(ANEW));
    }
}
