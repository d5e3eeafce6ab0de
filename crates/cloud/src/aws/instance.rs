//! Instances of a cluster.

use aws_sdk_rds::types::{DbInstance, PendingModifiedValues};

use super::cluster::PENDING;
use super::{Aws, requests, said, trouble};
use crate::error::{CloudError, Trouble};
use crate::port::Found;
use crate::resource::{Attributes, Kind, Resource};

impl Aws {
    pub(super) async fn described_instance(&self, name: &str) -> Result<Option<DbInstance>, CloudError> {
        let answer = self
            .rds
            .describe_db_instances()
            .db_instance_identifier(name)
            .send()
            .await;
        match answer.map_err(trouble::of("rds:DescribeDBInstances", name)) {
            Ok(answer) => Ok(answer.db_instances().first().cloned()),
            Err(error) if error.trouble == Trouble::Missing => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn find_instance(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let Some(instance) = self.described_instance(name).await? else {
            return Ok(None);
        };
        let text = |text: Option<&str>| text.map(str::to_owned);
        let parameters = instance.db_parameter_groups().first();
        let parameters = parameters.and_then(|group| group.db_parameter_group_name());
        let attributes = said([
            ("class", text(instance.db_instance_class())),
            ("cluster", text(instance.db_cluster_identifier())),
            ("engine", text(instance.engine())),
            (
                "insights",
                instance.performance_insights_enabled().map(|on| on.to_string()),
            ),
            (
                "minor_upgrades",
                instance.auto_minor_version_upgrade().map(|on| on.to_string()),
            ),
            ("parameters", text(parameters)),
            (
                "promotion_tier",
                instance.promotion_tier().map(|tier| tier.to_string()),
            ),
            ("public", instance.publicly_accessible().map(|on| on.to_string())),
            ("zone", text(instance.availability_zone())),
        ]);
        let status = instance.db_instance_status().unwrap_or_default().to_owned();
        Ok(Some(Found {
            id: text(instance.dbi_resource_id()),
            attributes,
            pending: instance
                .pending_modified_values()
                .map(pending)
                .unwrap_or_default(),
            ours: self.is_marked(instance.tag_list()),
            ready: status == "available",
            status,
        }))
    }

    pub(super) async fn create_instance(&self, resource: &Resource) -> Result<(), CloudError> {
        let get = |name: &str| Some(resource.get(name).to_owned()).filter(|value| !value.is_empty());
        let request = self
            .rds
            .create_db_instance()
            .db_instance_identifier(&resource.name)
            .set_db_cluster_identifier(get("cluster"))
            .set_engine(get("engine"))
            .set_db_instance_class(get("class"))
            .set_promotion_tier(resource.get("promotion_tier").parse().ok())
            .publicly_accessible(resource.get("public") == "true")
            .enable_performance_insights(resource.get("insights") == "true")
            .auto_minor_version_upgrade(resource.get("minor_upgrades") == "true")
            .set_db_parameter_group_name(get("parameters"))
            .set_availability_zone(get("zone"))
            .copy_tags_to_snapshot(true)
            .tags(self.mark());
        let made = request.send().await.map(drop);
        made.map_err(trouble::of("rds:CreateDBInstance", &resource.name))
    }

    pub(super) async fn update_instance(
        &self,
        resource: &Resource,
        set: &Attributes,
        now: bool,
    ) -> Result<Vec<String>, CloudError> {
        let found = self.find_instance(&resource.name).await?;
        let mut later = Vec::new();
        for (set, at_once) in requests(Kind::Instance, set, found.as_ref(), now) {
            self.modify_instance(resource, &set, at_once).await?;
            if !at_once {
                later.extend(set.into_keys());
            }
        }
        Ok(later)
    }

    async fn modify_instance(
        &self,
        resource: &Resource,
        set: &Attributes,
        at_once: bool,
    ) -> Result<(), CloudError> {
        let get = |name: &str| set.get(name).cloned();
        let on = |name: &str| set.get(name).map(|on| on == "true");
        let request = self
            .rds
            .modify_db_instance()
            .db_instance_identifier(&resource.name)
            .apply_immediately(at_once)
            .set_db_instance_class(get("class"))
            .set_promotion_tier(set.get("promotion_tier").and_then(|tier| tier.parse().ok()))
            .set_publicly_accessible(on("public"))
            .set_enable_performance_insights(on("insights"))
            .set_auto_minor_version_upgrade(on("minor_upgrades"))
            .set_db_parameter_group_name(get("parameters"));
        let changed = request.send().await.map(drop);
        changed.map_err(trouble::of("rds:ModifyDBInstance", &resource.name))
    }

    /// Whether parameters of the instance itself wait for a restart.
    pub(super) async fn parameters_wait(&self, name: &str) -> Result<bool, CloudError> {
        let instance = self.described_instance(name).await?;
        let groups = instance
            .iter()
            .flat_map(|instance| instance.db_parameter_groups());
        let mut states = groups.filter_map(|group| group.parameter_apply_status());
        Ok(states.any(|state| state == PENDING))
    }

    pub(super) async fn reboot(&self, name: &str) -> Result<(), CloudError> {
        let request = self.rds.reboot_db_instance().db_instance_identifier(name);
        let taken_on = request.send().await.map(drop);
        taken_on.map_err(trouble::of("rds:RebootDBInstance", name))
    }

    pub(super) async fn delete_instance(&self, name: &str) -> Result<(), CloudError> {
        let going = self.find_instance(name).await?;
        if going.is_some_and(|instance| instance.status == "deleting") {
            return Ok(());
        }
        // What is in it is the cluster's: there is nothing of its own to keep.
        let request = self
            .rds
            .delete_db_instance()
            .db_instance_identifier(name)
            .skip_final_snapshot(true);
        let deleted = request.send().await.map(drop);
        deleted.map_err(trouble::of("rds:DeleteDBInstance", name))
    }
}

/// What waits for the maintenance window: by the plan's name, and with a blank what no plan names. Logs and the automation mode of RDS
/// Custom are not among them: they wait for no window.
fn pending(values: &PendingModifiedValues) -> Attributes {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let number = |number: Option<i32>| number.map(|number| number.to_string());
    let on = |on: Option<bool>| on.map(|on| on.to_string());
    let some = |there: bool| there.then(|| "set".to_owned());
    said([
        ("class", text(values.db_instance_class())),
        ("new allocated storage", number(values.allocated_storage())),
        ("new backup days", number(values.backup_retention_period())),
        (
            "new capacity reservation",
            text(values.db_capacity_reservation_identifier()),
        ),
        ("new certificate", text(values.ca_certificate_identifier())),
        ("new engine", text(values.engine())),
        (
            "new iam authentication",
            on(values.iam_database_authentication_enabled()),
        ),
        ("new identifier", text(values.db_instance_identifier())),
        ("new iops", number(values.iops())),
        ("new license", text(values.license_model())),
        ("new log volume", on(values.dedicated_log_volume())),
        ("new multi-AZ", on(values.multi_az())),
        ("new multi-tenancy", on(values.multi_tenant())),
        ("new password", some(values.master_user_password().is_some())),
        ("new port", number(values.port())),
        (
            "new processor features",
            some(!values.processor_features().is_empty()),
        ),
        ("new storage", text(values.storage_type())),
        ("new storage throughput", number(values.storage_throughput())),
        (
            "new storage volumes",
            some(!values.additional_storage_volumes().is_empty()),
        ),
        ("new subnet group", text(values.db_subnet_group_name())),
        ("new version", text(values.engine_version())),
    ])
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::PendingModifiedValues;

    use super::pending;

    #[test]
    fn everything_that_waits_is_seen() {
        let values = PendingModifiedValues::builder;
        for (values, name, value) in [
            (
                values().db_instance_class("db.r6g.large"),
                "class",
                "db.r6g.large",
            ),
            (
                values().ca_certificate_identifier("rds-ca-rsa2048-g1"),
                "new certificate",
                "rds-ca-rsa2048-g1",
            ),
            (values().engine_version("16.9"), "new version", "16.9"),
            (values().storage_type("aurora"), "new storage", "aurora"),
            (values().backup_retention_period(7), "new backup days", "7"),
            (values().port(3307), "new port", "3307"),
            (values().master_user_password("hidden"), "new password", "set"),
            (
                values().iam_database_authentication_enabled(false),
                "new iam authentication",
                "false",
            ),
        ] {
            let pending = pending(&values.build());
            assert_eq!(pending.len(), 1, "{pending:?}");
            assert_eq!(pending.get(name).map(String::as_str), Some(value), "{pending:?}");
        }
        assert!(pending(&values().build()).is_empty());
    }
}
