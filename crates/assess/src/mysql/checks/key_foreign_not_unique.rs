//! 8.4 has restrict_fk_on_non_standard_key ON: such a key can neither be made nor loaded (MySQL manual, "Changes in
//! MySQL 8.4"; MySQL Shell and Aurora precheck, `foreignKeyReferences`).

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Facts, ForeignKey, Index};
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.key.foreign_not_unique",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 4, 0),
        title: "foreign keys to columns that no unique key covers",
        remedy: "make a unique key over exactly these columns of the parent",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    // Names of columns do not tell capitals apart.
    let lower = |names: &mut dyn Iterator<Item = &str>| names.map(str::to_lowercase).collect::<Vec<_>>();
    let whole = |index: &&Index| index.unique && index.parts.iter().all(|part| part.prefix.is_none());
    let unique: BTreeSet<(&TableName, Vec<String>)> = facts
        .indexes
        .known()?
        .iter()
        .filter(whole)
        .map(|index| (&index.table, lower(&mut index.columns())))
        .collect();
    let covered = |key: &ForeignKey| {
        unique.contains(&(
            &key.parent,
            lower(&mut key.parent_columns.iter().map(String::as_str)),
        ))
    };
    let parents: BTreeSet<&TableName> = facts.base_tables()?.map(|table| &table.name).collect();
    let loose = facts
        .foreign_keys
        .known()?
        .iter()
        .filter(|key| parents.contains(&key.parent) && !covered(key));
    Ok(loose
        .map(|key| {
            let columns: Vec<String> = key.parent_columns.iter().map(|name| quote::name(name)).collect();
            let parent = quote::object(&key.parent.schema, &key.parent.name);
            let statement = format!("ALTER TABLE {parent} ADD UNIQUE KEY ({})", columns.join(", "));
            Hit::new(
                key.object(),
                format!(
                    "no unique key of {} is over exactly ({})",
                    key.parent,
                    key.parent_columns.join(", ")
                ),
            )
            .mended_by(statement)
        })
        .collect())
}
