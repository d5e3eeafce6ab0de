//! The least that a comparison can take: the aggregate that a check computes, over each whole table, once on each server, all servers at
//! once.

use std::time::Instant;

use daybreak_engine::database;
use daybreak_model::{RowRange, Scope};
use futures_util::future::try_join_all;

use super::ground::Ground;
use crate::exit::Trouble;

/// Seconds from the first question to the last answer.
pub(super) async fn run(ground: &Ground) -> Result<f64, Trouble> {
    let source = database(ground.endpoint(&ground.estate.primary)?);
    let scope = Scope::of(vec!["bench".to_owned()]);
    let tables = source.tables(&scope).await?;
    let mut on = Vec::new();
    for server in ground.servers() {
        on.push(database(ground.endpoint(server)?).checker().await?);
    }
    let started = Instant::now();
    let all = on.iter_mut().map(async |check| {
        for table in &tables {
            check.chunk(table, &RowRange::Whole).await?;
        }
        Ok::<(), Trouble>(())
    });
    try_join_all(all).await?;
    Ok(started.elapsed().as_secs_f64())
}
