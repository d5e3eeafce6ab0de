//! A cluster that somebody else made, by a console or by code of their own: its parts are found by what they are to the cluster,
//! whatever their names, held against the plan, and never changed.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::Aws;
use crate::error::{CloudError, Trouble};
use crate::port::{Cloud, Found, FoundSnapshot, Ground};
use crate::resource::{Attributes, Home, Kind, Resource};
use crate::spec::Spec;

/// Attributes that only name other parts, which have names of their own here; and where an instance happens to be.
const NAMES: [&str; 6] = [
    "parameters",
    "security_group",
    "subnet_group",
    "secret",
    "members",
    "zone",
];

/// One.
#[derive(Debug)]
pub struct Existing {
    aws: Aws,
    /// Its own names of the plan's resources.
    names: BTreeMap<(Kind, String), String>,
    /// Instances that stand for none of the plan's.
    beside: Vec<String>,
}

/// An instance of it.
struct Member {
    name: String,
    writer: bool,
    tier: String,
}

impl Existing {
    /// Looks which part of the cluster stands for which of the plan's.
    ///
    /// # Errors
    /// When AWS refuses to tell, or there is no such cluster.
    pub async fn discover(aws: Aws, wanted: &[Resource]) -> Result<Self, CloudError> {
        let name = aws.cluster.clone();
        let Some(cluster) = aws.described(&name).await? else {
            return Err(CloudError {
                call: "rds:DescribeDBClusters".to_owned(),
                object: name,
                message: "there is no cluster of that name".to_owned(),
                trouble: Trouble::Missing,
            });
        };
        let mut names = BTreeMap::new();
        let mut is = |kind: Kind, own: Option<&str>| {
            let resource = wanted.iter().find(|resource| resource.kind == kind);
            if let (Some(resource), Some(own)) = (resource, own) {
                names.insert((kind, resource.name.clone()), own.to_owned());
            }
        };
        is(Kind::Cluster, Some(&name));
        is(Kind::ClusterParameters, cluster.db_cluster_parameter_group());
        is(Kind::SubnetGroup, cluster.db_subnet_group());
        let groups = cluster.vpc_security_groups().iter();
        let groups: Vec<&str> = groups.filter_map(|group| group.vpc_security_group_id()).collect();
        if let [only] = groups.as_slice() {
            let named = aws.security_group_name(only).await?;
            is(Kind::SecurityGroup, named.as_deref());
        }
        let members = cluster.db_cluster_members().iter();
        let mut members: Vec<Member> = members
            .filter_map(|member| {
                Some(Member {
                    name: member.db_instance_identifier()?.to_owned(),
                    writer: member.is_cluster_writer() == Some(true),
                    tier: member.promotion_tier().unwrap_or_default().to_string(),
                })
            })
            .collect();
        members.sort_by(|one, other| (!one.writer, &one.name).cmp(&(!other.writer, &other.name)));
        for (instance, member) in standing_for(wanted, &mut members) {
            let parameters = instance.get("parameters");
            if !parameters.is_empty()
                && let Some(described) = aws.find(Kind::Instance, &member.name).await?
                && let Some(own) = described.attributes.get("parameters")
            {
                names.insert((Kind::InstanceParameters, parameters.to_owned()), own.clone());
            }
            names.insert((Kind::Instance, instance.name.clone()), member.name);
        }
        Ok(Self {
            aws,
            names,
            beside: members.into_iter().map(|member| member.name).collect(),
        })
    }

    /// Instances of the cluster that stand for none of the plan's.
    #[must_use]
    pub fn beside(&self) -> &[String] {
        &self.beside
    }

    /// What of the plan can be held against a cluster of others: its secret and its alarms are theirs.
    #[must_use]
    pub fn held_against(wanted: Vec<Resource>) -> Vec<Resource> {
        let theirs = |kind| matches!(kind, Kind::Secret | Kind::Alarm);
        wanted
            .into_iter()
            .filter(|resource| !theirs(resource.kind))
            .collect()
    }

    fn refused(call: &str, object: &str) -> CloudError {
        CloudError {
            call: call.to_owned(),
            object: object.to_owned(),
            message: "the plan says that somebody else made this cluster: it is looked at, and not changed"
                .to_owned(),
            trouble: Trouble::Other,
        }
    }
}

