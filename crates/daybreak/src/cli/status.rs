mod sides;

use std::time::Duration;

use clap::Args;
use comfy_table::{Table, presets};
use daybreak_runbook::{Conductor, History, RunStatus, Store};
use daybreak_traffic::{Flow, GateClient, TrafficSwitch, Whereabouts};
use serde::Serialize;

use crate::conduct::{self, Leader, Stage};
use crate::config::Settings;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};
use crate::plays::World;

use sides::{Answers, Sides};

/// Reads the journal and asks the gate where traffic goes. Touches no server, unless it is to ask them.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Ask both servers whether they may be written, too. Exits with 3 where that is not as the journal has it, and with 6
    /// where it cannot be told.
    #[arg(long)]
    ask: bool,
}

/// The whole status, for programs.
#[derive(Serialize)]
struct Standing<'a> {
    migration: &'a str,
    leader: Leader,
    migrated: bool,
    /// Absent where the plan has no gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<GateStanding>,
    /// Absent unless the servers were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    sides: Option<Sides>,
    runs: &'a [daybreak_runbook::Run],
}

/// What the gate says, or why it says nothing.
#[derive(Serialize)]
#[serde(untagged)]
enum GateStanding {
    Up(Whereabouts),
    Silent { error: String },
}

impl GateStanding {
    async fn ask(settings: &Settings) -> Option<Self> {
        settings.gate.as_ref()?;
        let answer = async {
            GateClient::connect(&settings.gate_socket())
                .await?
                .where_now()
                .await
        };
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        Some(match answer {
            Ok(Ok(now)) => Self::Up(now),
            Ok(Err(error)) => Self::Silent {
                error: error.to_string(),
            },
            Err(_) => Self::Silent {
                error: "the gate does not answer".to_owned(),
            },
        })
    }

    fn words(&self) -> String {
        match self {
            Self::Up(now) => {
                let flow = match now.flow {
                    Flow::Open => "traffic goes to",
                    Flow::Held => "traffic is held, pointed at",
                    Flow::Seeking => "traffic waits until a side may be written, pointed at",
                };
                format!("gate: {flow} the {} ({})", now.side, now.address)
            }
            Self::Silent { error } => format!("gate: {error}"),
        }
    }
}

/// How long the gate may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

impl Status {
    pub(crate) async fn run(self, settings: Settings, format: Format) -> Result<Exit, Trouble> {
        let gate = GateStanding::ask(&settings).await;
        let (history, answers, was_moving) = if self.ask {
            let before = Motion::of(&settings, &history(&settings).await?).await?;
            let answers = Answers::ask(&World::new(settings.clone())).await;
            // Read afterwards: what the servers say is held against what is known by now.
            (history(&settings).await?, Some(answers), before.is_alive())
        } else {
            (history(&settings).await?, None, false)
        };
        let stage = Stage::of(&history);
        let motion = Motion::of(&settings, &history).await?;
        let moving = was_moving || motion.is_alive();
        let sides = answers.map(|answers| Sides::judged(answers, &stage, moving, !settings.native));
        let exit = sides.as_ref().map_or(Exit::Done, Sides::exit);
        if format == Format::Json {
            let runs = history.runs();
            output::json(&Standing {
                migration: &settings.name,
                leader: stage.leader,
                migrated: stage.migrated,
                gate,
                sides,
                runs,
            });
            return Ok(exit);
        }
        let side = match stage.leader {
            Leader::Source => &settings.source.endpoint,
            Leader::Target => &settings.target.endpoint,
        };
        let part = settings.scope.part.as_ref();
        let what = part.map_or_else(|| "writes".to_owned(), |part| format!("writes of {}", part.name));
        output::line(format!("migration {}: {what} belong to {side}", settings.name));
        if let Some(gate) = gate {
            output::line(gate.words());
        }
        sides.iter().flat_map(Sides::lines).for_each(output::line);
        motion.words().into_iter().for_each(output::line);
        for run in history.runs() {
            output::line(format!(
                "\nrun {} · {} · {}",
                run.id,
                run.play,
                output::words(&run.status.run)
            ));
            let mut table = Table::new();
            table.load_style(presets::NOTHING);
            for (step, standing) in run.steps.iter().zip(&run.status.steps) {
                let took = step
                    .took
                    .map(|took| format!("{:.3} s", Duration::from(took).as_secs_f64()));
                let plan = &step.planned.plan;
                table.add_row([
                    format!("  {}", plan.id),
                    plan.row.clone(),
                    output::words(&standing.status),
                    took.unwrap_or_default(),
                    plan.title.clone(),
                ]);
            }
            output::line(table);
        }
        Ok(exit)
    }
}

/// Who carries out the run that is in motion.
#[derive(Debug, PartialEq)]
enum Motion {
    /// None is.
    Rest,
    By(Conductor),
    /// A process that was killed could not write down that it ended.
    Nobody,
}

impl Motion {
    async fn of(settings: &Settings, history: &History) -> Result<Self, Trouble> {
        let in_motion = |run: &daybreak_runbook::Run| {
            matches!(run.status.run, RunStatus::Running | RunStatus::Undoing { .. })
        };
        if !history.runs().iter().any(in_motion) {
            return Ok(Self::Rest);
        }
        let holder = conduct::store(settings)?.holder().await.map_err(|error| {
            let hint = error.hint();
            Trouble::new(error, Some(hint))
        })?;
        Ok(Self::seen_from(&Conductor::this_process("status"), holder))
    }

    fn seen_from(here: &Conductor, holder: Option<Conductor>) -> Self {
        holder
            .filter(|holder| !holder.is_dead_seen_from(here))
            .map_or(Self::Nobody, Self::By)
    }

    const fn is_alive(&self) -> bool {
        matches!(self, Self::By(_))
    }

    fn words(&self) -> Option<String> {
        match self {
            Self::Rest => None,
            Self::By(holder) => Some(format!(
                "conducted by {} (process {} on {})",
                holder.name, holder.pid, holder.host
            )),
            Self::Nobody => {
                Some("nobody conducts it any more: start the same command again, and it goes on".to_owned())
            }
        }
    }
}

/// The journal, replayed and checked.
pub(super) async fn history(settings: &Settings) -> Result<History, Trouble> {
    let records = conduct::store(settings)?.read(0).await.map_err(|error| {
        let hint = error.hint();
        Trouble::new(error, Some(hint))
    })?;
    History::replay(&records).map_err(|error| {
        Trouble::new(
            error,
            Some("`daybreak log` shows the journal up to the record that cannot be trusted"),
        )
    })
}

#[cfg(test)]
mod tests {
    use daybreak_runbook::Conductor;

    use super::Motion;

    #[test]
    fn a_conductor_that_was_killed_conducts_nothing() {
        let here = Conductor::this_process("operator");
        let alive = Motion::seen_from(&here, Some(here.clone()));
        let words = alive.words().unwrap_or_default();
        assert!(words.starts_with("conducted by operator (process "), "{words}");
        let killed = Conductor {
            started: here.started + 1,
            ..here.clone()
        };
        for gone in [Some(killed), None] {
            assert_eq!(Motion::seen_from(&here, gone), Motion::Nobody);
        }
    }
}
