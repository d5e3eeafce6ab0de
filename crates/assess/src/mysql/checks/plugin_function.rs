//! Aurora loads no libraries of customers; it can call Lambda (Aurora User Guide, "Invoking a Lambda function from an
//! Amazon Aurora MySQL DB cluster").

use daybreak_model::Severity;

use crate::hit::{Hit, Looked};
use crate::mysql::Check;
use crate::mysql::facts::Facts;
use crate::mysql::quote;
use crate::{About, Crossing, Engine};

pub(crate) const CHECK: Check = Check {
    about: About {
        id: "mysql.plugin.function",
        engines: Engine::MYSQL_FAMILY,
        rows: &["P1", "P2"],
        severity: Severity::Blocks,
        crossing: Crossing::ToAurora,
        title: "functions from libraries",
        remedy: "write it in SQL, or call AWS Lambda",
    },
    look,
};

fn look(facts: &Facts) -> Looked {
    let functions = facts.functions.known()?.iter();
    Ok(functions
        .map(|function| {
            let statement = format!("DROP FUNCTION {}", quote::name(&function.name));
            Hit::new(
                format!("function {}", function.name),
                format!("it comes from {}", function.library),
            )
            .mended_by(statement)
        })
        .collect())
}
