//! A cluster from a backup of data files in S3, and where replication starts after a restore.
//!
//! Source: Amazon RDS API Reference, "RestoreDBClusterFromS3"; Aurora User Guide, "Physical migration from MySQL by using Percona
//! XtraBackup and Amazon S3".

use super::{Aws, cluster, parted, trouble};
use crate::error::CloudError;
use crate::made_from::BackupSource;
use crate::resource::Resource;

/// What is asked of events: all that there are, which AWS keeps for 14 days.
const MINUTES: i32 = 14 * 24 * 60;

/// Where the binary log of the server stood that a backup was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveredPosition {
    /// Its file.
    pub file: String,
    /// The offset in it, in bytes.
    pub offset: u64,
}

impl Aws {
    pub(super) async fn restore_cluster(
        &self,
        resource: &Resource,
        backup: &BackupSource,
        password: String,
        group: String,
    ) -> Result<(), CloudError> {
        let get = |name: &str| Some(resource.get(name).to_owned()).filter(|value| !value.is_empty());
        let logs: Vec<String> = parted(resource.get("logs")).collect();
        let request = self
            .rds
            .restore_db_cluster_from_s3()
            .db_cluster_identifier(&resource.name)
            .s3_bucket_name(&backup.bucket)
            .set_s3_prefix(Some(backup.prefix.clone()).filter(|prefix| !prefix.is_empty()))
            .s3_ingestion_role_arn(&backup.role)
            .source_engine("mysql")
            .source_engine_version(&backup.server_version)
            .set_engine(get("engine"))
            .set_engine_version(get("version"))
            .set_master_username(get("administrator"))
            .master_user_password(password)
            .set_db_cluster_parameter_group_name(get("parameters"))
            .set_db_subnet_group_name(get("subnet_group"))
            .vpc_security_group_ids(group)
            .set_port(cluster::number(resource.get("port")))
            .storage_encrypted(true)
            .set_kms_key_id(get("key"))
            .set_storage_type(get("storage").filter(|storage| storage != "aurora"))
            .set_backup_retention_period(cluster::number(resource.get("backup_days")))
            .set_preferred_backup_window(get("backup_window"))
            .set_preferred_maintenance_window(get("maintenance_window"))
            .deletion_protection(resource.get("deletion_protection") == "true")
            .enable_iam_database_authentication(resource.get("iam_authentication") == "true")
            .copy_tags_to_snapshot(true)
            .set_enable_cloudwatch_logs_exports(Some(logs).filter(|logs| !logs.is_empty()))
            .tags(self.mark());
        let made = request.send().await.map(drop);
        made.map_err(trouble::of("rds:RestoreDBClusterFromS3", &resource.name))
    }

    /// Where replication starts that goes on from the backup, by the events of the cluster's instances; `None` where none says so.
    ///
    /// # Errors
    /// When AWS refuses to tell.
    pub async fn recovered_position(&self, cluster: &str) -> Result<Option<RecoveredPosition>, CloudError> {
        let Some(described) = self.described(cluster).await? else {
            return Ok(None);
        };
        let members = described.db_cluster_members().iter();
        for instance in members.filter_map(|member| member.db_instance_identifier()) {
            let answer = self
                .rds
                .describe_events()
                .source_type("db-instance".into())
                .source_identifier(instance)
                .duration(MINUTES)
                .send()
                .await;
            let answer = answer.map_err(trouble::of("rds:DescribeEvents", instance))?;
            let told = answer.events().iter().filter_map(|event| event.message());
            if let Some(position) = told.filter_map(position).next_back() {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }
}

/// What an event says before a position: after a restore from S3, and after one from a snapshot.
const BEFORE: [&str; 2] = [
    "Recovered from Binary log filename",
    "Binlog position from crash recovery is",
];

/// The position that an event tells.
fn position(message: &str) -> Option<RecoveredPosition> {
    let rest = BEFORE
        .iter()
        .find_map(|words| message.split_once(words).map(|(_, rest)| rest))?;
    let mut words = rest
        .split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ',' | ';'))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !word.is_empty());
    let file = words.next()?.to_owned();
    let offset = words.find_map(|word| word.parse().ok())?;
    Some(RecoveredPosition { file, offset })
}

#[cfg(test)]
mod tests {
    use super::{RecoveredPosition, position};

    #[test]
    fn a_position_is_read_however_it_is_quoted() {
        let expected = Some(RecoveredPosition {
            file: "mysqld-bin.000007".to_owned(),
            offset: 1_234,
        });
        for message in [
            "Recovered from Binary log filename 'mysqld-bin.000007', position 1234",
            "Recovered from Binary log filename mysqld-bin.000007 position 1234.",
            "Binlog position from crash recovery is mysqld-bin.000007 1234",
            "DB instance restored. Recovered from Binary log filename \"mysqld-bin.000007\" at position '1234'",
        ] {
            assert_eq!(position(message), expected, "{message}");
        }
        for other in [
            "DB instance created",
            "Recovered from Binary log filename",
            "Recovered from Binary log filename x",
        ] {
            assert_eq!(position(other), None, "{other}");
        }
    }
}
