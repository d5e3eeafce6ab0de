//! A VPC of the cluster's own and its subnets, where the plan has them made. What is made is known by its name, which is a tag beside our
//! mark; what was there is known by its identifier.

use roxmltree::{Document, Node};

use super::query::{Form, Service, element, filters, first, own, within};
use super::security_group::parsed;
use super::{Aws, said, trouble};
use crate::error::{CloudError, Trouble};
use crate::port::Found;
use crate::resource::{Attributes, MARK, Resource};

/// The tag that holds a name.
const NAME: &str = "Name";

impl Aws {
    /// The identifier of the plan's VPC.
    pub(super) async fn vpc_id(&self) -> Result<String, CloudError> {
        match &self.vpc {
            Some(id) => Ok(id.clone()),
            None => self.made_vpc_id(&self.cluster).await,
        }
    }

    /// The identifier of a VPC that was made, whatever the plan says by now.
    async fn made_vpc_id(&self, name: &str) -> Result<String, CloudError> {
        let call = "ec2:DescribeVpcs";
        let answer = self.ours("DescribeVpcs", name).await?;
        let document = parsed(&answer, call, name)?;
        let vpc = only(&document, "vpcSet", call, name)?;
        vpc.and_then(|vpc| own(vpc, "vpcId"))
            .ok_or_else(|| missing(call, name, "InvalidVpcID.NotFound"))
    }

    /// A VPC as the plan has it: by its name where it is the one that is made.
    pub(super) async fn vpc_word(&self, id: Option<String>) -> Result<Option<String>, CloudError> {
        if id.is_none() || self.vpc.is_some() {
            return Ok(id);
        }
        match self.vpc_id().await {
            Ok(ours) if Some(&ours) == id.as_ref() => Ok(Some(self.cluster.clone())),
            Err(error) if error.trouble != Trouble::Missing => Err(error),
            _ => Ok(id),
        }
    }

    /// Subnets as the plan has them: by their names where they are made.
    pub(super) async fn subnet_words(&self, ids: Vec<String>) -> Result<Vec<String>, CloudError> {
        if self.vpc.is_some() {
            return Ok(ids);
        }
        let named = self.our_subnets().await?;
        let word = |id: String| match named.iter().find(|(_, ours)| *ours == id) {
            Some((name, _)) => name.clone(),
            None => id,
        };
        Ok(ids.into_iter().map(word).collect())
    }

    /// Identifiers of subnets as the plan has them.
    pub(super) async fn subnet_ids(&self, words: Vec<String>) -> Result<Vec<String>, CloudError> {
        if self.vpc.is_some() {
            return Ok(words);
        }
        let named = self.our_subnets().await?;
        words.iter().map(|word| id_of(&named, word)).collect()
    }

    /// Names and identifiers of the subnets that were made for the cluster.
    async fn our_subnets(&self) -> Result<Vec<(String, String)>, CloudError> {
        let form = filters(&[(&format!("tag:{MARK}"), &self.cluster)]);
        let call = "ec2:DescribeSubnets";
        let answer = self
            .query
            .ask(Service::Ec2, "DescribeSubnets", &self.cluster, &form)
            .await?;
        let document = parsed(&answer, call, &self.cluster)?;
        let all = items(&document, "subnetSet");
        Ok(all
            .filter_map(|subnet| Some((tag(subnet, NAME)?, own(subnet, "subnetId")?)))
            .collect())
    }

    /// What is ours by that name.
    async fn ours(&self, action: &str, name: &str) -> Result<String, CloudError> {
        let form = filters(&[
            (&format!("tag:{MARK}"), &self.cluster),
            (&format!("tag:{NAME}"), name),
        ]);
        self.query.ask(Service::Ec2, action, name, &form).await
    }

    pub(super) async fn find_vpc(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let call = "ec2:DescribeVpcs";
        let answer = self.ours("DescribeVpcs", name).await?;
        let document = parsed(&answer, call, name)?;
        let Some(vpc) = only(&document, "vpcSet", call, name)? else {
            return Ok(None);
        };
        let id = own(vpc, "vpcId").unwrap_or_default();
        let form = vec![
            ("VpcId".to_owned(), id),
            ("Attribute".to_owned(), "enableDnsHostnames".to_owned()),
        ];
        let call = "ec2:DescribeVpcAttribute";
        let answer = self
            .query
            .ask(Service::Ec2, "DescribeVpcAttribute", name, &form)
            .await?;
        let names = parsed(&answer, call, name)?;
        let names = element(names.root_element(), "enableDnsHostnames");
        Ok(Some(found(
            vpc,
            "vpcId",
            said([
                ("network", own(vpc, "cidrBlock")),
                ("dns_names", names.and_then(|names| first(names, "value"))),
            ]),
        )))
    }

    /// Asked once: the call has no token by which AWS would know it again, and what it made before its answer was lost is found by name.
    pub(super) async fn create_vpc(&self, resource: &Resource) -> Result<(), CloudError> {
        let mut form = self.tags("vpc", &resource.name);
        form.push(("CidrBlock".to_owned(), resource.get("network").to_owned()));
        self.query
            .ask_once(Service::Ec2, "CreateVpc", &resource.name, &form)
            .await
            .map(drop)
    }

    /// Names of hosts in it, by which RDS is reached, are off in a new one ("DNS attributes for your VPC", VPC user guide).
    pub(super) async fn update_vpc(&self, resource: &Resource) -> Result<(), CloudError> {
        let form = vec![
            ("VpcId".to_owned(), self.made_vpc_id(&resource.name).await?),
            (
                "EnableDnsHostnames.Value".to_owned(),
                resource.get("dns_names").to_owned(),
            ),
        ];
        self.query
            .ask(Service::Ec2, "ModifyVpcAttribute", &resource.name, &form)
            .await
            .map(drop)
    }

