use std::sync::Mutex;
use std::time::{Duration, Instant};

use daybreak_work::{Observe, WorkEvent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// Shows on a terminal how far work on rows has come, and why it waits; elsewhere says now and then why it waits.
pub(super) struct Bar {
    bar: ProgressBar,
    said: Mutex<Option<Instant>>,
}

/// How often it says so.
const SAY_EVERY: Duration = Duration::from_secs(30);

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
        Self {
            bar,
            said: Mutex::new(None),
        }
    }
}

impl Observe for Bar {
    fn event(&self, event: WorkEvent) {
        match event {
            WorkEvent::Progress(progress) => {
                self.bar.set_length(progress.rows_expected);
                self.bar.set_position(progress.rows);
            }
            WorkEvent::TableDone { table, .. } => self.bar.set_message(table.to_string()),
            WorkEvent::Doing { what } => self.bar.set_message(what),
            WorkEvent::Waiting { why } | WorkEvent::Retrying { why } => {
                if self.bar.is_hidden() {
                    let mut said = self.said.lock().expect("no holder of this lock panics");
                    if said.is_none_or(|at| at.elapsed() >= SAY_EVERY) {
                        output::say(super::plain(&format!("waiting: {why}")));
                        *said = Some(Instant::now());
                    }
                }
                self.bar.set_message(why);
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
