//! A check of all rows of all tables.

use std::sync::Arc;

use daybreak_engine::Database;
use daybreak_model::Table;

use super::checkpoint::Checkpoint;
use super::node::NodeReport;
use super::nodes::NodesCheck;
use super::sides::Compared;
use super::small::groups;
use super::{CheckError, CheckSettings};
use crate::Observe;

/// Compares every table of `tables` of the source with each of `nodes`, a range at a time on all of them at once. With a
/// checkpoint, goes on where a check of the same things was broken off. A server that fails is left out from then on, and its
/// report says so.
///
/// # Errors
/// When the source fails, or the checkpoint cannot be written.
pub async fn check_nodes(
    source: &Arc<dyn Database>,
    nodes: &[Compared],
    tables: &[Table],
    settings: &CheckSettings,
    mut checkpoint: Option<&mut Checkpoint>,
    observer: &dyn Observe,
) -> Result<Vec<NodeReport>, CheckError> {
    let expected = tables.iter().map(|table| table.estimated_rows).sum();
    let mut check = NodesCheck::open(source, nodes, settings, expected, observer).await?;
    for some in groups(tables) {
        check.group(some, checkpoint.as_deref_mut()).await?;
    }
    check.end().await
}
