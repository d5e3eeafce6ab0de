//! What a load begins with. Pure.

use std::cmp::Reverse;

use daybreak_model::Table;

use super::LoadPlan;
use super::queue::Task;

/// A small table has no more rows than this, by the server's estimate.
const SMALL_ROWS: u64 = 10_000;
/// And no more bytes.
const SMALL_BYTES: u64 = 1 << 20;
/// Tables in a group. Each takes a lock for itself, for each of its indexes and for where its large values lie.
const TABLES: usize = 16;

/// Whether a table is better moved whole.
pub(crate) fn is_small(table: &Table) -> bool {
    table.estimated_rows <= SMALL_ROWS && table.estimated_bytes <= SMALL_BYTES
}

/// What a load begins with, the largest table first. Small tables are moved whole and several at once, if they are made apart
/// and no earlier load began them.
pub(super) fn order(plan: &LoadPlan) -> Vec<Task> {
    let tables = &plan.image.tables;
    let mut order: Vec<usize> = (0..tables.len()).collect();
    order.sort_by_key(|&index| Reverse(tables[index].estimated_bytes));
    let is_together = |index: &usize| {
        let table = &tables[*index];
        is_small(table) && plan.image.apart.contains(&table.name) && !plan.started.contains(&table.name)
    };
    let (small, others): (Vec<usize>, Vec<usize>) = order.into_iter().partition(is_together);
    let groups = small.chunks(TABLES).map(|group| Task::Together(group.to_vec()));
    others.into_iter().map(Task::Split).chain(groups).collect()
}
