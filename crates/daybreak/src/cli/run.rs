use clap::Args;
use daybreak_runbook::RunStatus;
use serde::Serialize;

use crate::conduct::{Conduct, Leader};
use crate::config::Settings;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};
use crate::plays::{Direction, World, cut_over, migrate, migrate_otherwise};
use crate::private;

/// Carries the runbook out. Started again, it goes on where it stopped.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Stop after this step; `daybreak plan` lists them.
    #[arg(long, value_name = "STEP")]
    until: Option<String>,
    /// Approve every step that needs it.
    #[arg(long)]
    yes: bool,
}

/// Moves writes home to the source, which has followed the target all along.
#[derive(Debug, Args)]
pub(crate) struct Failback {
    /// Approve every step that needs it.
    #[arg(long)]
    yes: bool,
}

/// Takes back what the migration did, in reverse, as far as it can be.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// Why, for the journal.
    #[arg(long, default_value = "asked by the operator")]
    why: String,
}

/// The last line of a run, for programs.
#[derive(Serialize)]
struct Outcome<'a> {
    outcome: &'a RunStatus,
    leader: Leader,
}

impl Run {
    pub(crate) async fn run(self, settings: Settings, format: Format) -> Result<Exit, Trouble> {
        let conduct = Conduct::open(settings, format).await?;
        let result = self.carry_out(&conduct).await;
        let paused = matches!(result, Ok(RunStatus::Paused { .. }));
        let as_asked = match &self.until {
            Some(step) if paused => conduct.has_done(step).await,
            _ => false,
        };
        let exit = finish(conduct, result, format).await?;
        // It stands where it was told to stand, and waits for nobody.
        Ok(if as_asked { Exit::Done } else { exit })
    }

    async fn carry_out(&self, conduct: &Conduct) -> Result<RunStatus, Trouble> {
        let steps = |book: &daybreak_runbook::Runbook| {
            let planned = book.plan();
            self.until
                .clone()
                .filter(|step| planned.iter().any(|known| known.plan.id == *step))
        };
        let first = migrate(&conduct.world)?;
        let second = cut_over(&conduct.world, Direction::ToTarget)?;
        for other in migrate_otherwise(&conduct.world)? {
            conduct.end_if_outdated(&first, other).await?;
        }
        let stage = conduct.stage().await;
        if let Some(step) = &self.until
            && steps(&first).is_none()
            && steps(&second).is_none()
        {
            let error = anyhow::anyhow!("the runbook has no step `{step}`");
            return Err(Trouble::usage(
                error,
                Some("`daybreak plan` lists the steps".to_owned()),
            ));
        }
        if stage.open.as_deref() == Some(Direction::ToSource.play()) {
            let error = anyhow::anyhow!("a fail back is not over");
            return Err(Trouble::new(error, Some("finish it with `daybreak failback`")));
        }
        let migrating = !stage.migrated || stage.open.as_deref() == Some("migrate");
        if let (false, Some(step)) = (migrating, steps(&first)) {
            output::say(format!(
                "step `{step}` is done; without `--until` the run goes on to the cut-over"
            ));
            return Ok(RunStatus::Completed);
        }
        if migrating && stage.leader == Leader::Target {
            let error = anyhow::anyhow!(
                "the target leads: loading it again would write over what applications wrote there"
            );
            return Err(Trouble::new(
                error,
                Some("`daybreak failback` moves writes home; only then is there something to migrate"),
            ));
        }
        if migrating {
            let until = steps(&first);
            let stop_here = until.is_some();
            let status = conduct.play(first, until, self.yes).await?;
            if status != RunStatus::Completed || stop_here {
                return Ok(status);
            }
        }
        if stage.leader == Leader::Target && stage.open.is_none() {
            output::say("the target leads already; `daybreak failback` moves writes home");
            return Ok(RunStatus::Completed);
        }
        if !conduct.world.settings.native {
            return Err(by_hand(&conduct.world).await?);
        }
        let until = steps(&second);
        conduct.play(second, until, self.yes).await
    }
}

impl Failback {
    pub(crate) async fn run(self, settings: Settings, format: Format) -> Result<Exit, Trouble> {
        if !settings.way_back {
            return Err(no_way_back(&World::new(settings)).await);
        }
        let conduct = Conduct::open(settings, format).await?;
        let result = self.carry_out(&conduct).await;
        finish(conduct, result, format).await
    }

