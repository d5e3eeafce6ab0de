//! Subnet groups and parameter groups.

use std::collections::BTreeSet;

use aws_sdk_rds::types::{ApplyMethod, Parameter};

use super::{Aws, parted, said, sorted, trouble};
use crate::error::CloudError;
use crate::parameters::waits_for_restart;
use crate::port::Found;
use crate::resource::{Attributes, Resource};

/// Most parameters of one request ("ModifyDBParameterGroup").
const AT_ONCE: usize = 20;

impl Aws {
    pub(super) async fn find_subnet_group(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let answer = self
            .rds
            .describe_db_subnet_groups()
            .db_subnet_group_name(name)
            .send()
            .await;
        let answer = answer.map_err(trouble::of("rds:DescribeDBSubnetGroups", name))?;
        let Some(group) = answer.db_subnet_groups().first() else {
            return Ok(None);
        };
        let subnets = group.subnets().iter();
        let subnets = subnets.filter_map(|subnet| subnet.subnet_identifier().map(str::to_owned));
        let subnets = self.subnet_words(subnets.collect()).await?;
        Ok(Some(Found {
            id: group.db_subnet_group_arn().map(str::to_owned),
            attributes: said([("subnets", Some(sorted(subnets.iter().map(String::as_str))))]),
            pending: Attributes::new(),
            ours: self.has_mark(group.db_subnet_group_arn()).await?,
            ready: true,
            status: group.subnet_group_status().unwrap_or_default().to_owned(),
        }))
    }

    pub(super) async fn create_subnet_group(&self, resource: &Resource) -> Result<(), CloudError> {
        let subnets = self.subnet_ids(parted(resource.get("subnets")).collect()).await?;
        let request = self
            .rds
            .create_db_subnet_group()
            .db_subnet_group_name(&resource.name)
            .db_subnet_group_description(format!("subnets of {}", self.cluster))
            .set_subnet_ids(Some(subnets))
            .tags(self.mark());
        let made = request.send().await.map(drop);
        made.map_err(trouble::of("rds:CreateDBSubnetGroup", &resource.name))
    }

    pub(super) async fn update_subnet_group(&self, resource: &Resource) -> Result<(), CloudError> {
        let subnets = self.subnet_ids(parted(resource.get("subnets")).collect()).await?;
        let request = self
            .rds
            .modify_db_subnet_group()
            .db_subnet_group_name(&resource.name)
            .set_subnet_ids(Some(subnets));
        let changed = request.send().await.map(drop);
        changed.map_err(trouble::of("rds:ModifyDBSubnetGroup", &resource.name))
    }

    pub(super) async fn delete_subnet_group(&self, name: &str) -> Result<(), CloudError> {
        let deleted = self
            .rds
            .delete_db_subnet_group()
            .db_subnet_group_name(name)
            .send()
            .await;
        deleted
            .map(drop)
            .map_err(trouble::of("rds:DeleteDBSubnetGroup", name))
    }