/// Which member stands for which of the plan's instances, and takes those out: the writer is whoever is it now, others have its promotion
/// tier; what is left on both sides stands for each other in turn.
fn standing_for<'a>(wanted: &'a [Resource], members: &mut Vec<Member>) -> Vec<(&'a Resource, Member)> {
    let instances = wanted.iter().filter(|resource| resource.kind == Kind::Instance);
    let mut pairs = Vec::new();
    let mut without = Vec::new();
    for (place, instance) in instances.enumerate() {
        let tier = instance.get("promotion_tier");
        let fits = |member: &Member| match place {
            0 => member.writer,
            _ => !member.writer && member.tier == tier,
        };
        match members.iter().position(fits) {
            Some(found) => pairs.push((instance, members.remove(found))),
            None => without.push(instance),
        }
    }
    let left = without.len().min(members.len());
    pairs.extend(without.into_iter().zip(members.drain(..left)));
    pairs
}

#[async_trait]
impl Cloud for Existing {
    async fn home(&self) -> Result<Home, CloudError> {
        self.aws.home().await
    }

    async fn ground(&self, spec: &Spec) -> Result<Ground, CloudError> {
        self.aws.ground(spec).await
    }

    async fn find(&self, kind: Kind, name: &str) -> Result<Option<Found>, CloudError> {
        let own = match (kind, self.names.get(&(kind, name.to_owned()))) {
            (_, Some(own)) => own.as_str(),
            (Kind::Endpoint, None) => name,
            (_, None) => return Ok(None),
        };
        let found = self.aws.find(kind, own).await?;
        Ok(found.map(|mut found| {
            found.ours = true;
            found.attributes.retain(|name, _| !NAMES.contains(&name.as_str()));
            found
        }))
    }

    async fn create(&self, resource: &Resource) -> Result<(), CloudError> {
        Err(Self::refused("creating it", &resource.name))
    }

    async fn update(
        &self,
        resource: &Resource,
        _set: &Attributes,
        _take: &[String],
        _now: bool,
    ) -> Result<Vec<String>, CloudError> {
        Err(Self::refused("changing it", &resource.name))
    }

    async fn delete(&self, _kind: Kind, name: &str, _last_snapshot: Option<&str>) -> Result<(), CloudError> {
        Err(Self::refused("deleting it", name))
    }

    async fn waiting_for_restart(&self, cluster: &str) -> Result<Vec<String>, CloudError> {
        self.aws.waiting_for_restart(cluster).await
    }

    async fn restart(&self, instance: &str) -> Result<(), CloudError> {
        Err(Self::refused("restarting it", instance))
    }

    async fn fail_over(&self, cluster: &str, to: Option<&str>) -> Result<String, CloudError> {
        self.aws.fail_over(cluster, to).await
    }

    async fn find_snapshot(&self, name: &str) -> Result<Option<FoundSnapshot>, CloudError> {
        self.aws.find_snapshot(name).await
    }

    async fn begin_snapshot(&self, cluster: &str, name: &str) -> Result<(), CloudError> {
        self.aws.begin_snapshot(cluster, name).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Member, standing_for};
    use crate::resource::{Kind, Resource};

    #[test]
    fn members_stand_for_instances_of_their_tier_first() {
        let instance = |name: &str, tier: &str| {
            Resource::new(
                Kind::Instance,
                name.to_owned(),
                [("promotion_tier", tier.to_owned())],
            )
        };
        let member = |name: &str, writer, tier: &str| Member {
            name: name.to_owned(),
            writer,
            tier: tier.to_owned(),
        };
        let wanted = [instance("w", "1"), instance("r", "2"), instance("bi", "15")];
        // The reader has another tier than the plan's, and comes after all that fit.
        let mut members = vec![
            member("a", true, "0"),
            member("b", false, "15"),
            member("c", false, "7"),
            member("d", false, "7"),
        ];
        let pairs: Vec<(String, String)> = standing_for(&wanted, &mut members)
            .into_iter()
            .map(|(instance, member)| (instance.name.clone(), member.name))
            .collect();
        let expected =
            [("w", "a"), ("bi", "b"), ("r", "c")].map(|(one, other)| (one.to_owned(), other.to_owned()));
        assert_eq!(pairs, expected);
        assert_eq!(members.len(), 1, "one is beside");
    }
}
