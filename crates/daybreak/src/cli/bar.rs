use std::time::Duration;

use daybreak_work::{Observe, WorkEvent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// Shows on a terminal how far work on rows has come, and why it waits; elsewhere nothing.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        let target = if output::is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = "{bar:20} {human_pos} of {human_len} rows, {per_sec}, {eta} left\n{wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }
}

impl Observe for Bar {
    fn event(&self, event: WorkEvent) {
        match event {
            WorkEvent::Progress(progress) => {
                self.0.set_length(progress.rows_expected);
                self.0.set_position(progress.rows);
            }
            WorkEvent::TableDone { table, .. } => self.0.set_message(table.to_string()),
            WorkEvent::Doing { what }
            | WorkEvent::Waiting { why: what }
            | WorkEvent::Retrying { why: what } => {
                self.0.set_message(what);
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
