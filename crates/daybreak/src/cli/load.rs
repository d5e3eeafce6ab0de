mod advise;

use std::path::Path;
use std::sync::Arc;

use clap::{Args, Subcommand};
use daybreak_engine::database;
use daybreak_model::Position;
use daybreak_work::{BackupError, BackupReport, DumpManifest, DumpReport, LoadReport, Observe};
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;

use super::bar::Bar;
use super::status::history;
use crate::conduct::{Leader, Stage};
use crate::config::{LoadMethod, Place, Settings};
use crate::exit::{Exit, Trouble};
use crate::loading::{BackupRule, Loading, LoadingError};
use crate::output::{self, Format};

/// Loads the plan's schemas onto the target, and compares what came there. Changes nothing without `--execute`; broken off, the same
/// command goes on. `daybreak run` does the same as one of its steps, and takes over what was loaded so.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Load {
    #[command(subcommand)]
    what: Option<What>,
    /// How rows come there; the plan's `load.method`, if none is named.
    #[arg(long, value_enum)]
    method: Option<LoadMethod>,
    /// Where a dump or backup goes: a directory, or s3://BUCKET/PREFIX; the plan's `load.dump.to` or `load.backup.to`, if none is named.
    #[arg(long, value_name = "PLACE")]
    to: Option<String>,
    /// Of a dump or backup only one half: write the files, or load the target from them (of a backup: take over what was restored).
    #[arg(long, value_enum, value_name = "HALF")]
    only: Option<Half>,
    /// Bring a whole dump up to date: from another snapshot, and only what is no more as the source has it.
    #[arg(long)]
    again: bool,
    /// Back up also a server whose files Aurora does not restore: for a server of one's own.
    #[arg(long, requires = "only")]
    any_server: bool,
    /// Do it.
    #[arg(long)]
    execute: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say which method of load fits, and why.
    Advise(advise::Advise),
}

/// One half of a load through files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Half {
    /// From the source into files.
    Dump,
    /// From files into the target.
    Load,
}

/// What is done, or would be. The names of these fields are public.
#[derive(Serialize)]
struct Report {
    method: &'static str,
    source: String,
    target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// What lies at the place: when a whole dump was made; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    whole_since: Option<String>,
    schemas: Vec<String>,
    executed: bool,
    /// By the server's estimate, where the source is to be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate: Option<Estimate>,
    /// What programs of others are called with.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    /// What of Aurora's rules that backup would not meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<BackupRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dumped: Option<DumpReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backed_up: Option<BackupReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded: Option<LoadReport>,
}

#[derive(Serialize)]
struct Estimate {
    tables: usize,
    rows: u64,
    bytes: u64,
}

