//! The cluster itself: made, changed, failed over, snapshotted, deleted.

use std::time::Duration;

use aws_sdk_rds::types::{
    CloudwatchLogsExportConfiguration, ClusterPendingModifiedValues, DbCluster,
    ServerlessV2ScalingConfiguration,
};

use super::{Aws, Origin, parted, requests, said, sorted, trouble};
use crate::error::{CloudError, Trouble};
use crate::port::{Found, FoundSnapshot};
use crate::resource::{Attributes, Kind, Resource};

/// How long a fail-over is waited for.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// What AWS says of parameters that count from the next start on.
pub(super) const PENDING: &str = "pending-reboot";

impl Aws {
    pub(super) async fn described(&self, name: &str) -> Result<Option<DbCluster>, CloudError> {
        let answer = self
            .rds
            .describe_db_clusters()
            .db_cluster_identifier(name)
            .send()
            .await;
        match answer.map_err(trouble::of("rds:DescribeDBClusters", name)) {
            Ok(answer) => Ok(answer.db_clusters().first().cloned()),
            Err(error) if error.trouble == Trouble::Missing => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where a cluster's writer is reached, host and port; none where AWS names no address yet, or there is no such cluster.
    ///
    /// # Errors
    /// When AWS refuses to tell.
    pub async fn writer_address(&self, cluster: &str) -> Result<Option<(String, u16)>, CloudError> {
        let described = self.described(cluster).await?;
        Ok(described.and_then(|cluster| {
            let host = cluster.endpoint().filter(|host| !host.is_empty())?.to_owned();
            Some((host, u16::try_from(cluster.port()?).ok()?))
        }))
    }

    pub(super) async fn find_cluster(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let Some(cluster) = self.described(name).await? else {
            return Ok(None);
        };
        let text = |text: Option<&str>| text.map(str::to_owned);
        let groups = cluster.vpc_security_groups().iter();
        let groups: Vec<&str> = groups.filter_map(|group| group.vpc_security_group_id()).collect();
        // It is named by its identifier there, and by its name in plans.
        let security_group = match groups.as_slice() {
            [] => None,
            [id] => Some(
                self.security_group_name(id)
                    .await?
                    .unwrap_or_else(|| (*id).to_owned()),
            ),
            several => Some(sorted(several.iter().copied())),
        };
        let serverless = cluster
            .serverless_v2_scaling_configuration()
            .and_then(|scaling| Some(format!("{}-{}", scaling.min_capacity()?, scaling.max_capacity()?)));
        // `aurora` is what is meant where nothing, or something of other engines, is said.
        let storage = cluster.storage_type().filter(|kind| kind.starts_with("aurora"));
        let logs = cluster.enabled_cloudwatch_logs_exports();
        let attributes = said([
            ("administrator", text(cluster.master_username())),
            (
                "backup_days",
                cluster.backup_retention_period().map(|days| days.to_string()),
            ),
            ("backup_window", text(cluster.preferred_backup_window())),
            (
                "deletion_protection",
                cluster.deletion_protection().map(|on| on.to_string()),
            ),
            ("encrypted", cluster.storage_encrypted().map(|on| on.to_string())),
            ("engine", text(cluster.engine())),
            (
                "iam_authentication",
                cluster
                    .iam_database_authentication_enabled()
                    .map(|on| on.to_string()),
            ),
            ("logs", Some(sorted(logs.iter().map(String::as_str)))),
            ("maintenance_window", text(cluster.preferred_maintenance_window())),
            ("parameters", text(cluster.db_cluster_parameter_group())),
            ("port", cluster.port().map(|port| port.to_string())),
            ("security_group", security_group),
            ("serverless", serverless),
            ("storage", text(storage)),
            ("subnet_group", text(cluster.db_subnet_group())),
            ("version", text(cluster.engine_version())),
        ]);
        let status = cluster.status().unwrap_or_default().to_owned();
        Ok(Some(Found {
            id: text(cluster.db_cluster_resource_id()),
            attributes,
            pending: cluster.pending_modified_values().map(pending).unwrap_or_default(),
            ours: self.is_marked(cluster.tag_list()),
            ready: status == "available",
            status,
        }))
    }

    pub(super) async fn create_cluster(&self, resource: &Resource) -> Result<(), CloudError> {
        let get = |name: &str| Some(resource.get(name).to_owned()).filter(|value| !value.is_empty());
        let group = self.security_group_id(resource.get("security_group")).await?;
        let password = match &self.origin {
            Origin::Snapshot(snapshot) => return self.restore_snapshot(resource, snapshot, group).await,
            Origin::Replica(instance) => return self.follow_instance(resource, instance, group).await,
            Origin::Empty | Origin::Backup(_) => self.password(resource.get("secret")).await?,
        };
        if let Origin::Backup(backup) = &self.origin {
            return self.restore_cluster(resource, backup, password, group).await;
        }
        let logs: Vec<String> = parted(resource.get("logs")).collect();
        let storage = get("storage").filter(|storage| storage != "aurora");
        let request = self
            .rds
            .create_db_cluster()
            .db_cluster_identifier(&resource.name)
            .set_engine(get("engine"))
            .set_engine_version(get("version"))
            .set_master_username(get("administrator"))
            .master_user_password(password)
            .set_database_name(get("database"))
            .set_db_cluster_parameter_group_name(get("parameters"))
            .set_db_subnet_group_name(get("subnet_group"))
            .vpc_security_group_ids(group)
            .set_port(number(resource.get("port")))
            .storage_encrypted(true)
            .set_kms_key_id(get("key"))
            .set_storage_type(storage)
            .set_backup_retention_period(number(resource.get("backup_days")))
            .set_preferred_backup_window(get("backup_window"))
            .set_preferred_maintenance_window(get("maintenance_window"))
            .deletion_protection(resource.get("deletion_protection") == "true")
            .enable_iam_database_authentication(resource.get("iam_authentication") == "true")
            .copy_tags_to_snapshot(true)
            .set_enable_cloudwatch_logs_exports(Some(logs).filter(|logs| !logs.is_empty()))
            .set_serverless_v2_scaling_configuration(scaling(resource.get("serverless")))
            .tags(self.mark());
        let made = request.send().await.map(drop);
        made.map_err(trouble::of("rds:CreateDBCluster", &resource.name))
    }

    pub(super) async fn update_cluster(
        &self,
        resource: &Resource,
        set: &Attributes,
        now: bool,
    ) -> Result<Vec<String>, CloudError> {
        let found = self.find_cluster(&resource.name).await?;
        let mut later = Vec::new();
        for (set, at_once) in requests(Kind::Cluster, set, found.as_ref(), now) {
            self.modify_cluster(resource, &set, at_once).await?;
            if !at_once {
                later.extend(set.into_keys());
            }
        }
        Ok(later)
    }

    async fn modify_cluster(
        &self,
        resource: &Resource,
        set: &Attributes,
        at_once: bool,
    ) -> Result<(), CloudError> {
        let get = |name: &str| set.get(name).cloned();
        let group = match set.get("security_group") {
            Some(name) => Some(vec![self.security_group_id(name).await?]),
            None => None,
        };
        let logs = match set.get("logs") {
            Some(logs) => self.change_of_logs(&resource.name, logs).await?,
            None => None,
        };
        let request = self
            .rds
            .modify_db_cluster()
            .db_cluster_identifier(&resource.name)
            .apply_immediately(at_once)
            .set_engine_version(get("version"))
            .set_db_cluster_parameter_group_name(get("parameters"))
            .set_vpc_security_group_ids(group)
            .set_port(get("port").as_deref().and_then(number))
            .set_storage_type(get("storage"))
            .set_backup_retention_period(get("backup_days").as_deref().and_then(number))
            .set_preferred_backup_window(get("backup_window"))
            .set_preferred_maintenance_window(get("maintenance_window"))
            .set_deletion_protection(get("deletion_protection").map(|on| on == "true"))
            .set_enable_iam_database_authentication(get("iam_authentication").map(|on| on == "true"))
            .set_cloudwatch_logs_export_configuration(logs)
            .set_serverless_v2_scaling_configuration(get("serverless").as_deref().and_then(scaling));
        let changed = request.send().await.map(drop);
        changed.map_err(trouble::of("rds:ModifyDBCluster", &resource.name))
    }

    async fn change_of_logs(
        &self,
        name: &str,
        to_be: &str,
    ) -> Result<Option<CloudwatchLogsExportConfiguration>, CloudError> {
        let is = self.described(name).await?;
        let is: Vec<String> = is
            .map(|is| is.enabled_cloudwatch_logs_exports().to_vec())
            .unwrap_or_default();
        let to_be: Vec<String> = parted(to_be).collect();
        let beside = |these: &[String], those: &[String]| {
            let beside: Vec<String> = these.iter().filter(|log| !those.contains(log)).cloned().collect();
            Some(beside).filter(|beside| !beside.is_empty())
        };
        Ok(Some(
            CloudwatchLogsExportConfiguration::builder()
                .set_enable_log_types(beside(&to_be, &is))
                .set_disable_log_types(beside(&is, &to_be))
                .build(),
        ))
    }

    pub(super) async fn delete_cluster(
        &self,
        name: &str,
        last_snapshot: Option<&str>,
    ) -> Result<(), CloudError> {
        let going = self.described(name).await?;
        if going.is_some_and(|cluster| cluster.status() == Some("deleting")) {
            return Ok(());
        }
        let request = self
            .rds
            .delete_db_cluster()
            .db_cluster_identifier(name)
            .skip_final_snapshot(last_snapshot.is_none())
            .set_final_db_snapshot_identifier(last_snapshot.map(str::to_owned));
        let deleted = request.send().await.map(drop);
        deleted.map_err(trouble::of("rds:DeleteDBCluster", name))
    }

    pub(super) async fn move_writer(&self, name: &str, to: Option<&str>) -> Result<String, CloudError> {
        let before = self.writer(name).await?;
        if to.is_some() && before.as_deref() == to {
            return Ok(before.unwrap_or_default());
        }
        let request = self
            .rds
            .failover_db_cluster()
            .db_cluster_identifier(name)
            .set_target_db_instance_identifier(to.map(str::to_owned));
        let moved = request.send().await;
        moved.map_err(trouble::of("rds:FailoverDBCluster", name))?;
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < PATIENCE {
            let now = self.writer(name).await?;
            let moved = now.is_some() && now != before && to.is_none_or(|to| now.as_deref() == Some(to));
            if let Some(writer) = now.filter(|_| moved) {
                return Ok(writer);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Err(CloudError {
            call: "rds:FailoverDBCluster".to_owned(),
            object: name.to_owned(),
            message: "the writer is the one it was".to_owned(),
            trouble: Trouble::State,
        })
    }

    /// Members in which the cluster's or their own parameters wait ("Rebooting an Aurora cluster").
    pub(super) async fn members_waiting(&self, name: &str) -> Result<Vec<String>, CloudError> {
        let cluster = self.described(name).await?;
        let members = cluster.iter().flat_map(|cluster| cluster.db_cluster_members());
        let (mut readers, mut writers) = (Vec::new(), Vec::new());
        for member in members {
            let Some(instance) = member.db_instance_identifier() else {
                continue;
            };
            let waits = member.db_cluster_parameter_group_status() == Some(PENDING)
                || self.parameters_wait(instance).await?;
            if waits && member.is_cluster_writer() == Some(true) {
                writers.push(instance.to_owned());
            } else if waits {
                readers.push(instance.to_owned());
            }
        }
        readers.extend(writers);
        Ok(readers)
    }

    async fn writer(&self, name: &str) -> Result<Option<String>, CloudError> {
        let cluster = self.described(name).await?;
        let members = cluster.iter().flat_map(|cluster| cluster.db_cluster_members());
        let mut writers = members.filter(|member| member.is_cluster_writer() == Some(true));
        Ok(writers
            .next()
            .and_then(|writer| writer.db_instance_identifier())
            .map(str::to_owned))
    }

    pub(super) async fn described_snapshot(&self, name: &str) -> Result<Option<FoundSnapshot>, CloudError> {
        let request = self.rds.describe_db_cluster_snapshots();
        let answer = request.db_cluster_snapshot_identifier(name).send().await;
        let answer = match answer.map_err(trouble::of("rds:DescribeDBClusterSnapshots", name)) {
            Err(error) if error.trouble == Trouble::Missing => return Ok(None),
            other => other?,
        };
        let Some(snapshot) = answer.db_cluster_snapshots().first() else {
            return Ok(None);
        };
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Ok(Some(FoundSnapshot {
            cluster: text(snapshot.db_cluster_identifier()),
            ours: self.has_mark(snapshot.db_cluster_snapshot_arn()).await?,
            status: text(snapshot.status()),
            taken: snapshot
                .snapshot_create_time()
                .map_or_else(String::new, ToString::to_string),
        }))
    }

    pub(super) async fn take_snapshot(&self, cluster: &str, name: &str) -> Result<(), CloudError> {
        let request = self
            .rds
            .create_db_cluster_snapshot()
            .db_cluster_identifier(cluster)
            .db_cluster_snapshot_identifier(name)
            .tags(self.mark());
        let taken_on = request.send().await.map(drop);
        taken_on.map_err(trouble::of("rds:CreateDBClusterSnapshot", name))
    }
}

/// What waits for the maintenance window: by the plan's names, and with a blank what no plan names. Logs are not among them: they are
/// being switched, whatever was asked for.
fn pending(values: &ClusterPendingModifiedValues) -> Attributes {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let number = |number: Option<i32>| number.map(|number| number.to_string());
    let certificate = values.certificate_details();
    said([
        ("backup_days", number(values.backup_retention_period())),
        (
            "iam_authentication",
            values
                .iam_database_authentication_enabled()
                .map(|on| on.to_string()),
        ),
        ("storage", text(values.storage_type())),
        ("version", text(values.engine_version())),
        ("new allocated storage", number(values.allocated_storage())),
        (
            "new certificate",
            certificate.and_then(|certificate| text(certificate.ca_identifier())),
        ),
        ("new identifier", text(values.db_cluster_identifier())),
        ("new iops", number(values.iops())),
        (
            "new password",
            values.master_user_password().map(|_| "set".to_owned()),
        ),
    ])
}

pub(super) fn number(text: &str) -> Option<i32> {
    text.parse().ok()
}

pub(super) fn scaling(text: &str) -> Option<ServerlessV2ScalingConfiguration> {
    let (least, most) = text.split_once('-')?;
    Some(
        ServerlessV2ScalingConfiguration::builder()
            .min_capacity(least.parse().ok()?)
            .max_capacity(most.parse().ok()?)
            .build(),
    )
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::{
        CertificateDetails, ClusterPendingModifiedValues, PendingCloudwatchLogsExports,
    };

    use super::pending;

    #[test]
    fn everything_that_waits_is_seen() {
        let values = ClusterPendingModifiedValues::builder;
        let certificate = CertificateDetails::builder()
            .ca_identifier("rds-ca-rsa2048-g1")
            .build();
        for (values, name, value) in [
            (values().engine_version("16.9"), "version", "16.9"),
            (values().storage_type("aurora-iopt1"), "storage", "aurora-iopt1"),
            (values().backup_retention_period(7), "backup_days", "7"),
            (
                values().iam_database_authentication_enabled(true),
                "iam_authentication",
                "true",
            ),
            (
                values().certificate_details(certificate),
                "new certificate",
                "rds-ca-rsa2048-g1",
            ),
            (values().master_user_password("hidden"), "new password", "set"),
            (values().db_cluster_identifier("store"), "new identifier", "store"),
            (values().allocated_storage(9), "new allocated storage", "9"),
            (values().iops(9), "new iops", "9"),
        ] {
            let pending = pending(&values.build());
            assert_eq!(pending.len(), 1, "{pending:?}");
            assert_eq!(pending.get(name).map(String::as_str), Some(value), "{pending:?}");
        }
        let logs = PendingCloudwatchLogsExports::builder()
            .log_types_to_enable("audit")
            .build();
        let logs = values().pending_cloudwatch_logs_exports(logs).build();
        assert!(pending(&logs).is_empty());
    }
}
