//! What has to be there before anything is made: subnets, a version, classes.

use super::query::{Form, Service, element, first, within};
use super::security_group::parsed;
use super::{Aws, trouble};
use crate::error::{CloudError, Trouble};
use crate::port::{Ground, Subnet};
use crate::spec::{Place, Spec};

impl Aws {
    pub(super) async fn look_at_ground(&self, spec: &Spec) -> Result<Ground, CloudError> {
        let (vpc, named) = match &spec.network.place {
            Place::There { vpc, subnets } => (vpc, subnets),
            Place::Made { zones, .. } => {
                self.zones_are_there(zones).await?;
                self.version_is_offered(spec).await?;
                self.classes_are_offered(spec, zones).await?;
                return Ok(Ground {
                    subnets: Vec::new(),
                    zones: zones.clone(),
                });
            }
        };
        let subnets = self.subnets(&spec.name, vpc, named).await?;
        let mut zones: Vec<String> = Vec::new();
        for subnet in &subnets {
            if !zones.contains(&subnet.zone) {
                zones.push(subnet.zone.clone());
            }
        }
        if zones.len() < 2 {
            return Err(CloudError {
                call: "ec2:DescribeSubnets".to_owned(),
                object: spec.name.clone(),
                message: format!(
                    "its subnets are all in {}: a cluster needs two availability zones",
                    zones.join(", ")
                ),
                trouble: Trouble::NotOffered,
            });
        }
        self.version_is_offered(spec).await?;
        self.classes_are_offered(spec, &zones).await?;
        Ok(Ground { subnets, zones })
    }

    async fn subnets(&self, cluster: &str, vpc: &str, named: &[String]) -> Result<Vec<Subnet>, CloudError> {
        let form: Form = (1..)
            .zip(named)
            .map(|(number, id)| (format!("SubnetId.{number}"), id.clone()))
            .collect();
        let answer = self
            .query
            .ask(Service::Ec2, "DescribeSubnets", cluster, &form)
            .await?;
        let document = parsed(&answer, "ec2:DescribeSubnets", cluster)?;
        let list = element(document.root_element(), "subnetSet");
        let items = list.into_iter().flat_map(|list| within(list, "item"));
        let mut subnets: Vec<Subnet> = items
            .map(|item| Subnet {
                id: first(item, "subnetId").unwrap_or_default(),
                vpc: first(item, "vpcId").unwrap_or_default(),
                zone: first(item, "availabilityZone").unwrap_or_default(),
            })
            .collect();
        if let Some(stray) = subnets.iter().find(|subnet| subnet.vpc != vpc) {
            return Err(CloudError {
                call: "ec2:DescribeSubnets".to_owned(),
                object: stray.id.clone(),
                message: format!("it is in {}, and the plan's VPC is {vpc}", stray.vpc),
                trouble: Trouble::Other,
            });
        }
        let place = |subnet: &Subnet| named.iter().position(|id| *id == subnet.id);
        subnets.sort_by_key(place);
        Ok(subnets)
    }

    async fn version_is_offered(&self, spec: &Spec) -> Result<(), CloudError> {
        let object = format!("{} {}", spec.engine.name(), spec.version);
        let request = self
            .rds
            .describe_db_engine_versions()
            .engine(spec.engine.name())
            .engine_version(&spec.version);
        let answer = request.send().await;
        let answer = answer.map_err(trouble::of("rds:DescribeDBEngineVersions", &object))?;
        if answer.db_engine_versions().is_empty() {
            return Err(CloudError {
                call: "rds:DescribeDBEngineVersions".to_owned(),
                object,
                message: "the region does not offer it".to_owned(),
                trouble: Trouble::NotOffered,
            });
        }
        Ok(())
    }

    /// Whether every class is offered in every zone: instances take turns in them.
    async fn classes_are_offered(&self, spec: &Spec, zones: &[String]) -> Result<(), CloudError> {
        let mut classes: Vec<&str> = spec.instances.iter().map(|group| group.class.as_str()).collect();
        classes.sort_unstable();
        classes.dedup();
        for class in classes {
            let call = "rds:DescribeOrderableDBInstanceOptions";
            let request = self
                .rds
                .describe_orderable_db_instance_options()
                .engine(spec.engine.name())
                .engine_version(&spec.version)
                .db_instance_class(class);
            let answer = request.send().await.map_err(trouble::of(call, class))?;
            let offered: Vec<&str> = answer
                .orderable_db_instance_options()
                .iter()
                .flat_map(|option| option.availability_zones())
                .filter_map(|zone| zone.name())
                .collect();
            if let Some(zone) = zones.iter().find(|zone| !offered.contains(&zone.as_str())) {
                return Err(CloudError {
                    call: call.to_owned(),
                    object: class.to_owned(),
                    message: format!(
                        "it is not offered in {zone} for {} {}",
                        spec.engine.name(),
                        spec.version
                    ),
                    trouble: Trouble::NotOffered,
                });
            }
        }
        Ok(())
    }
}