    pub(super) async fn delete_vpc(&self, name: &str) -> Result<(), CloudError> {
        let form = vec![("VpcId".to_owned(), self.made_vpc_id(name).await?)];
        self.query
            .ask(Service::Ec2, "DeleteVpc", name, &form)
            .await
            .map(drop)
    }

    pub(super) async fn find_subnet(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let call = "ec2:DescribeSubnets";
        let answer = self.ours("DescribeSubnets", name).await?;
        let document = parsed(&answer, call, name)?;
        let Some(subnet) = only(&document, "subnetSet", call, name)? else {
            return Ok(None);
        };
        let vpc = self.vpc_word(own(subnet, "vpcId")).await?;
        Ok(Some(found(
            subnet,
            "subnetId",
            said([
                ("network", own(subnet, "cidrBlock")),
                ("zone", own(subnet, "availabilityZone")),
                ("vpc", vpc),
            ]),
        )))
    }

    /// A second one with the same network is refused by AWS itself.
    pub(super) async fn create_subnet(&self, resource: &Resource) -> Result<(), CloudError> {
        let mut form = self.tags("subnet", &resource.name);
        let own = [("CidrBlock", "network"), ("AvailabilityZone", "zone")];
        form.extend(own.map(|(key, attribute)| (key.to_owned(), resource.get(attribute).to_owned())));
        form.push(("VpcId".to_owned(), self.made_vpc_id(resource.get("vpc")).await?));
        self.query
            .ask_once(Service::Ec2, "CreateSubnet", &resource.name, &form)
            .await
            .map(drop)
    }

    pub(super) async fn delete_subnet(&self, name: &str) -> Result<(), CloudError> {
        let id = id_of(&self.our_subnets().await?, name)?;
        let form = vec![("SubnetId".to_owned(), id)];
        self.query
            .ask(Service::Ec2, "DeleteSubnet", name, &form)
            .await
            .map(drop)
    }

    /// Name and mark, for the call that makes it.
    fn tags(&self, kind: &str, name: &str) -> Form {
        let tag = |key: &str| format!("TagSpecification.1.{key}");
        vec![
            (tag("ResourceType"), kind.to_owned()),
            (tag("Tag.1.Key"), MARK.to_owned()),
            (tag("Tag.1.Value"), self.cluster.clone()),
            (tag("Tag.2.Key"), NAME.to_owned()),
            (tag("Tag.2.Value"), name.to_owned()),
        ]
    }

    /// Whether the region has these zones, and they take new subnets.
    pub(super) async fn zones_are_there(&self, zones: &[String]) -> Result<(), CloudError> {
        let call = "ec2:DescribeAvailabilityZones";
        let answer = self
            .query
            .ask(
                Service::Ec2,
                "DescribeAvailabilityZones",
                &self.cluster,
                &Form::new(),
            )
            .await?;
        let document = parsed(&answer, call, &self.cluster)?;
        let there: Vec<String> = items(&document, "availabilityZoneInfo")
            .filter(|zone| own(*zone, "zoneState").is_none_or(|state| state == "available"))
            .filter_map(|zone| own(zone, "zoneName"))
            .collect();
        match zones.iter().find(|zone| !there.contains(zone)) {
            None => Ok(()),
            Some(zone) => Err(CloudError {
                call: call.to_owned(),
                object: zone.clone(),
                message: format!("it is none of this account's zones: {}", there.join(", ")),
                trouble: Trouble::NotOffered,
            }),
        }
    }
}

/// The identifier of the subnet with that name.
fn id_of(named: &[(String, String)], name: &str) -> Result<String, CloudError> {
    let found = named.iter().find(|(other, _)| other == name);
    found
        .map(|(_, id)| id.clone())
        .ok_or_else(|| missing("ec2:DescribeSubnets", name, "InvalidSubnetID.NotFound"))
}

fn items<'a, 'd>(document: &'a Document<'d>, list: &str) -> impl Iterator<Item = Node<'a, 'd>> {
    let list = element(document.root_element(), list);
    list.into_iter().flat_map(|list| within(list, "item"))
}

/// The one of a list. Two of one name are a creation whose answer was lost, and nobody but the account's owner says which is to stay.
fn only<'a, 'd>(
    document: &'a Document<'d>,
    list: &str,
    call: &str,
    name: &str,
) -> Result<Option<Node<'a, 'd>>, CloudError> {
    let mut all = items(document, list);
    let one = all.next();
    if all.next().is_none() {
        return Ok(one);
    }
    Err(CloudError {
        call: call.to_owned(),
        object: name.to_owned(),
        message: "there are two of that name with our mark: delete the one that nothing is in".to_owned(),
        trouble: Trouble::Other,
    })
}

fn found(node: Node<'_, '_>, id: &str, attributes: Attributes) -> Found {
    let status = own(node, "state").unwrap_or_default();
    Found {
        id: own(node, id),
        attributes,
        pending: Attributes::new(),
        // It was looked for by our mark.
        ours: true,
        ready: status == "available",
        status,
    }
}

fn tag(node: Node<'_, '_>, key: &str) -> Option<String> {
    let tags = within(node, "tagSet").flat_map(|list| within(list, "item"));
    let mut named = tags.filter(|tag| own(*tag, "key").as_deref() == Some(key));
    named.next().and_then(|tag| own(tag, "value"))
}

fn missing(call: &str, name: &str, code: &str) -> CloudError {
    trouble::refused(call, name, code, "there is none of that name with our mark")
}
