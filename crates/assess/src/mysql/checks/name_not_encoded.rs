//! `#mysql50#` before a name marks a folder or file that is not named as 5.1 and later would (MySQL Shell,
//! `invalid57Names`; Aurora precheck `mysqlInvalid57NamesCheck`; MySQL manual, "Mapping of Identifiers to File Names").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.name.not_encoded",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "D2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "names that the server cannot write as files, or that end in a space",
        remedy: "for a database, ALTER DATABASE … UPGRADE DATA DIRECTORY NAME on 5.6 and 5.7; else rename, or remove the folder that is no database",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let wrong = |name: &str| match () {
        () if name.starts_with("#mysql50#") => {
            Some("its folder or file is not named as 5.1 and later write names")
        }
        () if name.ends_with(' ') => Some("its name ends in a space"),
        () => None,
    };
    let schemas = facts
        .application_schemas()?
        .filter_map(|schema| Some(Hit::new(schema.name.clone(), wrong(&schema.name)?)));
    let tables = facts
        .tables
        .known()?
        .iter()
        .filter_map(|table| Some(Hit::new(table.name.to_string(), wrong(&table.name.name)?)));
    let columns = facts
        .columns
        .known()?
        .iter()
        .filter(|column| column.name.ends_with(' '));
    let columns = columns.map(|column| Hit::new(column.object(), "its name ends in a space"));
    Ok(schemas.chain(tables).chain(columns).collect())
}