impl Load {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        if let Some(What::Advise(advise)) = self.what {
            return advise.run(plan, format).await;
        }
        let mut settings = super::settings(plan)?;
        self.apply(&mut settings)?;
        let (source, target) = (
            database(settings.source.endpoint.clone()),
            database(settings.target.endpoint.clone()),
        );
        let loading = Loading {
            settings: &settings,
            source: &source,
            target: &target,
        };
        let mut report = self.report(&settings);
        if !self.execute {
            self.look(&loading, &mut report).await.map_err(failed)?;
            report.print(format, self.only);
            return Ok(Exit::Done);
        }
        refuse_beside_a_run(&settings).await?;
        if !(settings.method == LoadMethod::Xtrabackup && self.only == Some(Half::Dump)) {
            refuse_beside_replication(&loading).await?;
        }
        let bar: Arc<dyn Observe> = Arc::new(Bar::new());
        let done = tokio::select! {
            done = self.carry_out(&loading, &mut report, &bar) => done,
            _ = tokio::signal::ctrl_c() => Err(LoadingError::Interrupted),
        };
        drop(bar);
        if let Err(error) = &done
            && !error.is_early()
            && self.only != Some(Half::Load)
        {
            forget_snapshot(&loading).await;
        }
        done.map_err(failed)?;
        report.executed = true;
        report.print(format, self.only);
        Ok(Exit::Done)
    }

    /// Puts what the command line says in the place of what the plan says.
    fn apply(&self, settings: &mut Settings) -> Result<(), Trouble> {
        let usage = |what: String, hint: &str| Trouble::usage(anyhow::anyhow!(what), Some(hint.to_owned()));
        if let Some(method) = self.method {
            settings.method = method;
        }
        let method = settings.method;
        let stored = matches!(method, LoadMethod::Dump | LoadMethod::Xtrabackup);
        if !stored && (self.to.is_some() || self.only.is_some()) {
            let what = "`--to` and `--only` are of `--method dump` and `--method xtrabackup`";
            return Err(usage(what.to_owned(), "name the method, too"));
        }
        if self.again && method != LoadMethod::Dump {
            return Err(usage(
                "`--again` is of `--method dump`".to_owned(),
                "a backup is made anew in another place",
            ));
        }
        if self.any_server && (method != LoadMethod::Xtrabackup || self.only != Some(Half::Dump)) {
            return Err(usage(
                "`--any-server` is of `--method xtrabackup --only dump`".to_owned(),
                "leave it out",
            ));
        }
        if self.again && self.only == Some(Half::Load) {
            return Err(usage(
                "`--again` reads the source, and `--only load` does not".to_owned(),
                "leave one of them out",
            ));
        }
        if method == LoadMethod::Restored && settings.brought_at.is_none() {
            return Err(Trouble {
                exit: Exit::Usage,
                ..failed(LoadingError::NoPosition)
            });
        }
        if let Some(named) = &self.to {
            let of_backup = method == LoadMethod::Xtrabackup;
            let access = if of_backup {
                &settings.backup.access
            } else {
                &settings.dump.access
            };
            // What is named on a command line lies where that is given.
            let place = Place::named(access, Path::new("."), named)
                .map_err(|hint| usage(format!("`--to` is `{named}`"), hint))?;
            *(if of_backup {
                &mut settings.backup.to
            } else {
                &mut settings.dump.to
            }) = Some(place);
        }
        if stored && place(settings).is_none() {
            let kind = if method == LoadMethod::Dump {
                "dump"
            } else {
                "backup"
            };
            return Err(Trouble {
                exit: Exit::Usage,
                ..failed(LoadingError::NoPlace(kind))
            });
        }
        Ok(())
    }

    fn report(&self, settings: &Settings) -> Report {
        Report {
            method: settings.method.name(),
            source: settings.source.endpoint.to_string(),
            target: settings.target.endpoint.to_string(),
            place: place(settings).map(ToString::to_string),
            whole_since: None,
            schemas: settings.scope.schemas.clone(),
            executed: false,
            estimate: None,
            command: None,
            rules: Vec::new(),
            dumped: None,
            backed_up: None,
            loaded: None,
        }
    }

    /// What there is to do. Makes nothing, not even a directory.
    async fn look(&self, loading: &Loading<'_>, report: &mut Report) -> Result<(), LoadingError> {
        let of_backup = loading.settings.method == LoadMethod::Xtrabackup;
        report.whole_since = if of_backup {
            let manifest = loading.backup().await?;
            manifest.map(|manifest| manifest.at.to_string())
        } else if loading.settings.method == LoadMethod::Dump && loading.has_place() {
            let manifest = DumpManifest::read(&loading.depot().await?).await?;
            manifest.map(|manifest| manifest.at.to_string())
        } else {
            None
        };
        if self.only == Some(Half::Load) || report.whole_since.is_some() {
            return Ok(());
        }
        let tables = loading.source.tables(&loading.settings.scope).await?;
        report.estimate = Some(Estimate {
            tables: tables.len(),
            rows: tables.iter().map(|table| table.estimated_rows).sum(),
            bytes: tables.iter().map(|table| table.estimated_bytes).sum(),
        });
        if loading.settings.method == LoadMethod::LogicalTools {
            report.command = Some(loading.tool_commands().await?);
        }
        if of_backup {
            report.command = loading.backup_command().await?;
            report.rules = loading.backup_rules(None).await?;
        }
        Ok(())
    }

    async fn carry_out(
        &self,
        loading: &Loading<'_>,
        report: &mut Report,
        observer: &Arc<dyn Observe>,
    ) -> Result<(), LoadingError> {
        if self.again {
            loading.reopen().await?;
        }
        if loading.settings.method == LoadMethod::Xtrabackup {
            return self.by_backup(loading, report, observer).await;
        }
        match self.only {
            Some(Half::Dump) => {
                report.dumped = Some(loading.dump(&loading.depot().await?, observer).await?);
            }
            Some(Half::Load) => report.loaded = Some(loading.bring(observer).await?),
            None => {
                let marked = async || loading.mark().await;
                report.loaded = Some(loading.carry_out(false, marked, observer).await?);
            }
        }
        Ok(())
    }

    /// The backup, where there is none yet; afterwards what Aurora restored of it.
    async fn by_backup(
        &self,
        loading: &Loading<'_>,
        report: &mut Report,
        observer: &Arc<dyn Observe>,
    ) -> Result<(), LoadingError> {
        match (loading.backup().await?, self.only) {
            (None, Some(Half::Dump) | None) => {
                report.backed_up = Some(loading.back_up(self.any_server, observer).await?);
            }
            (Some(manifest), Some(Half::Dump)) => {
                return Err(LoadingError::Backup(BackupError::Whole {
                    place: report.place.clone().unwrap_or_default(),
                    since: manifest.at,
                }));
            }
            (_, Some(Half::Load)) | (Some(_), None) => {
                let marked = async || loading.mark().await;
                report.loaded = Some(loading.carry_out(false, marked, observer).await?);
            }
        }
        Ok(())
    }
}

/// Where files of the plan's method lie, where it has any.
fn place(settings: &Settings) -> Option<&Place> {
    match settings.method {
        LoadMethod::Dump => settings.dump.to.as_ref(),
        LoadMethod::Xtrabackup => settings.backup.to.as_ref(),
        LoadMethod::Direct | LoadMethod::LogicalTools | LoadMethod::Restored => None,
    }
}

