//! Aurora, by AWS's own API.
//!
//! RDS and Secrets Manager are asked by AWS's crates; EC2, CloudWatch and STS by signed requests of the Query protocol (`query`).

mod alarm;
mod audit;
mod bucket;
mod cluster;
mod endpoint;
mod existing;
mod ground;
mod groups;
mod instance;
mod network;
mod origin;
mod practices;
mod query;
mod restore;
mod secret;
mod secret_store;
mod security_group;
mod trouble;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_rds::types::Tag;
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::error::CloudError;
use crate::made_from::Origin;
use crate::port::{Cloud, Found, FoundSnapshot, Ground};
use crate::resource::{Attributes, Home, Kind, MARK, Resource, starts_again};
use crate::spec::Spec;
pub use bucket::{BucketSettings, bucket};
pub use existing::Existing;
pub use origin::OriginFacts;
use query::{Query, Service, first};
pub use restore::RecoveredPosition;
pub use secret_store::{HeldSecret, SecretSettings, SecretStore};
use security_group::parsed;

/// What AWS's crates send requests with.
fn http() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https()
}

/// How often a request that was throttled, or not answered, is made.
const ATTEMPTS: u32 = 5;

/// Where AWS is, and who we are to it. Credentials come from where AWS's own tools look for them: environment, profiles, SSO, roles.
#[derive(Debug, Clone)]
pub struct AwsSettings {
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// A profile of `~/.aws`; the environment's where none is named.
    pub profile: Option<String>,
    /// Another address than AWS's own.
    pub endpoint_url: Option<String>,
    /// The VPC that everything is in; none where it is made with the cluster, and has its name.
    pub vpc: Option<String>,
    /// The cluster that everything belongs to.
    pub cluster: String,
}

/// AWS, for one cluster.
#[derive(Debug)]
pub struct Aws {
    rds: aws_sdk_rds::Client,
    secrets: aws_sdk_secretsmanager::Client,
    query: Query,
    /// As in [`AwsSettings`].
    vpc: Option<String>,
    cluster: String,
    /// What the cluster is made from.
    origin: Origin,
}

impl Aws {
    /// Reads the configuration. Asks nobody yet.
    pub async fn new(settings: &AwsSettings) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http())
            .region(Region::new(settings.region.clone()))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
        if let Some(profile) = &settings.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &settings.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let config = loader.load().await;
        Self {
            rds: aws_sdk_rds::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            query: Query::new(&config, settings),
            vpc: settings.vpc.clone(),
            cluster: settings.cluster.clone(),
            origin: Origin::Empty,
        }
    }

    /// Our mark, for what is made.
    fn mark(&self) -> Tag {
        Tag::builder().key(MARK).value(&self.cluster).build()
    }

    /// Whether tags have our mark.
    fn is_marked(&self, tags: &[Tag]) -> bool {
        tags.iter()
            .any(|tag| tag.key() == Some(MARK) && tag.value() == Some(self.cluster.as_str()))
    }

    /// Whether an RDS resource that does not show its tags has our mark.
    async fn has_mark(&self, arn: Option<&str>) -> Result<bool, CloudError> {
        let Some(arn) = arn else {
            return Ok(false);
        };
        let tags = self.rds.list_tags_for_resource().resource_name(arn).send().await;
        let tags = tags.map_err(trouble::of("rds:ListTagsForResource", arn))?;
        Ok(self.is_marked(tags.tag_list()))
    }
}

#[async_trait]
impl Cloud for Aws {
    async fn home(&self) -> Result<Home, CloudError> {
        let call = "sts:GetCallerIdentity";
        let answer = self
            .query
            .ask(Service::Sts, "GetCallerIdentity", &self.cluster, &Vec::new())
            .await?;
        let document = parsed(&answer, call, &self.cluster)?;
        let account = first(document.root_element(), "Account").ok_or_else(|| CloudError {
            call: call.to_owned(),
            object: self.cluster.clone(),
            message: "the answer names no account".to_owned(),
            trouble: crate::error::Trouble::Other,
        })?;
        Ok(Home {
            account,
            region: self.query.region().to_owned(),
        })
    }

