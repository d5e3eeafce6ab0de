//! PostgreSQL: each check is one question to the catalog of the database the plan names.

mod standing;

mod check;
mod extensions;

mod checks;

use std::sync::Arc;

use daybreak_engine::{Database, EngineError, ErrorKind, Inspect};
use daybreak_model::{AuroraLine, Flavor};

pub(crate) use check::{Check, Subject, rows_are_hits};
pub(crate) use checks::CHECKS;
pub(crate) use standing::Need;
use standing::Standing;
pub use standing::postgresql_grants;

use crate::hit::Looked;
use crate::{About, Unknown};

/// Every check that is wanted, with what it found.
pub(crate) async fn look(
    server: &Arc<dyn Database>,
    flavor: &Flavor,
    target: &'static AuroraLine,
    wanted: &(dyn Fn(&About) -> bool + Sync),
) -> Result<Vec<(About, Looked)>, EngineError> {
    let subject = Subject { flavor, target };
    let standing = Standing::of(server.as_ref()).await?;
    let mut all = Vec::new();
    for check in CHECKS.iter().filter(|check| wanted(&check.about)) {
        let looked = match standing.lacks(check.needs) {
            Some(unknown) => Err(unknown),
            None => one(server.as_ref(), check, &subject).await?,
        };
        all.push((check.about, looked));
    }
    Ok(all)
}

/// One check. What keeps only this question from an answer is "could not tell"; what keeps all of them from one is an error.
async fn one(server: &dyn Inspect, check: &Check, subject: &Subject<'_>) -> Result<Looked, EngineError> {
    let what = format!("failed to look for {}", check.about.title);
    match server.ask(&what, check.question).await {
        Ok(rows) => Ok(Ok((check.judge)(subject, rows))),
        Err(error) => match error.kind {
            ErrorKind::Unreachable
            | ErrorKind::Authentication
            | ErrorKind::Tls
            | ErrorKind::ConnectionLost => Err(error),
            _ => Ok(Err(Unknown {
                why: std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string),
                grant: None,
            })),
        },
    }
}
