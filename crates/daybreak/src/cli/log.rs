use clap::Args;
use daybreak_runbook::{Store, verify_chain};

use crate::conduct;
use crate::config::Settings;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Every record, oldest first. With `--format json` in the form in which it is hashed: the audit record.
#[derive(Debug, Args)]
pub(crate) struct Log {}

impl Log {
    pub(crate) async fn run(self, settings: Settings, format: Format) -> Result<Exit, Trouble> {
        let records = conduct::store(&settings)?.read(0).await.map_err(|error| {
            let hint = error.hint();
            Trouble::new(error, Some(hint))
        })?;
        for record in &records {
            match format {
                Format::Json => output::line(record.to_json_line()),
                Format::Text => {
                    let step = record
                        .entry()
                        .ok()
                        .and_then(|entry| entry.step().map(str::to_owned));
                    output::line(format!(
                        "{:>5}  {}  run {}  {:<18} {}",
                        record.seq,
                        record.at,
                        record.run,
                        record.kind,
                        step.unwrap_or_default()
                    ));
                }
            }
        }
        verify_chain(&records)
            .map_err(|error| Trouble::new(error, Some("restore the journal from a copy")))?;
        output::say(format!("{} records, chain unbroken", records.len()));
        Ok(Exit::Done)
    }
}
