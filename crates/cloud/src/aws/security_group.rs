//! The security group: exactly the flows of the plan.

use roxmltree::{Document, Node};

use super::query::{Form, Service, element, filters, first, own, within};
use super::{Aws, said, trouble};
use crate::error::{CloudError, Trouble};
use crate::port::Found;
use crate::resource::{Attributes, MARK, Resource};

impl Aws {
    async fn describe_groups(&self, object: &str, by: &[(&str, &str)]) -> Result<String, CloudError> {
        self.query
            .ask(Service::Ec2, "DescribeSecurityGroups", object, &filters(by))
            .await
    }

    /// The answer about a group: ours in whichever VPC it is, so that one is found again though the plan names another by now; else
    /// whichever has the name in the plan's.
    async fn describe_group(&self, name: &str) -> Result<String, CloudError> {
        let mark = format!("tag:{MARK}");
        let ours = self
            .describe_groups(name, &[("group-name", name), (&mark, &self.cluster)])
            .await?;
        if !groups(&parsed(&ours, "ec2:DescribeSecurityGroups", name)?).is_empty() {
            return Ok(ours);
        }
        let vpc = self.vpc_id().await?;
        self.describe_groups(name, &[("group-name", name), ("vpc-id", &vpc)])
            .await
    }

    pub(super) async fn find_security_group(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let answer = self.describe_group(name).await?;
        let document = parsed(&answer, "ec2:DescribeSecurityGroups", name)?;
        let Some(group) = groups(&document).into_iter().next() else {
            return Ok(None);
        };
        let mut attributes = said([("vpc", self.vpc_word(own(group, "vpcId")).await?)]);
        for (word, list) in [("in", "ipPermissions"), ("out", "ipPermissionsEgress")] {
            let list = within(group, list).flat_map(|list| within(list, "item"));
            for permission in list {
                rules(permission, word, &mut attributes);
            }
        }
        let tags = within(group, "tagSet").flat_map(|list| within(list, "item"));
        let mut tags = tags.map(|tag| (first(tag, "key"), first(tag, "value")));
        Ok(Some(Found {
            id: own(group, "groupId"),
            attributes,
            pending: Attributes::new(),
            ours: tags.any(|tag| tag == (Some(MARK.to_owned()), Some(self.cluster.clone()))),
            ready: true,
            status: String::new(),
        }))
    }

    /// The rules by which a group lets in, by name: `in 10.0.0.0/16 3306`.
    pub(super) async fn rules_in(&self, id: &str) -> Result<Vec<String>, CloudError> {
        let answer = self.describe_groups(id, &[("group-id", id)]).await?;
        let document = parsed(&answer, "ec2:DescribeSecurityGroups", id)?;
        let mut attributes = Attributes::new();
        for group in groups(&document) {
            let list = within(group, "ipPermissions").flat_map(|list| within(list, "item"));
            for permission in list {
                rules(permission, "in", &mut attributes);
            }
        }
        Ok(attributes.into_keys().collect())
    }

    /// The identifier of a group.
    pub(super) async fn security_group_id(&self, name: &str) -> Result<String, CloudError> {
        let answer = self.describe_group(name).await?;
        let document = parsed(&answer, "ec2:DescribeSecurityGroups", name)?;
        let group = groups(&document).into_iter().next();
        group.and_then(|group| first(group, "groupId")).ok_or_else(|| {
            trouble::refused(
                "ec2:DescribeSecurityGroups",
                name,
                "InvalidGroup.NotFound",
                "there is none of that name in the plan's VPC",
            )
        })
    }

    /// The name of a group.
    pub(super) async fn security_group_name(&self, id: &str) -> Result<Option<String>, CloudError> {
        let answer = self.describe_groups(id, &[("group-id", id)]).await?;
        let document = parsed(&answer, "ec2:DescribeSecurityGroups", id)?;
        Ok(groups(&document)
            .into_iter()
            .next()
            .and_then(|group| first(group, "groupName")))
    }

    pub(super) async fn create_security_group(&self, resource: &Resource) -> Result<(), CloudError> {
        let vpc = self.vpc_id().await?;
        let form = [
            ("GroupName", resource.name.as_str()),
            ("GroupDescription", "who reaches the cluster, and whom it reaches"),
            ("VpcId", &vpc),
            ("TagSpecification.1.ResourceType", "security-group"),
            ("TagSpecification.1.Tag.1.Key", MARK),
            ("TagSpecification.1.Tag.1.Value", &self.cluster),
        ];
        let form: Form = form
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        self.query
            .ask(Service::Ec2, "CreateSecurityGroup", &resource.name, &form)
            .await
            .map(drop)
    }

