//! A check of what changed since an earlier one.

use std::sync::Arc;

use daybreak_engine::{Database, EngineError, ErrorKind};
use daybreak_model::{Scope, Table};

use super::changed::Changed;
use super::last::{LastVerdict, ToDo};
use super::node::NodeReport;
use super::nodes::NodesCheck;
use super::sides::Compared;
use super::since::Since;
use super::{CheckError, CheckSettings};
use crate::Observe;

/// Compares the rows that changed on the source since an earlier check began, and those that were not the same then, with each
/// of `nodes`; tables of which that cannot be said row by row, whole. Also returns where a next one begins.
///
/// What somebody changed on a compared server itself is not seen by this: only a whole check sees that.
///
/// # Errors
/// When the earlier verdict is of other servers, the source's log does not reach back so far, or the source fails.
pub async fn check_since(
    source: &Arc<dyn Database>,
    nodes: &[Compared],
    scope: &Scope,
    tables: &[Table],
    last: &LastVerdict,
    settings: &CheckSettings,
    observer: &dyn Observe,
) -> Result<(Vec<NodeReport>, Since), CheckError> {
    let now = Since::now(source.as_ref()).await?;
    if now.server != last.since.server {
        return Err(other(source, "the last verdict is of another server").into());
    }
    if !now.position.covers(&last.since.position) {
        let why = format!(
            "it stands at {}, and the last verdict at {}: it was restored or its log was begun anew",
            now.position, last.since.position
        );
        return Err(other(source, &why).into());
    }
    if let Some(setting) = source.identity().await?.cannot_be_followed {
        let why = format!("its log does not name every changed row: {}", setting.found);
        return Err(other(source, &why).into());
    }
    for node in nodes {
        let address = node.server.endpoint().address();
        if !last.nodes.contains(&address) {
            return Err(other(source, &format!("the last verdict knows nothing of {address}")).into());
        }
    }
    let mut changed = Changed::new(source.changes_since(scope, &last.since.log).await?, tables);
    let followed = take_in_all(&mut changed).await;
    let mut rows = changed.take_rows();
    let whole = std::mem::take(&mut changed.whole);
    changed.close().await?;
    followed?;
    let to_do: Vec<(&Table, ToDo)> = tables
        .iter()
        .map(|table| {
            let changed = rows.remove(&table.name).unwrap_or_default();
            (table, last.to_do(table, changed, whole.contains(&table.name)))
        })
        .collect();
    let expected = to_do.iter().map(|(table, to_do)| match to_do {
        ToDo::Whole => table.estimated_rows,
        ToDo::Rows(rows) => rows.len() as u64,
    });
    let mut check = NodesCheck::open(source, nodes, settings, expected.sum(), observer).await?;
    for (table, to_do) in to_do {
        match to_do {
            ToDo::Whole => check.table(table, None).await?,
            ToDo::Rows(rows) => check.rows(table, &rows).await?,
        }
    }
    let mut reports = check.end().await?;
    for node in &mut reports {
        node.report.since = Some(last.since.position.clone());
        // What changed after this was not followed.
        node.report.position = Some(now.position.clone());
    }
    Ok((reports, now))
}

async fn take_in_all(changed: &mut Changed) -> Result<(), EngineError> {
    while !changed.take_in().await? {}
    Ok(())
}

fn other(source: &Arc<dyn Database>, why: &str) -> EngineError {
    EngineError {
        server: source.endpoint().to_string(),
        what: format!("failed to go on from the last verdict: {why}"),
        kind: ErrorKind::Unsupported,
        code: None,
        hint: Some("run a full check, which leaves a new one".to_owned()),
        source: None,
    }
}
