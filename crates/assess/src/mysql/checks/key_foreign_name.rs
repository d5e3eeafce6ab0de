//! A server before 8.0 makes up a name of its table and a number, which may pass 64 characters; 8.0 refuses it (MySQL
//! Shell, `foreignKeyLength`; Aurora precheck `foreignKeyLengthCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.key.foreign_name",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "foreign keys with names that are too long",
        remedy: "drop the key and add it again under a name of its own",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let long = facts.foreign_names.known()?.iter().filter_map(|(name, table)| {
        let (schema, key) = name.split_once('/')?;
        let (_, table) = table.split_once('/')?;
        let length = key.chars().count();
        (length > 64).then(|| {
            let statement = format!(
                "ALTER TABLE {} DROP FOREIGN KEY {}",
                quote::object(schema, table),
                quote::name(key)
            );
            Hit::new(
                format!("{schema}.{table}.{key}"),
                format!("its name has {length} characters, and 64 may be"),
            )
            .mended_by(statement)
        })
    });
    Ok(long.collect())
}