    pub(super) async fn find_cluster_parameters(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let request = self.rds.describe_db_cluster_parameter_groups();
        let answer = request.db_cluster_parameter_group_name(name).send().await;
        let answer = answer.map_err(trouble::of("rds:DescribeDBClusterParameterGroups", name))?;
        let Some(group) = answer.db_cluster_parameter_groups().first() else {
            return Ok(None);
        };
        let mut attributes = said([("family", group.db_parameter_group_family().map(str::to_owned))]);
        let mut pages = self
            .rds
            .describe_db_cluster_parameters()
            .db_cluster_parameter_group_name(name)
            .source("user")
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(trouble::of("rds:DescribeDBClusterParameters", name))?;
            attributes.extend(page.parameters().iter().filter_map(parameter));
        }
        Ok(Some(Found {
            id: group.db_cluster_parameter_group_arn().map(str::to_owned),
            attributes,
            pending: Attributes::new(),
            ours: self.has_mark(group.db_cluster_parameter_group_arn()).await?,
            ready: true,
            status: String::new(),
        }))
    }

    pub(super) async fn create_cluster_parameters(&self, resource: &Resource) -> Result<(), CloudError> {
        let request = self
            .rds
            .create_db_cluster_parameter_group()
            .db_cluster_parameter_group_name(&resource.name)
            .db_parameter_group_family(resource.get("family"))
            .description(format!("parameters of {}", self.cluster))
            .tags(self.mark());
        let made = request.send().await.map(drop);
        made.map_err(trouble::of("rds:CreateDBClusterParameterGroup", &resource.name))
    }

    pub(super) async fn update_cluster_parameters(
        &self,
        resource: &Resource,
        set: &Attributes,
        take: &[String],
    ) -> Result<(), CloudError> {
        let statics = self.static_cluster_parameters(&resource.name).await?;
        for some in settings(set, &statics).chunks(AT_ONCE) {
            let request = self
                .rds
                .modify_db_cluster_parameter_group()
                .db_cluster_parameter_group_name(&resource.name)
                .set_parameters(Some(some.to_vec()));
            let changed = request.send().await;
            changed.map_err(trouble::of("rds:ModifyDBClusterParameterGroup", &resource.name))?;
        }
        for some in resets(take, &statics).chunks(AT_ONCE) {
            let request = self
                .rds
                .reset_db_cluster_parameter_group()
                .db_cluster_parameter_group_name(&resource.name)
                .set_parameters(Some(some.to_vec()));
            let changed = request.send().await;
            changed.map_err(trouble::of("rds:ResetDBClusterParameterGroup", &resource.name))?;
        }
        Ok(())
    }

    async fn static_cluster_parameters(&self, name: &str) -> Result<BTreeSet<String>, CloudError> {
        let request = self.rds.describe_db_cluster_parameters();
        let mut pages = request
            .db_cluster_parameter_group_name(name)
            .into_paginator()
            .send();
        let mut statics = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(trouble::of("rds:DescribeDBClusterParameters", name))?;
            statics.extend(page.parameters().iter().filter_map(static_name));
        }
        Ok(statics)
    }

    async fn static_instance_parameters(&self, name: &str) -> Result<BTreeSet<String>, CloudError> {
        let request = self.rds.describe_db_parameters();
        let mut pages = request.db_parameter_group_name(name).into_paginator().send();
        let mut statics = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(trouble::of("rds:DescribeDBParameters", name))?;
            statics.extend(page.parameters().iter().filter_map(static_name));
        }
        Ok(statics)
    }

    pub(super) async fn delete_cluster_parameters(&self, name: &str) -> Result<(), CloudError> {
        let request = self.rds.delete_db_cluster_parameter_group();
        let deleted = request.db_cluster_parameter_group_name(name).send().await;
        deleted
            .map(drop)
            .map_err(trouble::of("rds:DeleteDBClusterParameterGroup", name))
    }

    pub(super) async fn find_instance_parameters(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let answer = self
            .rds
            .describe_db_parameter_groups()
            .db_parameter_group_name(name)
            .send()
            .await;
        let answer = answer.map_err(trouble::of("rds:DescribeDBParameterGroups", name))?;
        let Some(group) = answer.db_parameter_groups().first() else {
            return Ok(None);
        };
        let mut attributes = said([("family", group.db_parameter_group_family().map(str::to_owned))]);
        let mut pages = self
            .rds
            .describe_db_parameters()
            .db_parameter_group_name(name)
            .source("user")
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(trouble::of("rds:DescribeDBParameters", name))?;
            attributes.extend(page.parameters().iter().filter_map(parameter));
        }
        Ok(Some(Found {
            id: group.db_parameter_group_arn().map(str::to_owned),
            attributes,
            pending: Attributes::new(),
            ours: self.has_mark(group.db_parameter_group_arn()).await?,
            ready: true,
            status: String::new(),
        }))
    }

    pub(super) async fn create_instance_parameters(&self, resource: &Resource) -> Result<(), CloudError> {
        let request = self
            .rds
            .create_db_parameter_group()
            .db_parameter_group_name(&resource.name)
            .db_parameter_group_family(resource.get("family"))
            .description(format!("parameters of instances of {}", self.cluster))
            .tags(self.mark());
        let made = request.send().await.map(drop);
        made.map_err(trouble::of("rds:CreateDBParameterGroup", &resource.name))
    }

    pub(super) async fn update_instance_parameters(
        &self,
        resource: &Resource,
        set: &Attributes,
        take: &[String],
    ) -> Result<(), CloudError> {
        let statics = self.static_instance_parameters(&resource.name).await?;
        for some in settings(set, &statics).chunks(AT_ONCE) {
            let request = self
                .rds
                .modify_db_parameter_group()
                .db_parameter_group_name(&resource.name)
                .set_parameters(Some(some.to_vec()));
            let changed = request.send().await;
            changed.map_err(trouble::of("rds:ModifyDBParameterGroup", &resource.name))?;
        }
        for some in resets(take, &statics).chunks(AT_ONCE) {
            let request = self
                .rds
                .reset_db_parameter_group()
                .db_parameter_group_name(&resource.name)
                .set_parameters(Some(some.to_vec()));
            let changed = request.send().await;
            changed.map_err(trouble::of("rds:ResetDBParameterGroup", &resource.name))?;
        }
        Ok(())
    }

    pub(super) async fn delete_instance_parameters(&self, name: &str) -> Result<(), CloudError> {
        let deleted = self
            .rds
            .delete_db_parameter_group()
            .db_parameter_group_name(name)
            .send()
            .await;
        deleted
            .map(drop)
            .map_err(trouble::of("rds:DeleteDBParameterGroup", name))
    }
}

/// A parameter that was set, as an attribute.
fn parameter(parameter: &Parameter) -> Option<(String, String)> {
    let name = format!("parameter {}", parameter.parameter_name()?);
    Some((name, parameter.parameter_value()?.to_owned()))
}

fn settings(set: &Attributes, statics: &BTreeSet<String>) -> Vec<Parameter> {
    let named = set
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("parameter ")?, value)));
    let each = named.map(|(name, value)| {
        Parameter::builder()
            .parameter_name(name)
            .parameter_value(value)
            .apply_method(method(name, statics))
            .build()
    });
    each.collect()
}

fn resets(take: &[String], statics: &BTreeSet<String>) -> Vec<Parameter> {
    let named = take.iter().filter_map(|name| name.strip_prefix("parameter "));
    named
        .map(|name| {
            Parameter::builder()
                .parameter_name(name)
                .apply_method(method(name, statics))
                .build()
        })
        .collect()
}

/// A static parameter set at once is refused ("ModifyDBParameterGroup"); a dynamic one that waits is not in force.
fn method(name: &str, statics: &BTreeSet<String>) -> ApplyMethod {
    if statics.contains(name) || waits_for_restart(name) {
        ApplyMethod::PendingReboot
    } else {
        ApplyMethod::Immediate
    }
}

/// The name of a parameter of which the service says that it counts from the next start on.
fn static_name(parameter: &Parameter) -> Option<String> {
    (parameter.apply_type() == Some("static")).then(|| parameter.parameter_name().map(str::to_owned))?
}
