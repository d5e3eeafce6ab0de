use daybreak_engine::{Database, EngineError};
use daybreak_model::Position;
use serde::{Deserialize, Serialize};

/// Where a check began: all that changed before was compared, and what changed after can be followed from here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// Which server the position is of: [`Identity::unique_id`](daybreak_engine::Identity).
    pub server: String,
    /// The source's position.
    pub position: Position,
    /// The place in its log where following begins.
    pub log: Position,
}

impl Since {
    /// Now.
    ///
    /// # Errors
    /// When the source does not tell, or keeps no log.
    pub async fn now(source: &dyn Database) -> Result<Self, EngineError> {
        // The log's end first: what is before it is before the position, too.
        let log = source.log_end().await?;
        Ok(Self {
            server: source.identity().await?.unique_id,
            position: source.position().await?,
            log,
        })
    }
}
