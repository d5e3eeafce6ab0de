//! A table name that begins with a point is a syntax error since 8.0 (MySQL Shell, `emptyDotTableSyntax`; Aurora
//! precheck `mysqlEmptyDotTableSyntaxCheck`).

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::{Facts, Kind};
use crate::mysql::words::words;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.program.empty_dot",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::into(8, 0, 11),
        title: "routines, triggers and events that write a table as `.name`",
        remedy: "write the database before the point, or leave the point out",
    },
    look,
};

/// Words after which a table is named.
const BEFORE: [&str; 6] = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", ","];

fn look(facts: &Facts) -> Looked {
    let written = facts.programs()?.filter(|program| program.kind != Kind::View);
    let found = written.filter(|program| {
        words(&program.body).windows(3).any(|three| {
            let named = !matches!(three[2].kind, crate::mysql::words::Kind::Text)
                && !three[2].text.starts_with(|c: char| c.is_ascii_digit());
            BEFORE.iter().any(|before| three[0].is(before)) && three[1].is(".") && named
        })
    });
    Ok(found
        .map(|program| {
            Hit::new(
                program.object(),
                "it names a table with a point before it and no database",
            )
        })
        .collect())
}
