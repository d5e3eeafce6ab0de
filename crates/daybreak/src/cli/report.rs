use std::path::PathBuf;

use clap::Args;

use super::status::history;
use crate::config::Settings;
use crate::exit::{Exit, Trouble};
use crate::output;
use crate::report::{self, Beside, Workload};

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
        // A page without them is better than none.
        let workload = settings.slow.as_ref().and_then(|plan| match Workload::of(plan) {
            Ok(workload) => Some(workload),
            Err(trouble) => {
                output::say(format!("statements are left out: {:#}", trouble.error));
                None
            }
        });
        let beside = Beside {
            trims: &trims,
            workload: workload.as_ref(),
            ..Beside::default()
        };
        report::write(&self.output, &settings.name, &history, &beside)?;
        output::line(self.output.display());
        Ok(Exit::Done)
    }
}
