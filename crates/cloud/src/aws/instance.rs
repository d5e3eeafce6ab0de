//! Instances of a cluster.

use aws_sdk_rds::types::DbInstance;

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
            pending: said([(
                "class",
                instance
                    .pending_modified_values()
                    .and_then(|pending| text(pending.db_instance_class())),
            )]),
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
    ) -> Result<(), CloudError> {
        let found = self.find_instance(&resource.name).await?;
        let pending = found.map(|found| found.pending).unwrap_or_default();
        for (set, at_once) in requests(Kind::Instance, set, &pending, now) {
            self.modify_instance(resource, &set, at_once).await?;
        }
        Ok(())
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
