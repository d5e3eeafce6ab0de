//! A column of a view has 64 characters at most since 8.0 (Aurora precheck
//! `auroraUpgradeCheckForViewColumnNameLength`).

use std::collections::BTreeSet;

use daybreak_model::{Severity, TableName};

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.view.column_name",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "view columns with names that are too long",
        remedy: "give the column a name of its own in the view",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let views = facts.tables.known()?.iter().filter(|table| table.kind == "VIEW");
    let views: BTreeSet<&TableName> = views.map(|view| &view.name).collect();
    let long = facts
        .columns
        .known()?
        .iter()
        .filter(|column| views.contains(&column.table) && column.name.chars().count() > 64);
    Ok(long
        .map(|column| {
            Hit::new(
                column.object(),
                format!("its name has {} characters", column.name.chars().count()),
            )
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use crate::mysql::facts::sample;

    // The servers here cut such a name down when the view is made; older ones did not.
    #[test]
    fn a_long_column_of_a_view_is_found() {
        for (length, found) in [(64, 0), (65, 1)] {
            let facts = sample::view(&"c".repeat(length));
            assert_eq!(super::look(&facts).unwrap().len(), found, "{length}");
        }
    }
}
