//! A name that is a reserved word is a syntax error wherever it stands without backticks (MySQL Shell,
//! `reservedKeywords`; Aurora precheck `reservedKeywordsCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::reserved;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.name.reserved_word",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2", "P4"],
        severity: Severity::Degrades,
        crossing: Crossing::ToAurora,
        title: "names that become reserved words",
        remedy: "write the name in backticks in every statement of the applications, or give it another",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let hit = |object: String, what: &str, name: &str| {
        let version = reserved::reserved(facts, name)?;
        Some(Hit::new(
            object,
            format!("the {what} `{name}` is a reserved word since {version}"),
        ))
    };
    let schemas = facts
        .application_schemas()?
        .filter_map(|schema| hit(schema.name.clone(), "database", &schema.name));
    let tables = facts
        .tables
        .known()?
        .iter()
        .filter_map(|table| hit(table.name.to_string(), "table", &table.name.name));
    let columns = facts
        .columns
        .known()?
        .iter()
        .filter_map(|column| hit(column.object(), "column", &column.name));
    let programs = facts.programs()?.filter(|program| program.word != "VIEW");
    let programs =
        programs.filter_map(|program| hit(program.object(), &program.word.to_lowercase(), &program.name));
    Ok(schemas.chain(tables).chain(columns).chain(programs).collect())
}
