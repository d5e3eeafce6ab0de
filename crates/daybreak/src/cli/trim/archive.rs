//! Archives looked through, and put back.

use std::path::{Path, PathBuf};

use clap::Args;
use daybreak_engine::database;
use daybreak_work::{RestoreReport, TrimArchive, restore_rows, trim_runs, verify_archive};
use indicatif::HumanCount;

use super::super::bar::Bar;
use super::super::plain;
use super::super::source::Start;
use super::failed;
use crate::config::{self, Place};
use crate::exit::{Exit, Trouble};
use crate::loading;
use crate::output::{self, Format};

/// Which archive, and where its rows go.
#[derive(Debug, Clone, Args)]
pub(super) struct Restore {
    #[command(flatten)]
    start: Start,
    /// The folder of a run, or of a rule: all of its runs; `s3://BUCKET/PREFIX` where they lie in a bucket.
    #[arg(value_name = "PLACE")]
    place: String,
    /// Only rows of this table.
    #[arg(long, value_name = "SCHEMA.TABLE")]
    table: Option<String>,
    /// Into this table of the same columns.
    #[arg(long, value_name = "SCHEMA.TABLE", requires = "table")]
    into: Option<String>,
    /// Leave rows as they are that have another content by now, and put the others back.
    #[arg(long)]
    keep_changed: bool,
    /// Put the rows back.
    #[arg(long)]
    execute: bool,
}

/// Which archive.
#[derive(Debug, Clone, Args)]
pub(super) struct Verify {
    /// The folder of a run, or of a rule: all of its runs; `s3://BUCKET/PREFIX` where they lie in a bucket.
    #[arg(value_name = "PLACE")]
    place: String,
}

/// An archive that was named, and the folder that what is fetched of it lies in meanwhile.
struct Opened {
    archive: TrimArchive,
    /// Goes at the end.
    _scratch: Option<Scratch>,
}

/// A folder of this process alone, which is removed when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(folder: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let path = folder.join(format!("fetched-{}", std::process::id()));
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "what was fetched is left there");
        }
    }
}

/// Reaches an archive. A bucket is reached as the plan says, if there is one.
async fn open(place: &str, plan: &Path) -> Result<Opened, Trouble> {
    let is_bucket = place.starts_with("s3://");
    let settings = (is_bucket && plan.exists())
        .then(|| super::super::settings(plan))
        .transpose()?;
    let access = settings.as_ref().map(|settings| settings.trim.access.clone());
    let place = Place::named(&access.unwrap_or_default(), Path::new("."), place).map_err(|hint| {
        Trouble::usage(
            anyhow::anyhow!("`{place}` is no place of an archive"),
            Some(hint.to_owned()),
        )
    })?;
    if let Place::Directory(folder) = &place {
        return Ok(Opened {
            archive: TrimArchive::folder(folder),
            _scratch: None,
        });
    }
    let state = settings.map_or_else(
        || plan.parent().unwrap_or(Path::new(".")).join(".daybreak"),
        |settings| settings.state_dir,
    );
    let depot = loading::open(&place).await.map_err(|error| {
        let hint = error.hint();
        Trouble::new(error, hint)
    })?;
    let scratch = Scratch::new(&state.join("trim"))?;
    let archive = TrimArchive::of_depot(depot, &scratch.0).await.map_err(failed)?;
    Ok(Opened {
        archive,
        _scratch: Some(scratch),
    })
}

fn none(place: &str) -> Trouble {
    Trouble::usage(
        anyhow::anyhow!("{place} holds no run"),
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
        let opened = open(&self.place, plan).await?;
        let archive = &opened.archive;
        let runs = trim_runs(archive).map_err(failed)?;
        if runs.is_empty() {
            return Err(none(&self.place));
        }
        if let Some(table) = &table
            && !runs.iter().any(|(_, tables)| tables.contains(table))
        {
            return Err(Trouble::usage(
                anyhow::anyhow!("no run in {} has rows of {table}", self.place),
                None,
            ));
        }
        let begin = self.start.begin(plan)?;
        if !self.execute {
            let reports = verify_archive(archive).await.map_err(failed)?;
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
        let keep = self.keep_changed;
        let reports = restore_rows(&server, archive, table.as_ref(), into.as_ref(), keep, &bar).await;
        drop(bar);
        print(&reports.map_err(failed)?, "are back as they were", format);
        Ok(Exit::Done)
    }
}

impl Verify {
    pub(super) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let opened = open(&self.place, plan).await?;
        let reports = verify_archive(&opened.archive).await.map_err(failed)?;
        if reports.is_empty() {
            return Err(none(&self.place));
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
        if report.changed > 0 {
            line.push_str(&format!(
                "; {} are there with other values, and stay",
                HumanCount(report.changed)
            ));
        }
        output::line(plain(&line));
    }
}
