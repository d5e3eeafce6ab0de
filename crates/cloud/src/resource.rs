use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What a resource is, in the order in which they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A VPC of the cluster's own.
    Vpc,
    /// One of its subnets.
    Subnet,
    /// The administrator's password, in Secrets Manager.
    Secret,
    /// The subnets of the cluster.
    SubnetGroup,
    /// Who may reach it.
    SecurityGroup,
    /// Parameters of the cluster.
    ClusterParameters,
    /// Parameters of instances.
    InstanceParameters,
    /// The cluster.
    Cluster,
    /// One of its instances.
    Instance,
    /// A custom endpoint.
    Endpoint,
    /// An alarm in CloudWatch.
    Alarm,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vpc => "VPC",
            Self::Subnet => "subnet",
            Self::Secret => "secret",
            Self::SubnetGroup => "subnet group",
            Self::SecurityGroup => "security group",
            Self::ClusterParameters => "cluster parameter group",
            Self::InstanceParameters => "parameter group",
            Self::Cluster => "cluster",
            Self::Instance => "instance",
            Self::Endpoint => "endpoint",
            Self::Alarm => "alarm",
        })
    }
}

/// Where resources are. Names are the same in every account and region: only this tells one cluster `shop` from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The account's number.
    pub account: String,
    /// Such as `eu-central-1`.
    pub region: String,
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {} in {}", self.account, self.region)
    }
}

/// Whether a change of an attribute starts instances again and can be left to the maintenance window ("Modifying an Amazon Aurora DB
/// cluster", Aurora User Guide).
pub(crate) fn starts_again(kind: Kind, attribute: &str) -> bool {
    matches!(
        (kind, attribute),
        (Kind::Instance, "class") | (Kind::Cluster, "version")
    )
}

/// Whether a change of an attribute starts instances again as soon as it is asked for: it cannot be left to the maintenance window
/// ("Modifying an Amazon Aurora DB cluster", Aurora User Guide).
pub(crate) fn starts_again_at_once(kind: Kind, attribute: &str) -> bool {
    matches!((kind, attribute), (Kind::Cluster, "port"))
}

/// The tag that marks what a plan made; its value is the cluster's name.
pub(crate) const MARK: &str = "daybreak:cluster";

/// Characters of an administrator's password; MySQL's have at most 41 (Aurora user guide, "Quotas and constraints").
pub(crate) const PASSWORD_LENGTH: i64 = 32;

/// What is said of a resource, by name. A name with a blank is one of a collection (`parameter time_zone`, `in 10.0.0.0/16 3306`):
/// what a resource has of one and the plan has not is a difference, too.
pub type Attributes = BTreeMap<String, String>;

/// A resource as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// Its name, by which it is found again.
    pub name: String,
    /// What is said of it. Never a secret.
    pub attributes: Attributes,
}

impl Resource {
    /// A resource with these attributes.
    pub(crate) fn new<const N: usize>(kind: Kind, name: String, attributes: [(&str, String); N]) -> Self {
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).into();
        Self {
            kind,
            name,
            attributes,
        }
    }

    /// An attribute; empty where it has none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    /// The attributes of a collection: what stands behind the word, and the value.
    pub(crate) fn all(&self, word: &str) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().filter_map(move |(name, value)| {
            let rest = name.strip_prefix(word)?.strip_prefix(' ')?;
            Some((rest, value.as_str()))
        })
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}
