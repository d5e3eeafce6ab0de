//! The demo: a whole migration under live load, on real servers on this machine, through the same commands that a real
//! one uses. This process keeps the servers and the application; conductor and gate are processes of their own, so that
//! either can die.

mod chaos;
pub(crate) mod conductor;
mod face;
pub(crate) mod ground;
mod summary;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use daybreak_sandbox::application::Bank;

use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};
use conductor::Conductor;
use ground::Ground;
use summary::{Move, Summary};

/// How the demo is to be.
pub(crate) struct Options {
    pub(crate) postgres: bool,
    pub(crate) keep: bool,
    pub(crate) yes: bool,
    pub(crate) seconds: u64,
    /// The seed, where there is to be chaos.
    pub(crate) chaos: Option<u64>,
    pub(crate) folder: PathBuf,
    pub(crate) format: Format,
}

/// How long the application goes on after a move before its errors and its pause are read off.
pub(crate) const AFTERMATH: Duration = Duration::from_secs(1);

/// Runs the demo. Done only if nothing was lost and both sides hold the same.
pub(crate) async fn run(options: Options) -> Result<Exit, Trouble> {
    if !options.yes && output::is_terminal() && options.format == Format::Text && !consent(&options)? {
        return Ok(Exit::Done);
    }
    let mut ground = Ground::lay(&options).await?;
    let bank = ground.open_bank();
    output::say("the application writes; the migration begins");
    let result = moves(&options, &mut ground, &bank).await;
    let ledger = bank.close().await;
    let (load, moves) = result?;
    let summary = Summary::of(&options, &ground, &ledger, load, moves).await?;
    summary.print(options.format);
    if options.keep {
        ground.wait_for_enter().await?;
    }
    let fine = summary.is_fine();
    ground.clear().await;
    Ok(if fine { Exit::Done } else { Exit::Different })
}

/// Out, home, and out again, while the application writes.
async fn moves(
    options: &Options,
    ground: &mut Ground,
    bank: &Bank,
) -> Result<(summary::Load, Vec<Move>), Trouble> {
    let mut conductor = Conductor::new(options);
    let rest = Duration::from_secs(options.seconds);
    let before = rest.min(Duration::from_secs(2));
    conductor
        .face
        .linger("the application writes", before, bank)
        .await;
    let mut load = summary::Load::default();
    let mut moves = Vec::new();
    for (command, direction) in [
        ("run", "source to target"),
        ("failback", "target to source"),
        ("run", "source to target"),
    ] {
        let errors_before = bank.failed();
        let told = conductor.conduct(command, ground, bank).await?;
        load.take(&told);
        conductor
            .face
            .linger("the application goes on", AFTERMATH, bank)
            .await;
        let since = told.held_at.unwrap_or_else(Instant::now);
        moves.push(Move::new(
            direction,
            bank.longest_pause(since).await.length,
            bank.failed() - errors_before,
            told.chaos,
        ));
        if let Some(last) = moves.last() {
            conductor.face.say(format!(
                "  {direction}: writes stopped for {:.0} ms; {} of the application's statements met a moved connection",
                last.write_pause_ms, last.client_errors
            ));
        }
        conductor.face.linger("the application goes on", rest, bank).await;
    }
    Ok((load, moves))
}

fn consent(options: &Options) -> Result<bool, Trouble> {
    output::say(format!(
        "This starts real {} servers on 127.0.0.1 (fetched from Debian's packages on first use, some 65 to 100 MB, kept in \
         the cache folder),\nmigrates them under load, and ends them again. Plan, journal and report go to {}. Begin? [Y/n]",
        if options.postgres { "PostgreSQL" } else { "MySQL" },
        options.folder.display()
    ));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "" | "y" | "Y" | "yes"))
}