    async fn ground(&self, spec: &Spec) -> Result<Ground, CloudError> {
        self.look_at_ground(spec).await
    }

    async fn find(&self, kind: Kind, name: &str) -> Result<Option<Found>, CloudError> {
        let found = match kind {
            Kind::Vpc => self.find_vpc(name).await,
            Kind::Subnet => self.find_subnet(name).await,
            Kind::Secret => self.find_secret(name).await,
            Kind::SubnetGroup => self.find_subnet_group(name).await,
            Kind::SecurityGroup => self.find_security_group(name).await,
            Kind::ClusterParameters => self.find_cluster_parameters(name).await,
            Kind::InstanceParameters => self.find_instance_parameters(name).await,
            Kind::Cluster => self.find_cluster(name).await,
            Kind::Instance => self.find_instance(name).await,
            Kind::Endpoint => self.find_endpoint(name).await,
            Kind::Alarm => self.find_alarm(name).await,
        };
        match found {
            Err(error) if error.trouble == crate::error::Trouble::Missing => Ok(None),
            other => other,
        }
    }

    async fn create(&self, resource: &Resource) -> Result<(), CloudError> {
        match resource.kind {
            Kind::Vpc => self.create_vpc(resource).await,
            Kind::Subnet => self.create_subnet(resource).await,
            Kind::Secret => self.create_secret(resource).await,
            Kind::SubnetGroup => self.create_subnet_group(resource).await,
            Kind::SecurityGroup => self.create_security_group(resource).await,
            Kind::ClusterParameters => self.create_cluster_parameters(resource).await,
            Kind::InstanceParameters => self.create_instance_parameters(resource).await,
            Kind::Cluster => self.create_cluster(resource).await,
            Kind::Instance => self.create_instance(resource).await,
            Kind::Endpoint => self.create_endpoint(resource).await,
            Kind::Alarm => self.put_alarm(resource).await,
        }
    }

    async fn update(
        &self,
        resource: &Resource,
        set: &Attributes,
        take: &[String],
        now: bool,
    ) -> Result<Vec<String>, CloudError> {
        let done = match resource.kind {
            Kind::Vpc => self.update_vpc(resource).await,
            // All of them is fixed, but what a secret keeps, which is never looked at.
            Kind::Subnet | Kind::Secret => Ok(()),
            Kind::SubnetGroup => self.update_subnet_group(resource).await,
            Kind::SecurityGroup => self.update_security_group(resource, set, take).await,
            Kind::ClusterParameters => self.update_cluster_parameters(resource, set, take).await,
            Kind::InstanceParameters => self.update_instance_parameters(resource, set, take).await,
            Kind::Cluster => return self.update_cluster(resource, set, now).await,
            Kind::Instance => return self.update_instance(resource, set, now).await,
            Kind::Endpoint => self.update_endpoint(resource).await,
            Kind::Alarm => self.put_alarm(resource).await,
        };
        done.map(|()| Vec::new())
    }

    async fn delete(&self, kind: Kind, name: &str, last_snapshot: Option<&str>) -> Result<(), CloudError> {
        let deleted = match kind {
            Kind::Vpc => self.delete_vpc(name).await,
            Kind::Subnet => self.delete_subnet(name).await,
            Kind::Secret => self.delete_secret(name).await,
            Kind::SubnetGroup => self.delete_subnet_group(name).await,
            Kind::SecurityGroup => self.delete_security_group(name).await,
            Kind::ClusterParameters => self.delete_cluster_parameters(name).await,
            Kind::InstanceParameters => self.delete_instance_parameters(name).await,
            Kind::Cluster => self.delete_cluster(name, last_snapshot).await,
            Kind::Instance => self.delete_instance(name).await,
            Kind::Endpoint => self.delete_endpoint(name).await,
            Kind::Alarm => self.delete_alarm(name).await,
        };
        match deleted {
            Err(error) if error.trouble == crate::error::Trouble::Missing => Ok(()),
            other => other,
        }
    }

    async fn waiting_for_restart(&self, cluster: &str) -> Result<Vec<String>, CloudError> {
        self.members_waiting(cluster).await
    }

    async fn restart(&self, instance: &str) -> Result<(), CloudError> {
        self.reboot(instance).await
    }

