//! A name that begins with `$` is deprecated without backticks since 8.0.32, and a syntax error in 8.4 routines (MySQL
//! Shell, `dollarSignName`; Aurora precheck `mysqlDollarSignNameCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Column, Facts, Index, Program};
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.name.dollar",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Degrades,
        crossing: Crossing::into(8, 0, 31),
        title: "names that begin with a dollar",
        remedy: "write the name in backticks in every statement, or give it another",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let evidence = "its name begins with `$`";
    let schemas = facts
        .application_schemas()?
        .filter(|schema| schema.name.starts_with('$'))
        .map(|schema| schema.name.clone());
    let tables = facts
        .tables
        .known()?
        .iter()
        .filter(|table| table.name.name.starts_with('$'))
        .map(|table| table.name.to_string());
    let columns = facts
        .columns
        .known()?
        .iter()
        .filter(|column| column.name.starts_with('$'))
        .map(Column::object);
    let indexes = facts
        .indexes
        .known()?
        .iter()
        .filter(|index| index.name.starts_with('$'))
        .map(Index::object);
    let programs = facts
        .programs()?
        .filter(|program| program.word != "VIEW" && program.name.starts_with('$'))
        .map(Program::object);
    Ok(schemas
        .chain(tables)
        .chain(columns)
        .chain(indexes)
        .chain(programs)
        .map(|object| Hit::new(object, evidence))
        .collect())
}
