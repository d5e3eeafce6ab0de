use std::time::Duration;

use clap::Args;
use daybreak_runbook::{History, PlannedStep, Undo};
use serde::Serialize;

use super::status::history;
use crate::conduct::Stage;
use crate::config::Settings;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};
use crate::plays::{Direction, World, cut_over, migrate, pair};

/// Asks both servers who they are and what they run, and changes nothing.
#[derive(Debug, Args)]
pub(crate) struct Plan {}

/// A step with how long it took last time.
#[derive(Serialize)]
struct Line<'a> {
    play: &'a str,
    #[serde(flatten)]
    step: &'a PlannedStep,
    last_time_seconds: Option<f64>,
}

impl Plan {
    pub(crate) async fn run(self, settings: Settings, format: Format) -> Result<Exit, Trouble> {
        let measured = if settings.journal().exists() {
            history(&settings).await?
        } else {
            History::default()
        };
        let world = World::new(settings);
        world.ask_flavors().await.map_err(|error| {
            let hint = error.hint().map(str::to_owned);
            Trouble::new(error, hint)
        })?;
        if !Stage::of(&measured).migrated {
            // Later the two are a primary and its replica, as planned.
            pair(&world).await.map_err(|error| {
                let hint = error.hint().map(str::to_owned);
                Trouble::new(error, hint)
            })?;
        }
        let mut number = 0;
        for book in [migrate(&world)?, cut_over(&world, Direction::ToTarget)?] {
            for step in &book.plan() {
                number += 1;
                let last = measured.measured(&step.plan.id).last().map(Duration::as_secs_f64);
                match format {
                    Format::Json => output::json(&Line {
                        play: book.play(),
                        step,
                        last_time_seconds: last,
                    }),
                    Format::Text => print(number, step, last),
                }
            }
        }
        Ok(Exit::Done)
    }
}

fn print(number: usize, step: &PlannedStep, last: Option<f64>) {
    let plan = &step.plan;
    let mut marks = Vec::new();
    if plan.needs_approval {
        marks.push("needs approval".to_owned());
    }
    if plan.point_of_no_return {
        marks.push("POINT OF NO RETURN".to_owned());
    }
    if let Some(span) = &step.span {
        marks.push(format!("in the {span}"));
    }
    if let Some(last) = last {
        marks.push(format!("took {last:.3} s last time"));
    }
    let marks = if marks.is_empty() {
        String::new()
    } else {
        format!("  [{}]", marks.join(", "))
    };
    output::line(format!(
        "{number:>2}. {} ({}) — {}{marks}",
        plan.id, plan.row, plan.title
    ));
    output::line(format!("    on       {}", plan.servers.join(", ")));
    for statement in &plan.statements {
        output::line(format!("    runs     {statement}"));
    }
    match &plan.undo {
        Undo::By(statements) => statements
            .iter()
            .for_each(|statement| output::line(format!("    undo     {statement}"))),
        Undo::Nothing => output::line("    undo     changes nothing"),
        Undo::Irreversible(why) => output::line(format!("    undo     none: {why}")),
    }
    output::line(format!(
        "    felt by  {}; at most {} s",
        plan.blast_radius,
        plan.deadline.as_secs()
    ));
}
