use async_trait::async_trait;

use crate::error::CloudError;
use crate::resource::{Attributes, Home, Kind, Resource};
use crate::spec::Spec;

/// A resource as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What the provider calls this one, which no other of the same name will be called where it has such a word. What has none is known
    /// by its ARN, which names account and region.
    pub id: Option<String>,
    /// What the provider says of it. What it does not say is absent.
    pub attributes: Attributes,
    /// What the provider will make of some of them in the next maintenance window, and of others that no plan names.
    pub pending: Attributes,
    /// Whether it has our mark with the cluster's name.
    pub ours: bool,
    /// Whether it is as usable as it will be.
    pub ready: bool,
    /// In the provider's word.
    pub status: String,
}

impl Found {
    /// Whether anything at all waits for the maintenance window.
    #[must_use]
    pub fn waits(&self) -> bool {
        let is = &self.attributes;
        self.pending
            .iter()
            .any(|(name, value)| is.get(name) != Some(value))
    }
}

/// A snapshot of a cluster as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSnapshot {
    /// The cluster it is of.
    pub cluster: String,
    /// Whether it has our mark with the cluster's name.
    pub ours: bool,
    /// In the provider's word: `available` once it is complete.
    pub status: String,
    /// When it was taken, in the provider's word; empty where that is not told.
    pub taken: String,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// Its identifier.
    pub id: String,
    /// The VPC it is in.
    pub vpc: String,
    /// Its availability zone.
    pub zone: String,
}

/// What is there before anything is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// The subnets that were named, in that order; none where they are made.
    pub subnets: Vec<Subnet>,
    /// Availability zones of those, in order, without repetition.
    pub zones: Vec<String>,
}

/// A provider of clusters.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// The account and region that calls go to. Changes nothing.
    async fn home(&self) -> Result<Home, CloudError>;

    /// Looks at what the plan names: subnets of the VPC in two zones at least, or the zones of those that are made; a version and
    /// classes that the region offers. Changes nothing.
    async fn ground(&self, spec: &Spec) -> Result<Ground, CloudError>;

    /// The resource by that name; none where there is none.
    async fn find(&self, kind: Kind, name: &str) -> Result<Option<Found>, CloudError>;

    /// Makes it, with our mark. Returns once the provider has taken it on; [`Found::ready`] says when it is usable.
    async fn create(&self, resource: &Resource) -> Result<(), CloudError>;

    /// Gives it these attributes: what the plan says where it differs, and of collections the names that are to go. What starts
    /// instances again (another class, another version) is left to the next maintenance window but `now`; so is everything while something
    /// waits for it already. What is so already is given to take back what waits in its place. Returns the names of what is left to the window.
    async fn update(
        &self,
        resource: &Resource,
        set: &Attributes,
        take: &[String],
        now: bool,
    ) -> Result<Vec<String>, CloudError>;

    /// Deletes it. What is gone already is no error. A cluster leaves a last snapshot of this name, if one is given.
    async fn delete(&self, kind: Kind, name: &str, last_snapshot: Option<&str>) -> Result<(), CloudError>;

    /// Instances of a cluster in which parameters wait for a restart, the writer last.
    async fn waiting_for_restart(&self, cluster: &str) -> Result<Vec<String>, CloudError>;

    /// Restarts an instance. Returns once the provider has taken it on.
    async fn restart(&self, instance: &str) -> Result<(), CloudError>;

    /// Makes an instance the writer; the provider chooses where none is named. Returns the writer's name when it is another.
    async fn fail_over(&self, cluster: &str, to: Option<&str>) -> Result<String, CloudError>;

    /// The snapshot of a cluster by that name; none where there is none.
    async fn find_snapshot(&self, name: &str) -> Result<Option<FoundSnapshot>, CloudError>;

    /// Makes a snapshot of a cluster, with our mark. Returns once the provider has taken it on.
    async fn begin_snapshot(&self, cluster: &str, name: &str) -> Result<(), CloudError>;
}
