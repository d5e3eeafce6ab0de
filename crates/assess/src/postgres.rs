//! PostgreSQL: each check is one question to the catalog of the database the plan names.

mod checks;

use std::sync::Arc;

use daybreak_engine::{Database, EngineError, ErrorKind};
use daybreak_model::{AuroraLine, Flavor};

pub(crate) use checks::CHECKS;

use crate::About;
use crate::hit::{Hit, Looked};
use crate::Unknown;

/// What a question may depend on.
pub(crate) struct Subject<'a> {
    pub(crate) flavor: &'a Flavor,
    pub(crate) target: &'static AuroraLine,
}

/// A check of PostgreSQL.
pub(crate) struct Check {
    pub(crate) about: About,
    /// A question whose rows are what is found: the object, what was seen, and the statement that mends it or NULL.
    pub(crate) question: fn(&Subject<'_>) -> String,
}

/// Every check that applies, with what it found.
pub(crate) async fn look(
    server: &Arc<dyn Database>,
    flavor: &Flavor,
    target: &'static AuroraLine,
) -> Result<Vec<(About, Looked)>, EngineError> {
    let subject = Subject { flavor, target };
    let mut all = Vec::new();
    for check in CHECKS.iter().filter(|check| check.about.applies(flavor, target)) {
        let what = format!("failed to look for {}", check.about.title);
        let looked = match server.ask(&what, &(check.question)(&subject)).await {
            Ok(rows) => Ok(rows.into_iter().filter_map(hit).collect()),
            Err(error) if error.kind == ErrorKind::Privilege => Err(Unknown {
                why: std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string),
                grant: None,
            }),
            Err(error) => return Err(error),
        };
        all.push((check.about, looked));
    }
    Ok(all)
}

fn hit(row: daybreak_engine::TextRow) -> Option<Hit> {
    let mut values = row.into_iter();
    let (object, evidence) = (values.next()??, values.next()??);
    let hit = Hit::new(object, evidence);
    Some(match values.next().flatten() {
        Some(statement) => hit.mended_by(statement),
        None => hit,
    })
}
