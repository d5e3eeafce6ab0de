//! A cluster made from a backup of data files in S3: what of the backup is looked at before, and where replication starts after.

use clap::Args;
use daybreak_assess::{Backup, BackupFile, BackupRefusal, backup_refusals};
use daybreak_cloud::{BackupSource, BucketSettings, Engine, bucket};
use daybreak_model::Version;
use daybreak_work::{BACKUP_FOLDER, BackupManifest, Depot, DepotError};

use crate::config::{self, ClusterSettings};
use crate::exit::{Exit, Trouble};

/// What the cluster is made from.
#[derive(Debug, Args)]
pub(super) struct FromBackup {
    /// Make the cluster from the backup by XtraBackup that lies here, s3://BUCKET/PREFIX, in the cluster's region; not an empty one.
    #[arg(long, value_name = "PLACE", requires = "role")]
    from_backup: Option<String>,
    /// The version of the server that was backed up, such as 8.0.36; a backup by `daybreak load --method xtrabackup` tells it.
    #[arg(long, value_name = "VERSION", requires = "from_backup")]
    backup_of: Option<Version>,
    /// The role by which RDS reads the bucket: it trusts rds.amazonaws.com, and has s3:ListBucket, s3:GetObject and s3:GetObjectVersion.
    #[arg(long, value_name = "ARN", requires = "from_backup")]
    role: Option<String>,
}

impl FromBackup {
    /// The backup, once every rule that AWS has for one is met; `None` where none is named.
    pub(super) async fn source(&self, settings: &ClusterSettings) -> Result<Option<BackupSource>, Trouble> {
        let (Some(place), Some(role)) = (&self.from_backup, &self.role) else {
            return Ok(None);
        };
        let usage = |what: String, hint: &str| Trouble::usage(anyhow::anyhow!(what), Some(hint.to_owned()));
        let Some((name, prefix)) = place.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) else {
            return Err(usage(
                format!("`--from-backup` is `{place}`"),
                "write it as s3://BUCKET/PREFIX",
            ));
        };
        if settings.spec.engine != Engine::Mysql {
            let hint = "Aurora PostgreSQL restores no data files: load the rows (`daybreak load`)";
            return Err(usage(
                "the plan's cluster is of Aurora PostgreSQL".to_owned(),
                hint,
            ));
        }
        let line = config::api_line(&settings.spec.version).ok_or_else(|| {
            let hint = "choose a version that `daybreak assess` names";
            usage(
                format!("no rule is known for Aurora {}", settings.spec.version),
                hint,
            )
        })?;
        let depot = depot(settings, name, prefix).await?;
        let ours = BackupManifest::read(&depot).await.map_err(unread)?;
        let told = ours.as_ref().map(|manifest| manifest.source.version);
        let server = match (self.backup_of, told) {
            (Some(said), Some(told)) if said != told => {
                let what = format!("`--backup-of` is {said}, and {place} holds a backup of {told}");
                return Err(usage(what, "leave it out"));
            }
            (said, told) => said.or(told).ok_or_else(|| {
                usage(
                    format!("{place} does not tell what was backed up"),
                    "name the server's version: `--backup-of`",
                )
            })?,
        };
        let listed = files(&depot).await?;
        // Aurora reads every file below the prefix: of our own backups those of the stream alone.
        let (prefix, files) = match &ours {
            None => (prefix.trim_matches('/').to_owned(), listed),
            Some(manifest) => {
                let below = format!("{}/{BACKUP_FOLDER}", prefix.trim_matches('/'));
                (
                    below.trim_matches('/').to_owned(),
                    parts(manifest, listed, place)?,
                )
            }
        };
        let classes: Vec<String> = settings
            .spec
            .instances
            .iter()
            .map(|group| group.class.clone())
            .collect();
        let region = &settings.aws.region;
        let refusals = backup_refusals(&Backup {
            arguments: &[],
            tool: ours.as_ref().map(|manifest| manifest.program_version),
            server,
            line,
            files: &files,
            database_bytes: ours.as_ref().map_or(0, |manifest| manifest.bytes),
            // It was listed by way of this region; elsewhere AWS sends us away.
            bucket_region: region,
            cluster_region: region,
            classes: &classes,
        });
        if !refusals.is_empty() {
            return Err(refused(place, &refusals));
        }
        Ok(Some(BackupSource {
            bucket: name.to_owned(),
            prefix,
            role: role.clone(),
            server_version: server.to_string(),
        }))
    }
}

/// The place, reached by way of the cluster's region.
async fn depot(settings: &ClusterSettings, name: &str, prefix: &str) -> Result<Depot, Trouble> {
    let place = BucketSettings {
        bucket: name.to_owned(),
        region: Some(settings.aws.region.clone()),
        profile: settings.aws.profile.clone(),
        endpoint_url: settings.aws.endpoint_url.clone(),
    };
    let (region, store) = bucket(&place).await.map_err(super::trouble)?;
    Ok(Depot::bucket(&region, name, prefix, store))
}

/// What lies there.
async fn files(depot: &Depot) -> Result<Vec<BackupFile>, Trouble> {
    let listed = depot.files().await.map_err(unread)?;
    if listed.is_empty() {
        return Err(Trouble {
            exit: Exit::Usage,
            ..Trouble::new(
                anyhow::anyhow!("there is nothing in {}", depot.place()),
                Some("name what the backup's files begin with"),
            )
        });
    }
    Ok(listed
        .into_iter()
        .map(|(name, bytes)| BackupFile { name, bytes })
        .collect())
}

/// The parts of a backup of ours, each as large as it was written, and nothing beside them.
fn parts(
    manifest: &BackupManifest,
    listed: Vec<BackupFile>,
    place: &str,
) -> Result<Vec<BackupFile>, Trouble> {
    let folder = format!("{BACKUP_FOLDER}/");
    let there: Vec<BackupFile> = listed
        .into_iter()
        .filter(|file| file.name.starts_with(&folder))
        .collect();
    let written = manifest.parts.iter().map(|part| BackupFile {
        name: part.name.clone(),
        bytes: part.bytes,
    });
    if there.iter().cloned().eq(written) {
        return Ok(there);
    }
    Err(Trouble {
        exit: Exit::Usage,
        ..Trouble::new(
            anyhow::anyhow!(
                "{place}/{BACKUP_FOLDER} does not hold the {} parts of the backup as they were written, and nothing else",
                manifest.parts.len()
            ),
            Some("restore the files from a copy, take out what is not of the backup, or make it again"),
        )
    })
}

fn unread(error: DepotError) -> Trouble {
    let hint = error.hint();
    Trouble::new(error, Some(hint))
}

fn refused(place: &str, refusals: &[BackupRefusal]) -> Trouble {
    let what: Vec<&str> = refusals
        .iter()
        .take(10)
        .map(|refusal| refusal.what.as_str())
        .collect();
    let more = match refusals.len().saturating_sub(what.len()) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let mut hints: Vec<&str> = refusals.iter().map(|refusal| refusal.hint).collect();
    hints.dedup();
    Trouble {
        exit: Exit::Usage,
        ..Trouble::new(
            anyhow::anyhow!("Aurora does not restore {place}: {}{more}", what.join("; ")),
            Some(hints.join(" · ")),
        )
    }
}
