//! A load by way of the source's data files (D2): which rules its backup meets, making it, and where replication starts after.

use std::path::PathBuf;
use std::sync::Arc;

use daybreak_assess::{Backup, backup_refusals, physical};
use daybreak_engine::DataFiles;
use daybreak_model::{Family, Flavor, Position, Product, Version};
use daybreak_work::{
    BackupError, BackupManifest, BackupProgram, BackupReport, BackupSettings, Depot, DepotPlace, Observe,
    back_up,
};
use jiff::Timestamp;

use super::{BackupRule, Loading, LoadingError, open};
use crate::assessment::{day_of, default_line, judge};
use crate::config::Place;

/// Where a backup lies once the program has written it.
pub(crate) const KIND: &str = "backup";

impl Loading<'_> {
    /// The program that backs this flavor up, as the plan has it.
    pub(crate) fn backup_program(&self, flavor: &Flavor) -> BackupProgram {
        let plan = &self.settings.backup;
        let usual = if flavor.product == Product::MariaDb {
            "mariadb-backup"
        } else {
            "xtrabackup"
        };
        BackupProgram {
            path: plan.program.clone().unwrap_or_else(|| PathBuf::from(usual)),
            arguments: plan.arguments.clone(),
            parallel: plan.parallel,
        }
    }

    /// Where the plan's backups go.
    pub(crate) async fn backup_depot(&self) -> Result<Depot, LoadingError> {
        let to = self.settings.backup.to.as_ref();
        open(to.ok_or(LoadingError::NoPlace(KIND))?).await
    }

    /// The whole backup at the plan's place, if there is one: a directory that is not there has none, and is not made to be looked into.
    pub(crate) async fn backup(&self) -> Result<Option<BackupManifest>, LoadingError> {
        if let Some(Place::Directory(path)) = &self.settings.backup.to
            && !path.exists()
        {
            return Ok(None);
        }
        let read = BackupManifest::read(&self.backup_depot().await?).await;
        Ok(read.map_err(BackupError::from)?)
    }

    /// What a backup of the source is made with, without how it logs in; `None` where no program makes one.
    pub(crate) async fn backup_command(&self) -> Result<Option<String>, LoadingError> {
        let Some(files) = self.source.data_files().await? else {
            return Ok(None);
        };
        let program = self.backup_program(&self.source.flavor().await?);
        let line = program.command_line(&files).join(" ");
        Ok(Some(format!("{} {line}", program.path.display())))
    }

    /// What of Aurora's rules a backup of the source would not meet. `tool` is the program's version, where it is known.
    pub(crate) async fn backup_rules(&self, tool: Option<Version>) -> Result<Vec<BackupRule>, LoadingError> {
        let settings = self.settings;
        let flavor = self.source.flavor().await?;
        if flavor.family() != Family::Mysql {
            return Ok(vec![BackupRule {
                rule: "product".to_owned(),
                what: format!("it is {flavor}, and Aurora PostgreSQL restores no data files"),
                hint: "load the rows: `--method direct` or `--method dump`".to_owned(),
            }]);
        }
        let cluster = settings.cluster.as_ref();
        let line = cluster
            .and_then(|cluster| cluster.line)
            .filter(|line| line.family == flavor.family());
        let line = line.unwrap_or_else(|| default_line(&flavor));
        let findings = physical(self.source, line).await?.findings;
        let judged = judge(&findings, &settings.waivers, day_of(Timestamp::now()));
        let mut rules: Vec<BackupRule> = judged
            .blocking
            .iter()
            .chain(&judged.untold)
            .map(|finding| BackupRule {
                rule: finding.id.clone(),
                what: format!("{}: {}", finding.object, finding.evidence),
                hint: finding.remedy.clone(),
            })
            .collect();
        let bytes = self.source.tables(&settings.scope).await?;
        let bytes = bytes.iter().map(|table| table.estimated_bytes).sum();
        let place = match &settings.backup.to {
            Some(Place::Bucket { .. }) => Some(self.backup_depot().await?.place().clone()),
            _ => None,
        };
        let bucket = match &place {
            Some(DepotPlace::S3 { region, .. }) => Some(region.as_str()),
            _ => None,
        };
        let region = cluster.map_or_else(|| bucket.unwrap_or_default(), |cluster| &cluster.region);
        let arguments = self.backup_program(&flavor).command_line(&DataFiles::default());
        let refusals = backup_refusals(&Backup {
            arguments: &arguments,
            tool,
            server: flavor.version,
            line,
            files: &[],
            database_bytes: bytes,
            bucket_region: bucket.unwrap_or(region),
            cluster_region: region,
            classes: cluster.map_or(&[], |cluster| &cluster.classes),
        });
        rules.extend(refusals.into_iter().map(|refusal| BackupRule {
            rule: refusal.rule.to_owned(),
            what: refusal.what,
            hint: refusal.hint.to_owned(),
        }));
        Ok(rules)
    }

    /// Backs the source up to the plan's place. `of_any`: also where Aurora restores nothing of it.
    pub(crate) async fn back_up(
        &self,
        of_any: bool,
        observer: &Arc<dyn Observe>,
    ) -> Result<BackupReport, LoadingError> {
        let program = self.backup_program(&self.source.flavor().await?);
        let version = program.version().await;
        if !of_any {
            // What cannot be is said before a program that is not there.
            let rules = self.backup_rules(version.as_ref().ok().copied()).await?;
            if !rules.is_empty() {
                return Err(LoadingError::NotRestored {
                    server: self.source.endpoint().to_string(),
                    rules,
                });
            }
        }
        version?;
        let settings = BackupSettings {
            program,
            part_bytes: self.settings.backup.part_bytes,
            scratch: self.settings.state_dir.join("backup-login"),
        };
        Ok(back_up(self.source, &settings, &self.backup_depot().await?, observer).await?)
    }

    /// Where replication from the source starts that goes on from the plan's backup.
    pub(super) async fn backup_position(&self) -> Result<Position, LoadingError> {
        let depot = self.backup_depot().await?;
        let place = || depot.place().to_string();
        let Some(manifest) = BackupManifest::read(&depot).await.map_err(BackupError::from)? else {
            return Err(LoadingError::NoBackup { place: place() });
        };
        let source = self.source.identity().await?.unique_id;
        let position = manifest.starts_at(&source, self.settings.link.gtid);
        position.ok_or_else(|| LoadingError::OtherBackup {
            place: place(),
            of: manifest.address,
            wanted: self.source.endpoint().to_string(),
        })
    }
}
