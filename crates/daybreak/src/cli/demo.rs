use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::demo::{self, Options};
use crate::exit::{Exit, Trouble};
use crate::output::Format;

/// Everything on this machine: a primary with a replica, an Aurora stand-in, an application that never stops writing,
/// and the same commands that a real migration uses. Servers are fetched on first use.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Which databases.
    #[arg(long, value_enum, default_value = "mysql")]
    engine: Engine,
    /// Leave the servers running at the end, until Enter is pressed.
    #[arg(long)]
    keep: bool,
    /// Do not ask before it begins.
    #[arg(long)]
    yes: bool,
    /// Seconds that the application writes between one move and the next.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Kill the conductor, a server or connections at random steps, and go on.
    #[arg(long)]
    chaos: bool,
    /// Seed of the chaos, to see the same again.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Where plan, journal and report are left. Emptied first if it is from an earlier demo.
    #[arg(long, value_name = "FOLDER", default_value = "daybreak-demo")]
    folder: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Engine {
    Mysql,
    Postgres,
}

impl Demo {
    pub(crate) async fn run(self, format: Format) -> Result<Exit, Trouble> {
        demo::run(Options {
            postgres: matches!(self.engine, Engine::Postgres),
            keep: self.keep,
            yes: self.yes,
            seconds: self.seconds,
            chaos: self.chaos.then(|| self.seed.unwrap_or_else(rand::random)),
            folder: self.folder,
            format,
        })
        .await
    }
}
