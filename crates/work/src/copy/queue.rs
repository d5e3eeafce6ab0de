use std::collections::{BTreeMap, VecDeque};

use daybreak_model::RowRange;
use tokio::sync::{Mutex, Notify};

/// One unit of a load's row work. Tables are named by their place in the plan's list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Task {
    /// Cut a table into ranges, and queue them.
    Split(usize),
    /// Move the rows of a range.
    Range(usize, RowRange),
    /// Compare the rows of a range with what an interrupted load left, and move them only where they differ.
    Compare(usize, RowRange),
    /// All rows of the table are there: build its indexes.
    Finish(usize),
    /// Make, fill and finish several small tables, their rows in one transaction.
    Together(Vec<usize>),
}

/// What is left to do, shared by the workers. A table is finished when the last of its ranges is.
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    /// Tables nobody has begun, in the order in which they are to be begun.
    tables: VecDeque<Task>,
    /// Ranges waiting, per table, in the order of their keys.
    ranges: BTreeMap<usize, VecDeque<Task>>,
    /// Tables whose rows are all there.
    complete: VecDeque<usize>,
    running: usize,
    /// Ranges not done yet, per table.
    open_ranges: Vec<usize>,
    stopped: bool,
}

impl State {
    /// What a worker does next that was at this table's rows before. It stays there, for a server stores rows fastest that
    /// come in order from one connection; with none left it begins a table of its own, or else helps with the table that has
    /// most to be done.
    fn take(&mut self, at: Option<usize>) -> Option<Task> {
        if let Some(table) = self.complete.pop_front() {
            return Some(Task::Finish(table));
        }
        let begun = at.filter(|table| self.ranges.contains_key(table));
        if begun.is_none()
            && let Some(task) = self.tables.pop_front()
        {
            return Some(task);
        }
        let fullest = || self.ranges.iter().max_by_key(|(_, waiting)| waiting.len());
        let table = begun.or_else(|| fullest().map(|(table, _)| *table))?;
        let waiting = self.ranges.get_mut(&table)?;
        let task = waiting.pop_front();
        if waiting.is_empty() {
            self.ranges.remove(&table);
        }
        task
    }
}

impl Queue {
    /// Tables in the order in which they are to be begun: the largest first, so that none is left over at the end.
    pub(crate) fn new(order: impl IntoIterator<Item = Task>, tables: usize) -> Self {
        let state = State {
            tables: order.into_iter().collect(),
            ranges: BTreeMap::new(),
            complete: VecDeque::new(),
            running: 0,
            open_ranges: vec![0; tables],
            stopped: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    /// The next task for a worker that moved rows of table `at` last; waits while there may be more to come; `None` when all
    /// is done or the load was stopped.
    pub(crate) async fn next(&self, at: Option<usize>) -> Option<Task> {
        loop {
            let changed = self.changed.notified();
            {
                let mut state = self.state.lock().await;
                if state.stopped {
                    return None;
                }
                if let Some(task) = state.take(at) {
                    state.running += 1;
                    return Some(task);
                }
                if state.running == 0 {
                    self.changed.notify_waiters();
                    return None;
                }
                // Registered before the lock is let go, so that no wake-up between here and the await is missed.
                tokio::pin!(changed);
                changed.as_mut().enable();
                drop(state);
                changed.await;
            }
        }
    }

    /// A table was cut into ranges; into none when nobody needs to move anything.
    pub(crate) async fn split_done(&self, table: usize, ranges: Vec<Task>) {
        let mut state = self.state.lock().await;
        state.running -= 1;
        state.open_ranges[table] = ranges.len();
        if ranges.is_empty() {
            state.complete.push_back(table);
        } else {
            state.ranges.insert(table, ranges.into());
        }
        self.changed.notify_waiters();
    }

    /// A range was done; returns whether it was its table's last.
    pub(crate) async fn range_done(&self, table: usize) -> bool {
        let mut state = self.state.lock().await;
        state.running -= 1;
        state.open_ranges[table] -= 1;
        let last = state.open_ranges[table] == 0;
        if last {
            state.complete.push_back(table);
        }
        self.changed.notify_waiters();
        last
    }

    /// A table's indexes were built, or small tables were moved.
    pub(crate) async fn finish_done(&self) {
        self.state.lock().await.running -= 1;
        self.changed.notify_waiters();
    }

    /// Ends the load: workers stop after what they are at.
    pub(crate) async fn stop(&self) {
        self.state.lock().await.stopped = true;
        self.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use daybreak_model::RowRange;

    use super::{Queue, Task};

    #[tokio::test]
    async fn every_table_is_finished_once_and_after_its_ranges() {
        let queue = Arc::new(Queue::new(
            [Task::Together(vec![2, 3]), Task::Split(1), Task::Split(0)],
            4,
        ));
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let queue = Arc::clone(&queue);
            workers.spawn(async move {
                let mut seen = Vec::new();
                while let Some(task) = queue.next(None).await {
                    seen.push(task.clone());
                    match task {
                        Task::Split(table) => {
                            // Table 0 is empty, table 1 has four ranges.
                            queue
                                .split_done(table, vec![Task::Range(table, RowRange::Whole); table * 4])
                                .await;
                        }
                        Task::Range(table, _) | Task::Compare(table, _) => {
                            queue.range_done(table).await;
                        }
                        Task::Finish(_) | Task::Together(_) => queue.finish_done().await,
                    }
                    tokio::task::yield_now().await;
                }
                seen
            });
        }
        let seen: Vec<Task> = workers.join_all().await.concat();
        for table in [0, 1] {
            assert_eq!(
                seen.iter().filter(|task| **task == Task::Finish(table)).count(),
                1
            );
        }
        assert_eq!(
            seen.iter()
                .filter(|task| matches!(task, Task::Range(1, _)))
                .count(),
            4
        );
        assert_eq!(seen.len(), 2 + 4 + 2 + 1);
    }

    #[tokio::test]
    async fn a_stopped_queue_hands_out_nothing_more() {
        let queue = Queue::new([Task::Split(0), Task::Split(1)], 2);
        assert_eq!(queue.next(None).await, Some(Task::Split(0)));
        queue.stop().await;
        assert_eq!(queue.next(None).await, None);
    }

    #[tokio::test]
    async fn a_worker_stays_with_its_table_then_begins_another_then_helps() {
        let queue = Queue::new([0, 1, 2].map(Task::Split), 3);
        let range = |table| Task::Range(table, RowRange::Whole);
        for table in [0, 1] {
            assert_eq!(queue.next(None).await, Some(Task::Split(table)));
        }
        queue.split_done(0, vec![range(0); 3]).await;
        queue.split_done(1, vec![range(1); 2]).await;
        assert_eq!(queue.next(Some(1)).await, Some(range(1)));
        assert_eq!(queue.next(None).await, Some(Task::Split(2)));
        queue.split_done(2, vec![range(2)]).await;
        assert_eq!(queue.next(Some(2)).await, Some(range(2)));
        assert_eq!(queue.next(Some(2)).await, Some(range(0)));
        queue.range_done(2).await;
        assert_eq!(queue.next(Some(0)).await, Some(Task::Finish(2)));
    }
}