    async fn fail_over(&self, cluster: &str, to: Option<&str>) -> Result<String, CloudError> {
        self.move_writer(cluster, to).await
    }

    async fn find_snapshot(&self, name: &str) -> Result<Option<FoundSnapshot>, CloudError> {
        self.described_snapshot(name).await
    }

    async fn begin_snapshot(&self, cluster: &str, name: &str) -> Result<(), CloudError> {
        self.take_snapshot(cluster, name).await
    }
}

/// In which requests attributes are set, each with whether it is at once. Where one is, AWS makes everything that waits for the
/// maintenance window, too ("Using the schedule modifications setting", RDS User Guide): so none is while something waits, and what is
/// given only to take the place of what waits goes there before anything is at once.
fn requests(kind: Kind, set: &Attributes, found: Option<&Found>, now: bool) -> Vec<(Attributes, bool)> {
    let of = |wanted: &dyn Fn(&str, &str) -> bool| -> Attributes {
        let all = set.iter().filter(|(name, value)| wanted(name, value));
        all.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let waits = found.is_some_and(Found::waits);
    let takes_back = |name: &str, value: &str| {
        let other = found.and_then(|found| found.pending.get(name));
        let is = found.and_then(|found| found.attributes.get(name));
        other.is_some_and(|other| other != value) && is.is_none_or(|is| is == value)
    };
    let mut requests = match now {
        true => vec![
            (of(&takes_back), false),
            (of(&|name, value| !takes_back(name, value)), true),
        ],
        false => vec![
            (of(&|name, _| !starts_again(kind, name)), !waits),
            (of(&|name, _| starts_again(kind, name)), false),
        ],
    };
    requests.retain(|(set, _)| !set.is_empty());
    requests
}

/// Attributes of what the provider says: those it does not say are left out.
fn said<const N: usize>(all: [(&str, Option<String>); N]) -> Attributes {
    let all = all.into_iter();
    all.filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// Names in order, as a resource has them.
fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.join(",")
}

/// The names of a list.
fn parted(list: &str) -> impl Iterator<Item = String> + '_ {
    list.split(',').filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{requests, said};
    use crate::port::Found;
    use crate::resource::{Attributes, Kind};

    fn found(pending: Attributes) -> Found {
        let text = |text: &str| Some(text.to_owned());
        Found {
            id: None,
            attributes: said([("class", text("small")), ("public", text("false"))]),
            pending,
            ours: true,
            ready: true,
            status: String::new(),
        }
    }

    #[test]
    fn nothing_is_at_once_while_anything_waits() {
        let text = |text: &str| Some(text.to_owned());
        let public = said([("public", text("true"))]);
        let at_once = |pending: Attributes, now: bool| {
            let requests = requests(Kind::Instance, &public, Some(&found(pending)), now);
            assert_eq!(requests.len(), 1);
            requests[0].1
        };
        assert!(at_once(Attributes::new(), false));
        // Also what no plan names.
        let other = said([("ca certificate", text("rds-ca-rsa2048-g1"))]);
        assert!(!at_once(other.clone(), false) && at_once(other, true));
        assert!(
            at_once(said([("class", text("small"))]), false),
            "what it is already"
        );
    }

    #[test]
    fn what_waits_is_taken_back_before_anything_is_at_once() {
        let text = |text: &str| Some(text.to_owned());
        let queued = found(said([("class", text("huge"))]));
        let small = said([("class", text("small"))]);
        let both = said([("class", text("small")), ("public", text("true"))]);
        let public = said([("public", text("true"))]);
        let asked = |set: &Attributes, now| requests(Kind::Instance, set, Some(&queued), now);
        assert_eq!(asked(&small, false), [(small.clone(), false)]);
        assert_eq!(asked(&small, true), [(small.clone(), false)]);
        assert_eq!(
            asked(&both, true),
            [(small.clone(), false), (public.clone(), true)]
        );
        assert_eq!(asked(&both, false), [(public, false), (small, false)]);
        let large = said([("class", text("large"))]);
        assert_eq!(asked(&large, true), [(large.clone(), true)]);
        assert_eq!(asked(&large, false), [(large, false)]);
    }
}
