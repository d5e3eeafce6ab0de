use std::collections::VecDeque;

use daybreak_model::RowRange;
use tokio::sync::{Mutex, Notify};

/// One unit of a load's row work. Tables are named by their place in the plan's list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Task {
    /// Cut a table into ranges, and queue them.
    Split(usize),
    /// Move the rows of a range.
    Range(usize, RowRange),
    /// Compare the rows of a range with what an interrupted load left, and move them only where they differ.
    Compare(usize, RowRange),
    /// All rows of the table are there: build its indexes.
    Finish(usize),
}

/// What is left to do, shared by the workers. A table is finished when the last of its ranges is.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    waiting: VecDeque<Task>,
    running: usize,
    /// Ranges not done yet, per table.
    open_ranges: Vec<usize>,
    stopped: bool,
}

impl Queue {
    /// Tables in the order in which they are to be begun: the largest first, so that none is left over at the end.
    pub(super) fn new(order: impl IntoIterator<Item = usize>, tables: usize) -> Self {
        let waiting = order.into_iter().map(Task::Split).collect();
        let state = State {
            waiting,
            running: 0,
            open_ranges: vec![0; tables],
            stopped: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    /// The next task; waits while there may be more to come; `None` when all is done or the load was stopped.
    pub(super) async fn next(&self) -> Option<Task> {
        loop {
            let changed = self.changed.notified();
            {
                let mut state = self.state.lock().await;
                if state.stopped {
                    return None;
                }
                if let Some(task) = state.waiting.pop_front() {
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

    /// A table was cut: its ranges come before other tables, so that few tables are open at a time.
    pub(super) async fn split_done(&self, table: usize, ranges: Vec<Task>) {
        let mut state = self.state.lock().await;
        state.running -= 1;
        state.open_ranges[table] = ranges.len();
        if ranges.is_empty() {
            state.waiting.push_front(Task::Finish(table));
        }
        for range in ranges.into_iter().rev() {
            state.waiting.push_front(range);
        }
        self.changed.notify_waiters();
    }

    /// A range was done; returns whether it was its table's last.
    pub(super) async fn range_done(&self, table: usize) -> bool {
        let mut state = self.state.lock().await;
        state.running -= 1;
        state.open_ranges[table] -= 1;
        let last = state.open_ranges[table] == 0;
        if last {
            state.waiting.push_front(Task::Finish(table));
        }
        self.changed.notify_waiters();
        last
    }

    /// A table's indexes were built.
    pub(super) async fn finish_done(&self) {
        self.state.lock().await.running -= 1;
        self.changed.notify_waiters();
    }

    /// Ends the load: workers stop after what they are at.
    pub(super) async fn stop(&self) {
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
        let queue = Arc::new(Queue::new([1, 0], 2));
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let queue = Arc::clone(&queue);
            workers.spawn(async move {
                let mut seen = Vec::new();
                while let Some(task) = queue.next().await {
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
                        Task::Finish(_) => queue.finish_done().await,
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
        assert_eq!(seen.len(), 2 + 4 + 2);
    }

    #[tokio::test]
    async fn a_stopped_queue_hands_out_nothing_more() {
        let queue = Queue::new([0, 1], 2);
        assert_eq!(queue.next().await, Some(Task::Split(0)));
        queue.stop().await;
        assert_eq!(queue.next().await, None);
    }
}