    async fn carry_out(self, conduct: &Conduct) -> Result<RunStatus, Trouble> {
        let stage = conduct.stage().await;
        if stage.leader == Leader::Source && stage.open.is_none() {
            output::say("the source leads already");
            return Ok(RunStatus::Completed);
        }
        if stage.open.is_none()
            && let Some(refusal) = conduct.world.backward.refusal().await?
        {
            let error = anyhow::anyhow!("cannot fail back: {}: {}", refusal.object, refusal.reason);
            return Err(Trouble::new(error, Some(refusal.hint)));
        }
        conduct
            .play(cut_over(&conduct.world, Direction::ToSource)?, None, self.yes)
            .await
    }
}

/// Why a plan without a way back has none: the servers' own reason, where they have one.
async fn no_way_back(world: &World) -> Trouble {
    let why = match world.backward.refusal().await {
        Ok(Some(refusal)) => format!(": {}", refusal.reason),
        Ok(None) => String::new(),
        Err(error) => format!("; asking the servers why failed, too: {error}"),
    };
    let error = anyhow::anyhow!("the plan keeps no way back (`replication.way_back = false`){why}");
    let hint =
        "the source has not followed the target: failing back would lose every write made since the cut-over";
    Trouble::usage(error, Some(hint.to_owned()))
}

/// What a person does where nothing carries writes from one side to the other: the program moves no applications then.
async fn by_hand(world: &World) -> Result<Trouble, Trouble> {
    let (source, target) = (world.source.endpoint(), world.target.endpoint());
    let mut open = Vec::new();
    for side in [&world.source, &world.target] {
        if side.write_state().await?.may_be_written() {
            open.push(side.endpoint().to_string());
        }
    }
    if !open.is_empty() {
        let error = anyhow::anyhow!(
            "there is no cut-over without native replication, and {} can be written: the sides may differ by now",
            open.join(" and ")
        );
        return Ok(Trouble::new(error, None::<String>));
    }
    let mut statements = world.target.statements_to_open_by_hand();
    statements.extend(
        world
            .statements_that_enable(Direction::ToTarget)
            .await?
            .into_iter()
            .map(|statement| statement.text),
    );
    let error = anyhow::anyhow!(
        "there is no cut-over without native replication: {source} and {target} hold the same and refuse writes"
    );
    let how = if statements.iter().any(|statement| statement.contains('\n')) {
        let file = world.settings.state_dir.join("open-target.sql");
        private::write(&file, statements.join(";\n\n") + ";\n")?;
        format!(
            "run the statements in {} on {target} as `{}` in the database `{}`",
            file.display(),
            target.user,
            target.database.as_ref().unwrap_or(&target.user)
        )
    } else {
        format!("open {target} by `{}`", statements.join("; "))
    };
    let hint = format!(
        "stop the applications, {how}, start them there; or `daybreak rollback` opens {source} again"
    );
    Ok(Trouble {
        exit: Exit::Waiting,
        ..Trouble::new(error, Some(hint))
    })
}

impl Rollback {
    pub(crate) async fn run(self, settings: Settings, format: Format) -> Result<Exit, Trouble> {
        let conduct = Conduct::open(settings, format).await?;
        let stage = conduct.stage().await;
        let book = match stage.open.as_deref() {
            Some("cutover") => cut_over(&conduct.world, Direction::ToTarget)?,
            Some("failback") => cut_over(&conduct.world, Direction::ToSource)?,
            _ => migrate(&conduct.world)?,
        };
        let result = conduct.roll_back(book, &self.why).await;
        finish(conduct, result, format).await
    }
}

/// Ends a command that conducted: the last word, and the exit status.
async fn finish(
    conduct: Conduct,
    result: Result<RunStatus, Trouble>,
    format: Format,
) -> Result<Exit, Trouble> {
    let leader = conduct.stage().await.leader;
    conduct.close().await?;
    let status = result?;
    if format == Format::Json {
        output::json(&Outcome {
            outcome: &status,
            leader,
        });
    }
    Ok(match &status {
        RunStatus::Completed | RunStatus::Aborted { .. } | RunStatus::RolledBack { .. } => Exit::Done,
        RunStatus::Failed { .. } => Exit::Failed,
        RunStatus::Stuck(stuck) => {
            output::say(format!(
                "stuck: {} could not be taken back: {}; left as they are: {}",
                stuck.undo,
                stuck.why,
                stuck.abandoned.join(", ")
            ));
            Exit::Stuck
        }
        RunStatus::NotStarted
        | RunStatus::Running
        | RunStatus::AwaitingApproval { .. }
        | RunStatus::Paused { .. }
        | RunStatus::Undoing { .. } => Exit::Waiting,
    })
}