/// What follows already was loaded before, whatever this machine knows of it; a snapshot would take its slot away.
async fn refuse_beside_replication(loading: &Loading<'_>) -> Result<(), Trouble> {
    let status = loading.link().status().await;
    let status = status.map_err(|error| failed(error.into()))?;
    if !status.configured {
        return Ok(());
    }
    Err(Trouble::new(
        anyhow::anyhow!(
            "{} replicates already: nothing was loaded",
            loading.settings.target.endpoint
        ),
        Some("end its replication first, if it is to be loaded anew"),
    ))
}

/// A slot that nobody will read would make a source of PostgreSQL keep its log until its disk is full.
async fn forget_snapshot(loading: &Loading<'_>) {
    if loading.has_files().await {
        return;
    }
    if let Err(error) = loading.link().forget_snapshot().await {
        tracing::warn!(%error, "a replication slot may be left on the source");
    }
}

/// From a run's beginning on the load is its own; and once the target may be written, what it holds is nobody's copy.
async fn refuse_beside_a_run(settings: &Settings) -> Result<(), Trouble> {
    if !settings.journal().exists() {
        return Ok(());
    }
    let stage = Stage::of(&history(settings).await?);
    let why = if let Some(play) = &stage.open {
        format!("a run of `{play}` is open")
    } else if stage.migrated || matches!(stage.leader, Leader::Target) {
        "the target was loaded by a run, and may have been written since".to_owned()
    } else {
        return Ok(());
    };
    Err(Trouble::new(
        anyhow::anyhow!("{why}: nothing was loaded"),
        Some("`daybreak status` shows where the migration stands, and `daybreak run` goes on"),
    ))
}

fn failed(error: LoadingError) -> Trouble {
    let hint = error.hint();
    Trouble::new(error, hint)
}

impl Report {
    fn print(&self, format: Format, half: Option<Half>) {
        if format == Format::Json {
            return output::json(self);
        }
        output::line(format!("{} from {} to {}", self.method, self.source, self.target));
        if let Some(place) = &self.place {
            let kind = if self.method == LoadMethod::Xtrabackup.name() {
                "backup"
            } else {
                "dump"
            };
            let holds = match &self.whole_since {
                Some(since) => format!("holds a {kind} that has been whole since {since}"),
                None if self.executed => format!("holds the {kind}"),
                None => format!("holds no whole {kind}"),
            };
            output::line(format!("{place} {holds}"));
        }
        if let Some(estimate) = &self.estimate {
            output::line(format!(
                "{} tables, about {} rows and {}",
                HumanCount(estimate.tables as u64),
                HumanCount(estimate.rows),
                HumanBytes(estimate.bytes)
            ));
        }
        if let Some(dumped) = &self.dumped {
            output::line(format!(
                "dumped: {} rows of {} tables in {} files, {} as {}, in {:.1} s; {} ranges were there already",
                HumanCount(dumped.rows),
                dumped.tables,
                HumanCount(dumped.files),
                HumanBytes(dumped.bytes),
                HumanBytes(dumped.packed_bytes),
                dumped.seconds,
                dumped.ranges_kept
            ));
            output::line(format!("replication starts at {}", dumped.position));
            if matches!(dumped.position, Position::Lsn(_)) {
                output::say(
                    "the source keeps its log from there on for a replication slot of the migration's name: load and replicate soon \
                     (`daybreak run`), or drop the slot",
                );
            }
        }
        if let Some(command) = &self.command {
            output::line(command);
        }
        for rule in &self.rules {
            output::line(format!("not restored by Aurora: {} ({})", rule.what, rule.rule));
            output::say(format!("hint: {}", rule.hint));
        }
        if let Some(made) = &self.backed_up {
            self.print_backup(made);
        }
        if let Some(loaded) = &self.loaded {
            output::line(format!(
                "loaded: {} rows of {} tables, {} objects, in {:.1} s; {} ranges were there already",
                HumanCount(loaded.rows),
                loaded.tables,
                loaded.objects,
                loaded.seconds,
                loaded.ranges_kept
            ));
            output::line(format!("replication starts at {}", loaded.position));
        }
        if !self.executed {
            let what = match half {
                Some(Half::Dump) => "write the files",
                Some(Half::Load) => "load the target from the files",
                None if self.method == LoadMethod::Xtrabackup.name() && self.whole_since.is_none() => {
                    "write the backup"
                }
                None => "load the target",
            };
            output::say(format!("nothing was changed; `--execute` is to {what}"));
        }
    }

    fn print_backup(&self, made: &BackupReport) {
        let manifest = &made.manifest;
        output::line(format!(
            "backed up by {} {}: {} files, {} in {} parts, in {:.1} s",
            manifest.program,
            manifest.program_version,
            HumanCount(manifest.files),
            HumanBytes(manifest.parts.iter().map(|part| part.bytes).sum()),
            HumanCount(manifest.parts.len() as u64),
            made.seconds
        ));
        output::line(format!(
            "the binary log stood at {}:{}",
            manifest.position.file, manifest.position.offset
        ));
        output::say(format!(
            "have Aurora restore it: `daybreak provision apply --from-backup {} --role ARN --execute`; then load by this method again",
            self.place.as_deref().unwrap_or_default()
        ));
    }
}
