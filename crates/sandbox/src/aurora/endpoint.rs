//! The cluster's addresses: writer, readers, and endpoints of the customer's own.

use std::net::{Ipv4Addr, SocketAddr};

use crate::SandboxError;
use crate::wire::Wire;

/// Who is behind a custom endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointMembers {
    /// These instances, whoever else joins.
    Static(Vec<String>),
    /// All instances but these.
    Excluding(Vec<String>),
}

/// A custom endpoint. Type READER: whoever becomes the writer is left out while it is.
#[derive(Debug)]
pub(super) struct CustomEndpoint {
    pub(super) name: String,
    pub(super) members: EndpointMembers,
    pub(super) wire: Wire,
}

impl CustomEndpoint {
    /// Whether an instance belongs to it, writer or not.
    pub(super) fn has(&self, instance: &str) -> bool {
        match &self.members {
            EndpointMembers::Static(names) => names.iter().any(|name| name == instance),
            EndpointMembers::Excluding(names) => names.iter().all(|name| name != instance),
        }
    }
}

/// The addresses that every cluster has.
#[derive(Debug)]
pub(super) struct Endpoints {
    /// Follows the writer.
    pub(super) cluster: Wire,
    /// Takes the readers in turn; the writer when there is none.
    pub(super) reader: Wire,
    /// Where readers get their changes from; no customer sees it.
    pub(super) storage: Wire,
}

impl Endpoints {
    pub(super) async fn new() -> Result<Self, SandboxError> {
        let wire = || Wire::to_any(Vec::new());
        Ok(Self {
            cluster: wire().await?,
            reader: wire().await?,
            storage: wire().await?,
        })
    }

    /// Turns them to who is what now.
    pub(super) fn aim(&self, writer: u16, readers: &[u16]) {
        self.cluster.aim(addresses(&[writer]));
        self.storage.aim(addresses(&[writer]));
        let alone = [writer];
        self.reader
            .aim(addresses(if readers.is_empty() { &alone } else { readers }));
    }
}

pub(super) fn addresses(ports: &[u16]) -> Vec<SocketAddr> {
    ports
        .iter()
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, *port)))
        .collect()
}
