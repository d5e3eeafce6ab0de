//! The same cluster as code, for those who keep their infrastructure so. Made of the resources that `apply` makes, without asking anybody.

mod cloudformation;
mod hcl;
mod terraform;

pub use cloudformation::cloudformation;
pub use terraform::terraform;

use crate::resource::{Kind, Resource};

/// A rule of a security group, from its name: `in 10.0.0.0/16 3306`.
fn rule(name: &str) -> Option<(&str, u16)> {
    let (network, port) = name.split_once(' ')?;
    Some((network, port.parse().ok()?))
}

/// Whether a network is one of IPv6.
fn is_v6(network: &str) -> bool {
    network.contains(':')
}

/// Names of a list.
fn parted(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|name| !name.is_empty())
}

/// Whether a resource is among those that are made.
fn is_made(resources: &[Resource], kind: Kind, name: &str) -> bool {
    resources
        .iter()
        .any(|resource| resource.kind == kind && resource.name == name)
}
