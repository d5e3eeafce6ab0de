//! A cluster made from a backup of data files in S3: what of the backup is looked at before, and where replication starts after.

use clap::Args;
use daybreak_assess::{Backup, BackupFile, BackupRefusal, backup_refusals};
use daybreak_cloud::{BackupSource, BucketSettings, Engine, bucket};
use daybreak_model::{AuroraLine, Version};
use daybreak_work::{Depot, DepotError};

use crate::config::ClusterSettings;
use crate::exit::{Exit, Trouble};

/// What the cluster is made from.
#[derive(Debug, Args)]
pub(super) struct FromBackup {
    /// Make the cluster from the backup by XtraBackup that lies here, s3://BUCKET/PREFIX, in the cluster's region; not an empty one.
    #[arg(long, value_name = "PLACE", requires_all = ["backup_of", "role"])]
    from_backup: Option<String>,
    /// The version of the server that was backed up, such as 8.0.36.
    #[arg(long, value_name = "VERSION", requires = "from_backup")]
    backup_of: Option<Version>,
    /// The role by which RDS reads the bucket: it trusts rds.amazonaws.com, and has s3:ListBucket, s3:GetObject and s3:GetObjectVersion.
    #[arg(long, value_name = "ARN", requires = "from_backup")]
    role: Option<String>,
}

impl FromBackup {
    /// The backup, once every rule that AWS has for one is met; `None` where none is named.
    pub(super) async fn source(&self, settings: &ClusterSettings) -> Result<Option<BackupSource>, Trouble> {
        let (Some(place), Some(server), Some(role)) = (&self.from_backup, self.backup_of, &self.role) else {
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
        let line = line(&settings.spec.version).ok_or_else(|| {
            let hint = "choose a version that `daybreak assess` names";
            usage(
                format!("no rule is known for Aurora {}", settings.spec.version),
                hint,
            )
        })?;
        let prefix = prefix.trim_matches('/');
        let files = files(settings, name, prefix).await?;
        let classes: Vec<String> = settings
            .spec
            .instances
            .iter()
            .map(|group| group.class.clone())
            .collect();
        let region = &settings.aws.region;
        let refusals = backup_refusals(&Backup {
            arguments: &[],
            tool: None,
            server,
            line,
            files: &files,
            database_bytes: 0,
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
            prefix: prefix.to_owned(),
            role: role.clone(),
            server_version: server.to_string(),
        }))
    }
}

/// The line that a version of the API is of: `8.0.mysql_aurora.3.10.0` is of 3.10.
fn line(version: &str) -> Option<&'static AuroraLine> {
    let own = version
        .rsplit_once("mysql_aurora.")
        .map_or(version, |(_, own)| own);
    let mut name = own;
    loop {
        if let Ok(line) = AuroraLine::named(&format!("aurora-mysql {name}")) {
            return Some(line);
        }
        name = name.rsplit_once('.')?.0;
    }
}

/// What lies there.
async fn files(settings: &ClusterSettings, name: &str, prefix: &str) -> Result<Vec<BackupFile>, Trouble> {
    let place = BucketSettings {
        bucket: name.to_owned(),
        region: Some(settings.aws.region.clone()),
        profile: settings.aws.profile.clone(),
        endpoint_url: settings.aws.endpoint_url.clone(),
    };
    let (region, store) = bucket(&place).await.map_err(super::trouble)?;
    let depot = Depot::bucket(&region, name, prefix, store);
    let listed = depot.files().await.map_err(|error: DepotError| {
        let hint = error.hint();
        Trouble::new(error, Some(hint))
    })?;
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
