//! What of a table stands beside its columns and checks: options, storage, inheritance, its place among partitions, its sequences.

use daybreak_model::{Flavor, SchemaObject, TablePart};

use super::{altered, identifier};

/// Why a table that is divided otherwise is not changed.
pub(super) const DIVIDED: &str = "how a table is divided is settled when it is made: make it anew under another name, move its rows there, and \
    rename both";

/// What is done to a table after it is made: that which only this one has is taken back, and what it lacks is done.
pub(super) fn changed(want: &SchemaObject, have: &SchemaObject, flavor: &Flavor) -> Vec<String> {
    let own = |object: &SchemaObject| -> Vec<String> {
        let further = object.create.iter().skip(1);
        further
            .filter(|statement| !statement.starts_with("DO ") && !statement.contains(" REPLICA IDENTITY "))
            .cloned()
            .collect()
    };
    let (want_all, have_all) = (own(want), own(have));
    let extra = have_all.iter().filter(|statement| !want_all.contains(statement));
    let mut statements: Vec<String> = extra
        .filter_map(|statement| undone(&want.name, statement, flavor))
        .collect();
    statements.extend(
        want_all
            .into_iter()
            .filter(|statement| !have_all.contains(statement)),
    );
    statements
}

/// What takes a statement about a table back; none where what is done in its place suffices, or nothing does.
fn undone(name: &str, statement: &str, flavor: &Flavor) -> Option<String> {
    if let Some(sequence) = statement.strip_prefix("ALTER SEQUENCE ") {
        let (sequence, _) = identifier(sequence)?;
        return Some(format!("ALTER SEQUENCE {sequence} OWNED BY NONE"));
    }
    if let Some(detached) = detached(statement) {
        return Some(detached);
    }
    let own = format!("ALTER TABLE ONLY {name} ");
    let how = statement.strip_prefix(&own)?;
    if let Some(parent) = how.strip_prefix("INHERIT ") {
        return Some(format!("{own}NO INHERIT {parent}"));
    }
    let (column, set) = identifier(how.strip_prefix("ALTER COLUMN ")?)?;
    let back = if set.starts_with("SET STATISTICS ") {
        "SET STATISTICS -1".to_owned()
    } else if set.starts_with("SET STORAGE ") {
        if flavor.version.major < 16 {
            return None;
        }
        "SET STORAGE DEFAULT".to_owned()
    } else {
        let options = set.strip_prefix("SET (")?.strip_suffix(')')?;
        format!("RESET ({})", names(options).join(", "))
    };
    Some(format!("{own}ALTER COLUMN {column} {back}"))
}

/// What takes a partition out again.
pub(super) fn detached(attaching: &str) -> Option<String> {
    let rest = attaching.strip_prefix("ALTER TABLE ONLY ")?;
    let (parent, rest) = identifier(rest)?;
    let (partition, _) = identifier(rest.strip_prefix("ATTACH PARTITION ")?)?;
    Some(format!("ALTER TABLE {parent} DETACH PARTITION {partition}"))
}

/// Logged or not, and storage parameters: `LOGGED fillfactor=70, autovacuum_enabled=false`.
pub(super) fn options(want: &TablePart, have: &TablePart) -> Vec<String> {
    let parted = |part: &TablePart| {
        let (logged, parameters) = part.text.split_once(' ').unwrap_or((&part.text, ""));
        let parameters = parameters.split(", ").filter(|parameter| !parameter.is_empty());
        (
            logged.to_owned(),
            parameters.map(str::to_owned).collect::<Vec<_>>(),
        )
    };
    let ((logged, wanted), (was, own)) = (parted(want), parted(have));
    let mut changes = Vec::new();
    if logged != was {
        changes.push(format!("SET {logged}"));
    }
    let set: Vec<&str> = wanted
        .iter()
        .filter(|parameter| !own.contains(parameter))
        .map(String::as_str)
        .collect();
    if !set.is_empty() {
        changes.push(format!("SET ({})", set.join(", ")));
    }
    let (wanted, own) = (names(&wanted.join(", ")), names(&own.join(", ")));
    let reset: Vec<String> = own.into_iter().filter(|name| !wanted.contains(name)).collect();
    if !reset.is_empty() {
        changes.push(format!("RESET ({})", reset.join(", ")));
    }
    changes.iter().map(|change| altered(want, change)).collect()
}

/// The names of parameters.
fn names(parameters: &str) -> Vec<String> {
    let each = parameters.split(", ").filter(|parameter| !parameter.is_empty());
    each.map(|parameter| {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
        name.trim().to_owned()
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use daybreak_model::{
        Flavor, Hosting, ObjectKind, PartKind, Phase, Product, SchemaObject, TableName, TablePart, Version,
    };

    #[test]
    fn what_was_done_to_a_table_is_taken_back_and_done() {
        let object = |further: &[&str]| SchemaObject {
            kind: ObjectKind::Table,
            name: "s.t".to_owned(),
            table: Some(TableName::new("s", "t")),
            phase: Phase::BeforeRows,
            create: ["CREATE TABLE s.t (a text)"]
                .iter()
                .chain(further)
                .map(|statement| (*statement).to_owned())
                .collect(),
            definition: String::new(),
            enable: Vec::new(),
        };
        let flavor = Flavor {
            product: Product::Postgres,
            version: Version::new(17, 0, 0),
            hosting: Hosting::SelfManaged,
        };
        let want = object(&[
            "ALTER TABLE ONLY s.p ATTACH PARTITION s.t FOR VALUES IN (1)",
            "ALTER TABLE ONLY s.t REPLICA IDENTITY FULL",
        ]);
        let have = object(&[
            "ALTER TABLE ONLY s.t ALTER COLUMN a SET STORAGE EXTERNAL",
            "ALTER TABLE ONLY s.t ALTER COLUMN a SET (n_distinct=5)",
            "ALTER TABLE ONLY s.t INHERIT s.\"o p\"",
            "ALTER TABLE ONLY s.p ATTACH PARTITION s.t FOR VALUES IN (2)",
            "ALTER SEQUENCE s.q OWNED BY s.t.a",
        ]);
        assert_eq!(
            super::changed(&want, &have, &flavor),
            [
                "ALTER TABLE ONLY s.t ALTER COLUMN a SET STORAGE DEFAULT",
                "ALTER TABLE ONLY s.t ALTER COLUMN a RESET (n_distinct)",
                "ALTER TABLE ONLY s.t NO INHERIT s.\"o p\"",
                "ALTER TABLE s.p DETACH PARTITION s.t",
                "ALTER SEQUENCE s.q OWNED BY NONE",
                "ALTER TABLE ONLY s.p ATTACH PARTITION s.t FOR VALUES IN (1)",
            ]
        );
    }

    #[test]
    fn options_are_set_and_reset() {
        let part = |text: &str| TablePart {
            table: TableName::new("s", "t"),
            kind: PartKind::Options,
            name: String::new(),
            definition: String::new(),
            text: text.to_owned(),
            facets: BTreeMap::new(),
        };
        let (want, have) = (
            part("LOGGED fillfactor=70"),
            part("UNLOGGED autovacuum_enabled=false, fillfactor=90"),
        );
        assert_eq!(
            super::options(&want, &have),
            ["SET LOGGED", "SET (fillfactor=70)", "RESET (autovacuum_enabled)"]
                .map(|how| format!("ALTER TABLE \"s\".\"t\" {how}"))
        );
    }
}
