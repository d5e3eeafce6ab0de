//! Holes of a cluster that is there, whoever made it.

use super::{Aws, trouble};
use crate::error::CloudError;
use crate::hole::{Hole, HoleKind};
use crate::port::Cloud;
use crate::resource::Kind;

/// Networks that are everybody.
const EVERYBODY: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// Fewer days of backups than a bad week takes to be noticed.
const BACKUP_DAYS: i32 = 7;

impl Aws {
    /// Every hole of the cluster: who may come, what is encrypted, what is kept. None where there is no such cluster.
    ///
    /// # Errors
    /// When AWS cannot be asked.
    pub async fn audit(&self, name: &str) -> Result<Option<Vec<Hole>>, CloudError> {
        let Some(cluster) = self.described(name).await? else {
            return Ok(None);
        };
        let mut holes = Vec::new();
        let mut hole = |kind: HoleKind, object: &str, evidence: String| {
            holes.push(Hole {
                kind,
                object: object.to_owned(),
                evidence,
            });
        };
        let object = format!("cluster {name}");
        if cluster.storage_encrypted() != Some(true) {
            hole(
                HoleKind::Unencrypted,
                &object,
                "its storage is not encrypted".to_owned(),
            );
        }
        if cluster.deletion_protection() != Some(true) {
            hole(HoleKind::Unprotected, &object, "one call deletes it".to_owned());
        }
        let days = cluster.backup_retention_period().unwrap_or(0);
        if days < BACKUP_DAYS {
            hole(
                HoleKind::Backups,
                &object,
                format!("backups are kept for {days} days"),
            );
        }
        if cluster.enabled_cloudwatch_logs_exports().is_empty() {
            hole(
                HoleKind::Logs,
                &object,
                "none of its logs goes to CloudWatch".to_owned(),
            );
        }
        if let Some(group) = cluster.db_cluster_parameter_group() {
            let (parameter, on): (&str, &[&str]) = match cluster.engine() {
                Some("aurora-postgresql") => ("rds.force_ssl", &["1"]),
                _ => ("require_secure_transport", &["ON", "1"]),
            };
            let found = self.find(Kind::ClusterParameters, group).await?;
            let value =
                found.and_then(|group| group.attributes.get(&format!("parameter {parameter}")).cloned());
            // Aurora MySQL 8.4 asks for TLS unless it is told otherwise ("Security with Amazon Aurora MySQL").
            let by_default = cluster
                .engine_version()
                .is_some_and(|version| version.starts_with("8.4."));
            let required = value.as_deref().map_or(by_default, |value| on.contains(&value));
            if !required {
                let is = value.map_or_else(|| "not set".to_owned(), |value| format!("`{value}`"));
                hole(
                    HoleKind::Tls,
                    &format!("cluster parameter group {group}"),
                    format!("{parameter} is {is}"),
                );
            }
        }
        for group in cluster.vpc_security_groups() {
            let Some(id) = group.vpc_security_group_id() else {
                continue;
            };
            for rule in self.rules_in(id).await? {
                let network = rule.split(' ').nth(1).unwrap_or_default();
                if EVERYBODY.contains(&network) {
                    hole(
                        HoleKind::OpenGroup,
                        &format!("security group {id}"),
                        format!("it lets in {}", &rule[3..]),
                    );
                }
            }
        }
        for member in cluster.db_cluster_members() {
            let Some(instance) = member.db_instance_identifier() else {
                continue;
            };
            let found = self.find_instance(instance).await?;
            let public = found.and_then(|found| found.attributes.get("public").cloned());
            if public.as_deref() == Some("true") {
                hole(
                    HoleKind::Public,
                    &format!("instance {instance}"),
                    "it has a public address".to_owned(),
                );
            }
        }
        let request = self
            .rds
            .describe_db_cluster_snapshots()
            .db_cluster_identifier(name);
        let snapshots = request
            .send()
            .await
            .map_err(trouble::of("rds:DescribeDBClusterSnapshots", name))?;
        for snapshot in snapshots.db_cluster_snapshots() {
            let Some(id) = snapshot.db_cluster_snapshot_identifier() else {
                continue;
            };
            let object = format!("snapshot {id}");
            if snapshot.storage_encrypted() != Some(true) {
                hole(HoleKind::Unencrypted, &object, "it is not encrypted".to_owned());
            }
            if snapshot.snapshot_type() != Some("automated") && self.is_public(id).await? {
                hole(
                    HoleKind::PublicSnapshot,
                    &object,
                    "every account may restore it".to_owned(),
                );
            }
        }
        Ok(Some(holes))
    }

    /// Whether a snapshot can be restored by everybody ("Sharing a DB cluster snapshot").
    async fn is_public(&self, snapshot: &str) -> Result<bool, CloudError> {
        let request = self.rds.describe_db_cluster_snapshot_attributes();
        let answer = request.db_cluster_snapshot_identifier(snapshot).send().await;
        let answer = answer.map_err(trouble::of("rds:DescribeDBClusterSnapshotAttributes", snapshot))?;
        let attributes = answer.db_cluster_snapshot_attributes_result();
        let attributes = attributes
            .iter()
            .flat_map(|result| result.db_cluster_snapshot_attributes());
        let mut values = attributes.flat_map(|attribute| attribute.attribute_values());
        Ok(values.any(|value| value == "all"))
    }
}
