//! What is known of a server before any check looks: each kind of fact is asked for once.

mod tables;

use daybreak_engine::{Database, EngineError};
use daybreak_model::{AuroraLine, Flavor};

pub(crate) use tables::Table;

use crate::Unknown;

/// A kind of fact, or why it is not known.
type Fact<T> = Result<T, Unknown>;

/// All facts of one server.
pub(crate) struct Facts {
    pub(crate) flavor: Flavor,
    pub(crate) target: &'static AuroraLine,
    tables: Fact<Vec<Table>>,
}

impl Facts {
    pub(crate) async fn gather(
        server: &dyn Database,
        flavor: &Flavor,
        target: &'static AuroraLine,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            flavor: flavor.clone(),
            target,
            tables: tables::gather(server).await?,
        })
    }

    /// Base tables of the applications.
    pub(crate) fn tables(&self) -> Result<&[Table], Unknown> {
        self.tables.as_deref().map_err(Clone::clone)
    }
}
