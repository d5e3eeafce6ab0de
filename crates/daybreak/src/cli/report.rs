use std::path::PathBuf;

use clap::Args;

use super::status::history;
use crate::config::Settings;
use crate::exit::{Exit, Trouble};
use crate::output;
use crate::report;

/// Reads the journal; touches no server.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Where the HTML file goes; the JSON goes beside it.
    #[arg(long, value_name = "FILE", default_value = "daybreak-report.html")]
    output: PathBuf,
}

impl Report {
    pub(crate) async fn run(self, settings: Settings) -> Result<Exit, Trouble> {
        let history = history(&settings).await?;
        let trims = report::trim_runs(&settings.state_dir);
        report::write(&self.output, &settings.name, &history, None, &trims)?;
        output::line(self.output.display());
        Ok(Exit::Done)
    }
}
