//! What the person who watches the demo sees: a line for each step, and below them a line that lives: what goes on now, and how
//! the application's writes flow.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use console::style;
use daybreak_runbook::Progress;
use daybreak_sandbox::application::Bank;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::Value;

use crate::conduct::rate;
use crate::output::{self, Format};

/// How often the flow of writes is measured.
pub(super) const SAMPLE: Duration = Duration::from_millis(100);
/// How many measurements are shown: the last four seconds.
const SAMPLES: usize = 40;
/// From no write at all to the most of the samples shown.
const BARS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// See the module.
pub(super) struct Face {
    format: Format,
    bar: ProgressBar,
    /// Titles of the running play's steps.
    titles: HashMap<String, String>,
    now: String,
    acknowledged: u64,
    flow: VecDeque<u64>,
}

impl Face {
    pub(super) fn new(format: Format) -> Self {
        let bar = if format == Format::Text && output::is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(
            ProgressStyle::with_template("  {spinner:.cyan} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        Self {
            format,
            bar,
            titles: HashMap::new(),
            now: String::new(),
            acknowledged: 0,
            flow: VecDeque::new(),
        }
    }

    /// Prints a line above the one that lives.
    pub(super) fn say(&self, text: impl std::fmt::Display) {
        self.bar.suspend(|| output::say(text));
    }

    /// Prints a line that programs have no use for.
    fn tell(&self, text: impl std::fmt::Display) {
        if self.format == Format::Text {
            self.say(text);
        }
    }

    /// A command of the conductor's begins.
    pub(super) fn begin(&mut self, command: &str) {
        self.now = format!("daybreak {command}");
        self.say(style(format!("daybreak {command} --yes")).for_stderr().bold());
    }

    /// Takes in an event of the conductor's.
    pub(super) fn show(&mut self, event: &Value) {
        let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
        let step = text("step");
        match text("kind") {
            "run_started" => {
                let steps = event.get("steps").and_then(Value::as_array);
                for step in steps.into_iter().flatten() {
                    let of_step = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or_default();
                    self.titles
                        .insert(of_step("id").to_owned(), of_step("title").to_owned());
                }
            }
            "step_intended" => self.now = self.title(step),
            "progress" => {
                let progress = event.get("progress").map(Progress::deserialize);
                if let Some(Ok(progress)) = progress {
                    self.now = format!("{}: {}", self.title(step), rate(&progress));
                }
            }
            "step_done" | "step_already_so" => {
                let seconds = event.get("took_us").and_then(Value::as_f64).unwrap_or_default() / 1e6;
                self.tell(format!(
                    "  {} {:<56} {seconds:>8.3} s",
                    style("✓").for_stderr().green(),
                    self.title(step)
                ));
            }
            "step_failed" | "undo_failed" => {
                let error = event.get("error").and_then(|error| error.get("chain"));
                let causes = error.and_then(Value::as_array).into_iter().flatten();
                let causes: Vec<&str> = causes.filter_map(Value::as_str).collect();
                self.say(format!(
                    "  {} {step}: {}",
                    style("✗").for_stderr().red(),
                    causes.join(": ")
                ));
            }
            "undo_done" => self.say(format!(
                "  {} {step} taken back",
                style("↶").for_stderr().yellow()
            )),
            _ => {}
        }
    }

    fn title(&self, step: &str) -> String {
        self.titles.get(step).cloned().unwrap_or_else(|| step.to_owned())
    }

    /// Measures the flow once, and shows it.
    pub(super) fn sample(&mut self, bank: &Bank) {
        let acknowledged = bank.acknowledged();
        if self.flow.len() == SAMPLES {
            self.flow.pop_front();
        }
        self.flow
            .push_back(acknowledged.saturating_sub(self.acknowledged));
        self.acknowledged = acknowledged;
        self.bar.set_message(format!(
            "{}  {} writes acknowledged  {}",
            spark(&self.flow),
            HumanCount(acknowledged),
            style(&self.now).for_stderr().dim()
        ));
        self.bar.tick();
    }

    /// Lets the application write for a while.
    pub(super) async fn linger(&mut self, what: &str, length: Duration, bank: &Bank) {
        what.clone_into(&mut self.now);
        let end = tokio::time::Instant::now() + length;
        while tokio::time::Instant::now() < end {
            tokio::time::sleep(SAMPLE.min(length)).await;
            self.sample(bank);
        }
    }
}

impl Drop for Face {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The samples as bars; none at all is a dot, so that a pause is seen.
fn spark(samples: &VecDeque<u64>) -> String {
    let most = samples.iter().copied().max().unwrap_or_default().max(1);
    let steps = BARS.len() as u64 - 1;
    let bars = samples.iter().map(|&sample| {
        let place = (sample * steps).div_ceil(most);
        BARS[usize::try_from(place).unwrap_or_default()]
    });
    let text: String = bars.collect();
    format!("{text:>SAMPLES$}")
}

#[cfg(test)]
mod tests {
    use super::{SAMPLES, spark};

    #[test]
    fn a_pause_shows_as_dots_and_the_fullest_sample_as_a_full_bar() {
        let shown = spark(&[8, 8, 0, 1].into());
        assert_eq!(shown.chars().count(), SAMPLES);
        assert_eq!(shown.trim_start(), "██·▁");
        assert_eq!(spark(&[0].into()).trim_start(), "·");
    }
}
