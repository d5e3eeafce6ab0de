//! Columns, changed in place where that can be, else made anew.
//!
//! Facts from the PostgreSQL manual, "ALTER TABLE": `DROP EXPRESSION` (13) keeps stored values, `SET EXPRESSION` (17) computes them
//! anew; an ordinary column never becomes a generated one.

use daybreak_model::{Flavor, TablePart};

use super::altered;
use crate::Mended;
use crate::postgres::quote;

/// Where a column's values come from when an INSERT does not give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source<'a> {
    Given,
    /// `ALWAYS` or `BY DEFAULT`.
    Identity(&'a str),
    /// The expression in its parentheses.
    Stored(&'a str),
    Virtual(&'a str),
}

fn source(column: &TablePart) -> Source<'_> {
    let Some(words) = column.facets.get("generated") else {
        return Source::Given;
    };
    let expression = |kind| {
        words
            .strip_prefix("GENERATED ALWAYS AS ")
            .and_then(|rest| rest.strip_suffix(kind))
    };
    if let Some(expression) = expression(" STORED") {
        Source::Stored(expression)
    } else if let Some(expression) = expression(" VIRTUAL") {
        Source::Virtual(expression)
    } else if words.contains("BY DEFAULT") {
        Source::Identity("BY DEFAULT")
    } else {
        Source::Identity("ALWAYS")
    }
}

/// Gives a column the form of another of its name. Values that were given and would be computed are lost.
pub(super) fn changed(want: &TablePart, have: &TablePart, flavor: &Flavor) -> Result<Mended, &'static str> {
    let name = quote::identifier(&want.name);
    let (to, from) = (source(want), source(have));
    let facet = |part: &TablePart, name: &str| part.facets.get(name).cloned();
    let differs = |name: &str| facet(want, name) != facet(have, name);
    let computed = |source| matches!(source, Source::Stored(_) | Source::Virtual(_));
    let major = flavor.version.major;
    // Before, between and after the changes of one ALTER TABLE.
    let (mut changes, mut after) = (Vec::new(), Vec::new());
    match (to, from) {
        _ if to == from => {}
        (Source::Stored(expression), Source::Stored(_))
        | (Source::Virtual(expression), Source::Virtual(_))
            if major >= 17 =>
        {
            changes.push(format!("ALTER COLUMN {name} SET EXPRESSION AS {expression}"));
        }
        (Source::Given, Source::Stored(_)) if major >= 13 => {
            changes.push(format!("ALTER COLUMN {name} DROP EXPRESSION"));
        }
        (Source::Identity(how), Source::Identity(_)) => {
            changes.push(format!("ALTER COLUMN {name} SET GENERATED {how}"));
        }
        (Source::Identity(how), Source::Given) => {
            let table = quote::table(&want.table);
            after.push(altered(
                want,
                &format!("ALTER COLUMN {name} ADD GENERATED {how} AS IDENTITY"),
            ));
            after.push(format!(
                "SELECT setval(pg_get_serial_sequence({}, {}), max({name})) FROM {table} HAVING max({name}) IS NOT NULL",
                quote::literal(&table),
                quote::literal(&want.name)
            ));
        }
        (Source::Given, Source::Identity(_)) => changes.push(format!("ALTER COLUMN {name} DROP IDENTITY")),
        _ => {
            return Ok(Mended {
                statements: vec![altered(
                    want,
                    &format!("DROP COLUMN {name}, ADD COLUMN {}", want.text),
                )],
                loses: computed(to) && !computed(from),
            });
        }
    }
    let retyped = differs("type") || differs("collation");
    let default = facet(want, "default");
    if (differs("default") || retyped) && facet(have, "default").is_some() {
        // A default is of the type that its column had.
        changes.push(format!("ALTER COLUMN {name} DROP DEFAULT"));
    }
    if retyped {
        let collation = facet(want, "collation").map_or_else(String::new, |name| format!(" COLLATE {name}"));
        let of = facet(want, "type").unwrap_or_default();
        let using = if computed(to) {
            String::new()
        } else {
            format!(" USING {name}::{of}")
        };
        changes.push(format!("ALTER COLUMN {name} TYPE {of}{collation}{using}"));
    }
    if let Some(default) = default.filter(|_| differs("default") || retyped) {
        changes.push(format!("ALTER COLUMN {name} SET DEFAULT {default}"));
    }
    if differs("nullable") {
        let how = if facet(want, "nullable").as_deref() == Some("no") {
            "SET"
        } else {
            "DROP"
        };
        changes.push(format!("ALTER COLUMN {name} {how} NOT NULL"));
    }
    let mut statements = Vec::new();
    if !changes.is_empty() {
        statements.push(altered(want, &changes.join(", ")));
    }
    statements.append(&mut after);
    if statements.is_empty() {
        return Err(super::UNREAD);
    }
    Ok(Mended {
        statements,
        loses: false,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use daybreak_model::{Flavor, Hosting, PartKind, Product, TableName, TablePart, Version};

    fn column(facets: &[(&str, &str)]) -> TablePart {
        let facets = facets
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        TablePart {
            table: TableName::new("s", "t"),
            kind: PartKind::Column,
            name: "c".to_owned(),
            definition: String::new(),
            text: "\"c\" …".to_owned(),
            facets: facets.collect::<BTreeMap<_, _>>(),
        }
    }

    #[test]
    fn each_version_changes_what_it_can_in_place() {
        let flavor = |major| Flavor {
            product: Product::Postgres,
            version: Version::new(major, 0, 0),
            hosting: Hosting::SelfManaged,
        };
        let stored = |expression: &str| {
            let words = format!("GENERATED ALWAYS AS ({expression}) STORED");
            column(&[("type", "integer"), ("generated", &words)])
        };
        let given = column(&[("type", "integer")]);
        let mended = |want: &TablePart, have: &TablePart, major| {
            let mended = super::changed(want, have, &flavor(major)).expect("statements");
            (mended.statements.join("; "), mended.loses)
        };
        let alter = |how: &str| format!("ALTER TABLE \"s\".\"t\" {how}");
        let anew = alter("DROP COLUMN \"c\", ADD COLUMN \"c\" …");
        assert_eq!(
            mended(&stored("a + 1"), &stored("a"), 17),
            (alter("ALTER COLUMN \"c\" SET EXPRESSION AS (a + 1)"), false)
        );
        assert_eq!(mended(&stored("a + 1"), &stored("a"), 16), (anew.clone(), false));
        assert_eq!(mended(&stored("a"), &given, 18), (anew.clone(), true));
        assert_eq!(
            mended(&given, &stored("a"), 13),
            (alter("ALTER COLUMN \"c\" DROP EXPRESSION"), false)
        );
        assert_eq!(mended(&given, &stored("a"), 12), (anew, false));
    }

    #[test]
    fn a_default_goes_with_its_type() {
        let text = column(&[("type", "text"), ("default", "'x'::text")]);
        let mood = column(&[("type", "s.mood"), ("default", "'x'::s.mood")]);
        let flavor = Flavor {
            product: Product::Postgres,
            version: Version::new(17, 0, 0),
            hosting: Hosting::SelfManaged,
        };
        let mended = super::changed(&mood, &text, &flavor).expect("statements");
        assert_eq!(
            mended.statements,
            [
                "ALTER TABLE \"s\".\"t\" ALTER COLUMN \"c\" DROP DEFAULT, ALTER COLUMN \"c\" TYPE s.mood USING \"c\"::s.mood, \
              ALTER COLUMN \"c\" SET DEFAULT 'x'::s.mood"
            ]
        );
    }
}
