//! What a cluster is made from: nothing, a backup in S3, a snapshot of an RDS instance, or an RDS instance that it follows.
//!
//! Source: Aurora User Guide, "Migrating an RDS for MySQL snapshot to Aurora", "Migrating data from an RDS for MySQL DB instance to an
//! Amazon Aurora MySQL DB cluster by using an Aurora read replica", and the same pages of Aurora PostgreSQL; RDS API Reference.

use std::time::Duration;

use super::{Aws, cluster, parted, trouble};
use crate::error::{CloudError, Trouble};
use crate::made_from::Origin;
use crate::port::Cloud;
use crate::resource::{Kind, Resource};

/// How long a promotion is waited for.
const PATIENCE: Duration = Duration::from_secs(60 * 60);
/// First and longest time between two looks.
const LOOKS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(15));

/// What AWS says of a snapshot or an instance that a cluster is to be made from. What it does not say is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OriginFacts {
    /// Such as `mysql` or `postgres`.
    pub engine: String,
    /// The engine's version.
    pub version: String,
    /// Its administrator.
    pub administrator: String,
    /// In AWS's word.
    pub status: String,
    /// Whether its storage is encrypted.
    pub encrypted: bool,
    /// Days that an instance keeps backups; `None` of a snapshot.
    pub backup_days: Option<i32>,
    /// Clusters that follow an instance already.
    pub followed_by: Vec<String>,
}

impl Aws {
    /// The same, making its cluster from this.
    #[must_use]
    pub fn from_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// What the cluster is to be made from; `None` where that is nothing, or a backup.
    ///
    /// # Errors
    /// When AWS refuses to tell, or knows none of that name.
    pub async fn origin_facts(&self) -> Result<Option<OriginFacts>, CloudError> {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        match &self.origin {
            Origin::Empty | Origin::Backup(_) => Ok(None),
            Origin::Snapshot(name) => {
                let call = "rds:DescribeDBSnapshots";
                let request = self.rds.describe_db_snapshots().db_snapshot_identifier(name);
                let answer = request.send().await.map_err(trouble::of(call, name))?;
                let snapshot = answer.db_snapshots().first().ok_or_else(|| absent(call, name))?;
                Ok(Some(OriginFacts {
                    engine: text(snapshot.engine()),
                    version: text(snapshot.engine_version()),
                    administrator: text(snapshot.master_username()),
                    status: text(snapshot.status()),
                    encrypted: snapshot.encrypted() == Some(true),
                    ..OriginFacts::default()
                }))
            }
            Origin::Replica(arn) => {
                let call = "rds:DescribeDBInstances";
                let request = self.rds.describe_db_instances().db_instance_identifier(arn);
                let answer = request.send().await.map_err(trouble::of(call, arn))?;
                let instance = answer.db_instances().first().ok_or_else(|| absent(call, arn))?;
                Ok(Some(OriginFacts {
                    engine: text(instance.engine()),
                    version: text(instance.engine_version()),
                    administrator: text(instance.master_username()),
                    status: text(instance.db_instance_status()),
                    encrypted: instance.storage_encrypted() == Some(true),
                    backup_days: instance.backup_retention_period(),
                    followed_by: instance.read_replica_db_cluster_identifiers().to_vec(),
                }))
            }
        }
    }

    pub(super) async fn restore_snapshot(
        &self,
        resource: &Resource,
        snapshot: &str,
        group: String,
    ) -> Result<(), CloudError> {
        let get = |name: &str| Some(resource.get(name).to_owned()).filter(|value| !value.is_empty());
        let logs: Vec<String> = parted(resource.get("logs")).collect();
        let request = self
            .rds
            .restore_db_cluster_from_snapshot()
            .db_cluster_identifier(&resource.name)
            .snapshot_identifier(snapshot)
            .set_engine(get("engine"))
            .set_engine_version(get("version"))
            .set_db_cluster_parameter_group_name(get("parameters"))
            .set_db_subnet_group_name(get("subnet_group"))
            .vpc_security_group_ids(group)
            .set_port(cluster::number(resource.get("port")))
            .set_kms_key_id(get("key"))
            .set_storage_type(get("storage").filter(|storage| storage != "aurora"))
            .deletion_protection(resource.get("deletion_protection") == "true")
            .enable_iam_database_authentication(resource.get("iam_authentication") == "true")
            .copy_tags_to_snapshot(true)
            .set_enable_cloudwatch_logs_exports(Some(logs).filter(|logs| !logs.is_empty()))
            .set_serverless_v2_scaling_configuration(cluster::scaling(resource.get("serverless")))
            .tags(self.mark());
        let made = request.send().await.map(drop);
        made.map_err(trouble::of("rds:RestoreDBClusterFromSnapshot", &resource.name))
    }