    /// Takes rules away first: the way out to everybody is there from the start.
    pub(super) async fn update_security_group(
        &self,
        resource: &Resource,
        set: &Attributes,
        take: &[String],
    ) -> Result<(), CloudError> {
        let id = self.security_group_id(&resource.name).await?;
        for name in take {
            let action = match name.split(' ').next() {
                Some("in") => "RevokeSecurityGroupIngress",
                _ => "RevokeSecurityGroupEgress",
            };
            self.rule(action, &id, name, None, &resource.name).await?;
        }
        for (name, purpose) in set {
            let (revoke, action) = match name.split(' ').next() {
                Some("in") => ("RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress"),
                Some("out") => ("RevokeSecurityGroupEgress", "AuthorizeSecurityGroupEgress"),
                _ => continue,
            };
            // The same rule with another description is a rule that is there.
            let there = self.rule(action, &id, name, Some(purpose), &resource.name).await;
            match there {
                Err(error) if error.trouble == Trouble::Taken => {
                    self.rule(revoke, &id, name, None, &resource.name).await?;
                    self.rule(action, &id, name, Some(purpose), &resource.name)
                        .await?;
                }
                other => other?,
            }
        }
        Ok(())
    }

    /// One rule, by its name: `in 10.0.0.0/16 3306`, `out 0.0.0.0/0 all`.
    async fn rule(
        &self,
        action: &str,
        id: &str,
        name: &str,
        purpose: Option<&str>,
        object: &str,
    ) -> Result<(), CloudError> {
        let mut words = name.split(' ').skip(1);
        let (network, port) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut form: Form = vec![("GroupId".to_owned(), id.to_owned())];
        let mut add =
            |key: &str, value: &str| form.push((format!("IpPermissions.1.{key}"), value.to_owned()));
        if port == "all" {
            add("IpProtocol", "-1");
        } else {
            let (from, to) = port.split_once('-').unwrap_or((port, port));
            add("IpProtocol", "tcp");
            add("FromPort", from);
            add("ToPort", to);
        }
        if network.starts_with("sg-") {
            add("Groups.1.GroupId", network);
        } else {
            let (list, key) = match network.contains(':') {
                true => ("Ipv6Ranges", "CidrIpv6"),
                false => ("IpRanges", "CidrIp"),
            };
            add(&format!("{list}.1.{key}"), network);
            if let Some(purpose) = purpose {
                add(&format!("{list}.1.Description"), purpose);
            }
        }
        self.query
            .ask(Service::Ec2, action, object, &form)
            .await
            .map(drop)
    }

    pub(super) async fn delete_security_group(&self, name: &str) -> Result<(), CloudError> {
        let id = self.security_group_id(name).await?;
        let form = vec![("GroupId".to_owned(), id)];
        self.query
            .ask(Service::Ec2, "DeleteSecurityGroup", name, &form)
            .await
            .map(drop)
    }
}

pub(super) fn parsed<'a>(text: &'a str, call: &str, object: &str) -> Result<Document<'a>, CloudError> {
    Document::parse(text).map_err(|error| CloudError {
        call: call.to_owned(),
        object: object.to_owned(),
        message: format!("the answer is not understood: {error}"),
        trouble: Trouble::Other,
    })
}

fn groups<'a, 'd>(document: &'a Document<'d>) -> Vec<Node<'a, 'd>> {
    let list = element(document.root_element(), "securityGroupInfo");
    list.map(|list| within(list, "item").collect())
        .unwrap_or_default()
}

/// The rules of one permission, each network by itself.
fn rules(permission: Node<'_, '_>, word: &str, attributes: &mut Attributes) {
    let said = |name: &str| own(permission, name);
    let port = match (said("ipProtocol").as_deref(), said("fromPort"), said("toPort")) {
        (Some("-1"), ..) | (_, None, _) => "all".to_owned(),
        (_, Some(from), Some(to)) if from == to => from,
        (_, Some(from), to) => format!("{from}-{}", to.unwrap_or_default()),
    };
    for (list, key) in [
        ("ipRanges", "cidrIp"),
        ("ipv6Ranges", "cidrIpv6"),
        ("groups", "groupId"),
    ] {
        for item in within(permission, list).flat_map(|list| within(list, "item")) {
            if let Some(network) = own(item, key) {
                let purpose = own(item, "description").unwrap_or_default();
                attributes.insert(format!("{word} {network} {port}"), purpose);
            }
        }
    }
}
