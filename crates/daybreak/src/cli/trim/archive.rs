//! Archives looked through, and put back.

use std::path::{Path, PathBuf};

use clap::Args;
use daybreak_engine::database;
use daybreak_work::{RestoreReport, restore_rows, trim_runs, verify_archive};
use indicatif::HumanCount;

use super::super::bar::Bar;
use super::super::plain;
use super::super::source::Start;
use super::failed;
use crate::config;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Which archive, and where its rows go.
#[derive(Debug, Clone, Args)]
pub(super) struct Restore {
    #[command(flatten)]
    start: Start,
    /// The folder of a run, or of a rule: all of its runs.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Only rows of this table.
    #[arg(long, value_name = "SCHEMA.TABLE")]
    table: Option<String>,
    /// Into this table of the same columns.
    #[arg(long, value_name = "SCHEMA.TABLE", requires = "table")]
    into: Option<String>,
    /// Put the rows back.
    #[arg(long)]
    execute: bool,
}

/// Which archive.
#[derive(Debug, Clone, Args)]
pub(super) struct Verify {
    /// The folder of a run, or of a rule: all of its runs.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

fn none(folder: &Path) -> Trouble {
    Trouble::usage(
        anyhow::anyhow!("{} holds no run", folder.display()),
        Some("name the folder of a run, or of a rule".to_owned()),
    )
}

impl Restore {
    pub(super) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let named = |name: &Option<String>| {
            let name = name.as_deref().map(config::table_name).transpose();
            name.map_err(|message| Trouble::usage(anyhow::anyhow!("the table {message}"), None))
        };
        let (table, into) = (named(&self.table)?, named(&self.into)?);
        let runs = trim_runs(&self.folder).map_err(failed)?;
        if runs.is_empty() {
            return Err(none(&self.folder));
        }
        if let Some(table) = &table
            && !runs.iter().any(|(_, tables)| tables.contains(table))
        {
            return Err(Trouble::usage(
                anyhow::anyhow!("no run in {} has rows of {table}", self.folder.display()),
                None,
            ));
        }
        let begin = self.start.begin(plan)?;
        if !self.execute {
            let reports = verify_archive(&self.folder).map_err(failed)?;
            let wanted = |report: &RestoreReport| table.as_ref().is_none_or(|table| report.table == *table);
            let reports: Vec<RestoreReport> = reports.into_iter().filter(wanted).collect();
            print(&reports, "to put back", format);
            output::say(format!(
                "nothing was changed; `--execute` puts these rows into {}",
                begin.endpoint
            ));
            return Ok(Exit::Done);
        }
        let server = database(begin.endpoint);
        let bar = Bar::new();
        let reports = restore_rows(&server, &self.folder, table.as_ref(), into.as_ref(), &bar).await;
        drop(bar);
        print(&reports.map_err(failed)?, "are back as they were", format);
        Ok(Exit::Done)
    }
}

impl Verify {
    pub(super) fn run(self, format: Format) -> Result<Exit, Trouble> {
        let reports = verify_archive(&self.folder).map_err(failed)?;
        if reports.is_empty() {
            return Err(none(&self.folder));
        }
        print(&reports, "in files that are as they were written", format);
        Ok(Exit::Done)
    }
}

fn print(reports: &[RestoreReport], what: &str, format: Format) {
    if format == Format::Json {
        return output::json(&reports);
    }
    for report in reports {
        let mut line = format!(
            "{}: {}: {} rows {what}, {} files",
            report.run.display(),
            report.table,
            HumanCount(report.rows),
            report.files
        );
        if report.already > 0 {
            line.push_str(&format!(
                "; {} of them were there already",
                HumanCount(report.already)
            ));
        }
        output::line(plain(&line));
    }
}