    pub(super) async fn follow_instance(
        &self,
        resource: &Resource,
        instance: &str,
        group: String,
    ) -> Result<(), CloudError> {
        let get = |name: &str| Some(resource.get(name).to_owned()).filter(|value| !value.is_empty());
        let logs: Vec<String> = parted(resource.get("logs")).collect();
        // Administrator, password and database are the instance's.
        let request = self
            .rds
            .create_db_cluster()
            .db_cluster_identifier(&resource.name)
            .replication_source_identifier(instance)
            .set_engine(get("engine"))
            .set_engine_version(get("version"))
            .set_db_cluster_parameter_group_name(get("parameters"))
            .set_db_subnet_group_name(get("subnet_group"))
            .vpc_security_group_ids(group)
            .set_port(cluster::number(resource.get("port")))
            .storage_encrypted(true)
            .set_kms_key_id(get("key"))
            .set_storage_type(get("storage").filter(|storage| storage != "aurora"))
            .deletion_protection(resource.get("deletion_protection") == "true")
            .copy_tags_to_snapshot(true)
            .set_enable_cloudwatch_logs_exports(Some(logs).filter(|logs| !logs.is_empty()))
            .set_serverless_v2_scaling_configuration(cluster::scaling(resource.get("serverless")))
            .tags(self.mark());
        let made = request.send().await.map(drop);
        made.map_err(trouble::of("rds:CreateDBCluster", &resource.name))
    }

    /// Gives the cluster's administrator the password that the plan's secret holds: a restored one has that of its origin. Idempotent.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn set_password(&self, cluster: &Resource) -> Result<(), CloudError> {
        let password = self.password(cluster.get("secret")).await?;
        // A password is changed at once in any case; said to be, whatever else waits for the maintenance window would be, too
        // ("ModifyDBCluster", Amazon RDS API Reference).
        let request = self
            .rds
            .modify_db_cluster()
            .db_cluster_identifier(&cluster.name)
            .master_user_password(password);
        let set = request.send().await.map(drop);
        set.map_err(trouble::of("rds:ModifyDBCluster", &cluster.name))
    }

    /// Which instance the cluster follows, by ARN; `None` where it stands alone.
    ///
    /// # Errors
    /// When AWS refuses to tell, or there is no such cluster.
    pub async fn followed(&self, cluster: &str) -> Result<Option<String>, CloudError> {
        let described = self.described(cluster).await?;
        let described = described.ok_or_else(|| absent("rds:DescribeDBClusters", cluster))?;
        let source = described.replication_source_identifier();
        Ok(source.filter(|source| !source.is_empty()).map(str::to_owned))
    }

    /// Makes a cluster that follows an instance one that stands alone, and returns once it does. What the instance is written from then
    /// on does not arrive.
    ///
    /// # Errors
    /// When AWS refuses, or it takes longer than an hour.
    pub async fn promote(&self, cluster: &str) -> Result<(), CloudError> {
        let call = "rds:PromoteReadReplicaDBCluster";
        let request = self
            .rds
            .promote_read_replica_db_cluster()
            .db_cluster_identifier(cluster);
        request.send().await.map_err(trouble::of(call, cluster))?;
        let begun = tokio::time::Instant::now();
        let mut pause = LOOKS.0;
        while begun.elapsed() < PATIENCE {
            let found = self.find(Kind::Cluster, cluster).await?;
            if found.is_some_and(|found| found.ready) && self.followed(cluster).await?.is_none() {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LOOKS.1);
        }
        Err(CloudError {
            call: call.to_owned(),
            object: cluster.to_owned(),
            message: "it was taken on, and has not ended within an hour".to_owned(),
            trouble: Trouble::State,
        })
    }
}

fn absent(call: &str, name: &str) -> CloudError {
    CloudError {
        call: call.to_owned(),
        object: name.to_owned(),
        message: "there is none of that name".to_owned(),
        trouble: Trouble::Missing,
    }
}
