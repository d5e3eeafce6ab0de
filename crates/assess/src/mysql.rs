//! The MySQL family: facts gathered once, and checks that look at them.

mod quote;
mod words;

mod facts;
mod grants;

mod collated;
mod reserved;

mod checks;

use std::sync::Arc;

use daybreak_engine::{Database, EngineError};
use daybreak_model::{AuroraLine, Flavor};

pub(crate) use checks::CHECKS;
use facts::Facts;
pub use grants::mysql_grants;

use crate::About;
use crate::hit::Looked;

/// A check of the MySQL family.
pub(crate) struct Check {
    pub(crate) about: About,
    /// Pure: facts in, hits out.
    pub(crate) look: fn(&Facts) -> Looked,
}

/// Every check that is wanted, with what it found.
pub(crate) async fn look(
    server: &Arc<dyn Database>,
    flavor: &Flavor,
    target: &'static AuroraLine,
    wanted: &(dyn Fn(&About) -> bool + Sync),
) -> Result<Vec<(About, Looked)>, EngineError> {
    let facts = Facts::gather(server.as_ref(), flavor, target).await?;
    let applying = CHECKS.iter().filter(|check| wanted(&check.about));
    Ok(applying
        .map(|check| (check.about, (check.look)(&facts)))
        .collect())
}
