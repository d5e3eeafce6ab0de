//! The long-lived program that runs what is due.

mod due;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use clap::Args;
use daybreak_work::TrimRule;
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use super::trim::{Ground, carry_out};
use crate::config::Settings;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};
use due::Runs;

/// After how long a rule that failed is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(15 * 60);
/// How often it looks whether anything is due.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Stays, and runs the plan's rules of `trim` when they are due by their schedules: one at a time, never one beside itself. A moment that
/// was missed, because nothing ran then, is made up for by one run.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Run what is due now, and end.
    #[arg(long)]
    once: bool,
}

impl Serve {
    pub(crate) async fn run(self, settings: Settings, format: Format) -> Result<Exit, Trouble> {
        if settings
            .trim
            .rules
            .iter()
            .all(|planned| planned.schedule.is_none())
        {
            return Err(Trouble::usage(
                anyhow::anyhow!("no rule of the plan has a schedule"),
                Some("write it as `schedule = \"0 3 1 * *\"` in a `[[trim.rules]]`".to_owned()),
            ));
        }
        let path = settings.state_dir.join("trim").join("schedule.json");
        let mut runs = Runs::open(path)?;
        let (mut interrupted, mut terminated) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let mut failed = false;
        // Rules that failed, and until when they are left.
        let mut again: HashMap<String, Instant> = HashMap::new();
        loop {
            for (rule, due) in runs.due(&settings.trim.rules, Timestamp::now())? {
                if again.get(&rule.name).is_some_and(|until| Instant::now() < *until) {
                    continue;
                }
                let missed = match due.missed {
                    0 => String::new(),
                    times => format!(", {times} before it were missed"),
                };
                output::say(format!("rule {} is due since {}{missed}", rule.name, due.at));
                match one(&settings, &rule, format).await {
                    Ok(true) => runs.done(&rule.name, due.at)?,
                    // Told to stop: what is left is due still.
                    Ok(false) => return Ok(Exit::Waiting),
                    Err(trouble) => {
                        output::error(&trouble.error, trouble.hint.as_deref());
                        output::say(format!("rule {} is due still, and is tried again", rule.name));
                        failed = true;
                        again.insert(rule.name.clone(), Instant::now() + TRY_AGAIN);
                    }
                }
            }
            if self.once {
                return Ok(if failed { Exit::Failed } else { Exit::Done });
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = interrupted.recv() => return Ok(Exit::Done),
                _ = terminated.recv() => return Ok(Exit::Done),
            }
        }
    }
}

/// Runs one rule; whether it came to its end.
async fn one(settings: &Settings, rule: &TrimRule, format: Format) -> Result<bool, Trouble> {
    let ground = Ground::of_plan(settings, std::slice::from_ref(rule)).await?;
    let reports = carry_out(&ground).await?;
    for report in &reports {
        match format {
            Format::Json => output::json(report),
            Format::Text => super::trim::report_lines(report).iter().for_each(output::line),
        }
    }
    Ok(reports.iter().all(|report| report.whole) && !reports.is_empty())
}
