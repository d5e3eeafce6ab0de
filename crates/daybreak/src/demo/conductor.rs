use std::process::Stdio;
use std::time::{Duration, Instant};

use daybreak_sandbox::application::Bank;
use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use tokio::time::MissedTickBehavior;

use super::Options;
use super::chaos::Chaos;
use super::face::{Face, SAMPLE};
use super::ground::Ground;
use crate::exit::Trouble;

/// How often a conductor that died or failed under chaos is started again.
const STARTS: usize = 25;

/// Starts the conductor's commands as processes of their own and listens to their events.
pub(crate) struct Conductor {
    pub(super) face: Face,
    chaos: Option<Chaos>,
}

/// What the events of one command told.
#[derive(Default)]
pub(crate) struct Told {
    /// When traffic began to be held, the last time.
    pub(crate) held_at: Option<Instant>,
    /// From the journal's record that the old writer's fence begins to the one that the new writer is open.
    pub(crate) server_pause: Option<Duration>,
    /// Every finished step's id and evidence, the newest last.
    pub(crate) steps: Vec<(String, Value)>,
    /// What was broken on the way.
    pub(crate) chaos: Vec<String>,
}

impl Told {
    /// The newest evidence of a step.
    pub(crate) fn evidence(&self, step: &str) -> Option<&Value> {
        self.steps
            .iter()
            .rev()
            .find(|(id, _)| id == step)
            .map(|(_, evidence)| evidence)
    }
}

impl Conductor {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            face: Face::new(options.format),
            chaos: options.chaos.map(Chaos::new),
        }
    }

    /// Runs a command to its end; under chaos, again until it succeeds.
    pub(crate) async fn conduct(
        &mut self,
        command: &str,
        ground: &mut Ground,
        bank: &Bank,
    ) -> Result<Told, Trouble> {
        let mut told = Told::default();
        self.face.begin(command);
        for _ in 0..STARTS {
            let mut process = ground
                .daybreak()?
                .args(["--format", "json", command, "--yes"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()?;
            self.listen(&mut process, ground, bank, &mut told).await?;
            let output = process.wait_with_output().await?;
            if output.status.success() {
                return Ok(told);
            }
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            if self.chaos.is_none() {
                return Err(
                    anyhow::anyhow!("`daybreak {command}` ended with {}:\n{said}", output.status).into(),
                );
            }
            self.face.say(format!(
                "  the conductor ended ({}); it is started again",
                output.status
            ));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Err(anyhow::anyhow!("`daybreak {command}` did not come to an end in {STARTS} starts").into())
    }

    async fn listen(
        &mut self,
        process: &mut Child,
        ground: &mut Ground,
        bank: &Bank,
        told: &mut Told,
    ) -> Result<(), Trouble> {
        let Some(stdout) = process.stdout.take() else {
            return Ok(());
        };
        let mut lines = BufReader::new(stdout).lines();
        let mut fence_begun: Option<Timestamp> = None;
        let mut samples = tokio::time::interval(SAMPLE);
        samples.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let line = tokio::select! {
                line = lines.next_line() => match line? {
                    Some(line) => line,
                    None => break,
                },
                _ = samples.tick() => {
                    self.face.sample(bank);
                    continue;
                }
            };
            let Ok(event) = serde_json::from_str::<Value>(&line) else {
                continue;
            };
            let text = |name: &str| {
                event
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let step = text("step");
            let at = || text("at").parse::<Timestamp>().ok();
            self.face.show(&event);
            match text("kind").as_str() {
                "step_intended" => {
                    if step.ends_with(".hold") {
                        told.held_at = Some(Instant::now());
                    }
                    if step.ends_with(".fence") {
                        fence_begun = at();
                    }
                    if let Some(chaos) = &mut self.chaos
                        && let Some(what) = chaos.strike(process, ground).await?
                    {
                        self.face.say(format!("  ☠ {what} (at {step})"));
                        told.chaos.push(what);
                    }
                }
                "step_done" | "step_already_so" => {
                    if step.ends_with(".open") {
                        told.server_pause = at()
                            .zip(fence_begun)
                            .and_then(|(open, fence)| Duration::try_from(open.duration_since(fence)).ok());
                    }
                    let evidence = event.get("evidence").cloned().unwrap_or_default();
                    told.steps.push((step, evidence));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
