//! Purposes as a file that people edit: TOML, a list of tables for each purpose.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use daybreak_model::{Part, TableName};
use serde::Deserialize;

use super::resolve::is_name;
use super::table_name;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    purposes: BTreeMap<String, Vec<String>>,
}

/// How such a file is written.
pub(crate) const PURPOSES_HINT: &str =
    "`daybreak split --write FILE` writes one: [purposes], then name = [\"schema.table\", …]";

/// The purposes of a file, by name, each table in one of them.
///
/// # Errors
/// In words, which name the file.
pub(crate) fn purposes_of(path: &Path) -> Result<Vec<(String, Vec<TableName>)>, String> {
    let wrong = |what: String| format!("{}: {what}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let file: File = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let mut seen = BTreeSet::new();
    let mut purposes = Vec::with_capacity(file.purposes.len());
    for (name, tables) in file.purposes {
        let mut own = Vec::with_capacity(tables.len());
        for table in tables {
            let table =
                table_name(&table).map_err(|message| wrong(format!("a table of `{name}` {message}")))?;
            if !seen.insert(table.clone()) {
                return Err(wrong(format!("{table} is there twice")));
            }
            own.push(table);
        }
        purposes.push((name, own));
    }
    Ok(purposes)
}

/// The purpose that a plan moves alone.
///
/// # Errors
/// The key, what is wrong with it, and what to do.
pub(super) fn part(
    path: &Path,
    purpose: &str,
    schemas: &[String],
) -> Result<Part, (&'static str, String, String)> {
    let purposes =
        purposes_of(path).map_err(|error| ("migration.purposes", error, PURPOSES_HINT.to_owned()))?;
    let names: Vec<&str> = purposes.iter().map(|(name, _)| name.as_str()).collect();
    let wrong = |message: String, hint: &str| ("migration.purpose", message, hint.to_owned());
    let Some((_, tables)) = purposes.iter().find(|(name, _)| name == purpose) else {
        let hint = format!("write one of {}", names.join(", "));
        return Err(wrong(
            format!("is `{purpose}`, which {} does not have", path.display()),
            &hint,
        ));
    };
    if !is_name(purpose) {
        let hint = "give it another name in that file: 1 to 20 lower-case letters, digits and `_`, for it becomes part of slot \
                    and trigger names";
        return Err(wrong(format!("is `{purpose}`, which cannot be used"), hint));
    }
    if tables.is_empty() {
        return Err(wrong(
            format!("is `{purpose}`, which has no table"),
            "give it tables in that file",
        ));
    }
    if let Some(table) = tables.iter().find(|table| !schemas.contains(&table.schema)) {
        let message = format!(
            "has the table {table}, and `migration.schemas` leaves {} out",
            table.schema
        );
        return Err(wrong(message, "name its database or schema there, too"));
    }
    Ok(Part {
        name: purpose.to_owned(),
        tables: tables.iter().cloned().collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{PlanError, Settings, read_cluster, read_with};

    const PURPOSES: &str =
        "[purposes]\norders = [\"shop.orders\", 'shop.a \"b\"']\n\"Bad name\" = [\"shop.c\"]\nnone = []\n";

    fn write(folder: &Path, migration: &str, more: &str) -> std::path::PathBuf {
        std::fs::write(folder.join("purposes.toml"), PURPOSES).expect("written");
        let plan = folder.join("daybreak.toml");
        let text = format!(
            "[migration]\nname = \"move\"\nschemas = [\"shop\"]\n{migration}\n\
             [source]\nurl = \"mysql://a@127.0.0.1:3306/\"\npassword = {{ env = \"P\" }}\n\
             [target]\nurl = \"mysql://a@127.0.0.1:3307/\"\npassword = {{ env = \"P\" }}\n\
             [replication]\ngtid = true\npassword = {{ env = \"P\" }}\n{more}\n"
        );
        std::fs::write(&plan, text).expect("written");
        plan
    }

    fn read(migration: &str, more: &str) -> Result<Settings, PlanError> {
        let folder = tempfile::tempdir().expect("a folder");
        read_with(&write(folder.path(), migration, more), &|_| {
            Some("secret".to_owned())
        })
    }

    const ORDERS: &str = "purposes = \"purposes.toml\"\npurpose = \"orders\"";

    #[test]
    fn a_purpose_is_a_migration_of_its_own() {
        let settings = read(ORDERS, "").expect("read");
        let part = settings.scope.part.as_ref().expect("a part");
        assert_eq!((part.name.as_str(), part.tables.len()), ("orders", 2));
        assert!(settings.state_dir.ends_with(".daybreak/purposes/orders"));
        assert_eq!(settings.link.name, "daybreak_part_orders");
        assert_eq!((settings.link.channel(), settings.link.taken()), ("", Some(part)));
        let back = settings.link.towards_source();
        assert_eq!((back.channel(), back.taken()), ("daybreak_part_orders", None));
        let whole = read("", "").expect("read");
        assert!(whole.scope.part.is_none() && whole.state_dir.ends_with(".daybreak"));
        assert_eq!(
            (whole.link.name.as_str(), whole.link.towards_source().channel()),
            ("daybreak_move", "")
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_key() {
        for (migration, more, words) in [
            ("purposes = \"purposes.toml\"", "", "`migration.purposes` is set"),
            ("purpose = \"orders\"", "", "`migration.purpose` is set"),
            ("purposes = \"gone.toml\"\npurpose = \"orders\"", "", "gone.toml"),
            (
                "purposes = \"purposes.toml\"\npurpose = \"order\"",
                "",
                "is `order`, which",
            ),
            (
                "purposes = \"purposes.toml\"\npurpose = \"none\"",
                "",
                "has no table",
            ),
            (
                "purposes = \"purposes.toml\"\npurpose = \"Bad name\"",
                "",
                "cannot be used",
            ),
            (
                ORDERS,
                "[load]\nmethod = \"logical-tools\"",
                "`load.method` is \"logical-tools\"",
            ),
        ] {
            let error = read(migration, more).expect_err(words);
            assert!(error.to_string().contains(words), "{error}");
            assert!(error.hint().is_some(), "{error}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let plan = write(folder.path(), ORDERS, "");
        let text = std::fs::read_to_string(&plan)
            .expect("read")
            .replace("\"shop\"", "\"other\"");
        std::fs::write(&plan, text).expect("written");
        let error = read_with(&plan, &|_| Some("secret".to_owned())).expect_err("its schema is left out");
        assert!(error.to_string().contains("leaves shop out"), "{error}");
    }

    #[test]
    fn the_purposes_cluster_takes_its_changes_alone() {
        let cluster = "[cluster]\nname = \"orders\"\nengine = \"aurora-mysql\"\nversion = \"8.0.mysql_aurora.3.10.0\"\nregion = \"eu-central-1\"\n\
            [cluster.network]\nvpc = \"vpc-1\"\nsubnets = [\"subnet-a\", \"subnet-b\"]\napplications = [\"10.0.0.0/16\"]\n\
            [[cluster.instances]]\nrole = \"writer\"\nclass = \"db.r6g.large\"";
        let folder = tempfile::tempdir().expect("a folder");
        let read = |more: &str| {
            let plan = write(folder.path(), ORDERS, &format!("{cluster}\n{more}"));
            read_cluster(&plan)
                .unwrap_or_else(|error| panic!("{error}"))
                .spec
                .parameters["replicate-do-table"]
                .clone()
        };
        assert_eq!(read(""), "shop.a \"b\",shop.orders");
        assert_eq!(read("[cluster.parameters]\nreplicate-do-table = \"x.y\""), "x.y");
    }
}
