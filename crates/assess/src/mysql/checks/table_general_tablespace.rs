//! Aurora has no CREATE TABLESPACE (Aurora User Guide, "Comparing Aurora MySQL version 2 and MySQL 5.7 Community
//! Edition").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.table.general_tablespace",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "D2"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "tables in a general tablespace",
        remedy: "move the table into a file of its own",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let general = facts
        .stored
        .known()?
        .iter()
        .filter(|stored| stored.space_kind == "General");
    Ok(general
        .filter(|stored| !stored.name.starts_with("mysql/"))
        .filter_map(|stored| {
            let table = stored.partitioned().or_else(|| stored.table())?;
            let statement = format!(
                "ALTER TABLE {} TABLESPACE = innodb_file_per_table",
                quote::object(&table.schema, &table.name)
            );
            Some(
                Hit::new(
                    table.to_string(),
                    "it lies in a general tablespace, which Aurora cannot make",
                )
                .mended_by(statement),
            )
        })
        .collect())
}
