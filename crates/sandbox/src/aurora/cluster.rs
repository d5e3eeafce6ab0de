//! The cluster: its instances, who writes, and where it is reached.

mod failover;
mod start;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;

use super::endpoint::{CustomEndpoint, EndpointMembers, Endpoints, addresses};
use super::mysql;
use crate::SandboxError;
use crate::kind::Engine;
use crate::login::Login;
use crate::server::{Server, address};
use crate::wire::Wire;

/// What an instance is in its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The one that is written.
    Writer,
    /// A read-only one.
    Reader,
}

/// A server of the cluster. It keeps its name and its port; the data it serves may go to another.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) server: Server,
    tier: u8,
    writer: AtomicBool,
    /// Static parameters changed since its last start.
    pub(super) pending: Mutex<Vec<String>>,
}

impl Instance {
    pub(super) fn writes(&self) -> bool {
        self.writer.load(Ordering::Acquire)
    }

    fn become_role(&self, role: Role) {
        self.writer.store(role == Role::Writer, Ordering::Release);
        if self.server.kind.engine() == Engine::Mysql {
            self.server
                .set("super_read_only", if role == Role::Writer { "OFF" } else { "ON" });
        }
    }

    /// Starts it in its role.
    async fn start(&self) -> Result<(), SandboxError> {
        self.server.start().await?;
        self.pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        if self.server.kind.engine() == Engine::Mysql && !self.writes() {
            mysql::go_on(&self.server).await?;
        }
        Ok(())
    }
}

/// A stand-in for an Aurora cluster. Dropping it ends it.
#[derive(Debug)]
pub struct AuroraStandIn {
    pub(super) instances: Arc<Vec<Instance>>,
    endpoints: Endpoints,
    custom: Mutex<Vec<CustomEndpoint>>,
    /// The administrator's account, with Aurora's privileges.
    pub admin: Login,
    /// The database that was created with the cluster.
    pub database: String,
    /// One change of the cluster at a time.
    pub(super) changing: tokio::sync::Mutex<()>,
    watching: Option<AbortHandle>,
}

impl Drop for AuroraStandIn {
    fn drop(&mut self) {
        if let Some(watching) = self.watching.take() {
            watching.abort();
        }
        // The watcher holds the instances too, and may be in the middle of a question.
        for instance in self.instances.iter() {
            instance.server.end_now();
        }
    }
}

impl AuroraStandIn {
    /// The server of the writer instance, running or not.
    ///
    /// # Panics
    /// Never: a cluster has a writer.
    #[must_use]
    pub fn writer(&self) -> &Server {
        &self.writer_instance().server
    }

    fn writer_instance(&self) -> &Instance {
        self.instances
            .iter()
            .find(|instance| instance.writes())
            .expect("a cluster has a writer")
    }

    /// The servers of the reader instances.
    #[must_use]
    pub fn readers(&self) -> Vec<&Server> {
        self.instances
            .iter()
            .filter(|instance| !instance.writes())
            .map(|instance| &instance.server)
            .collect()
    }

    /// All instances: name (`aurora-1`, ...), role and promotion tier.
    #[must_use]
    pub fn members(&self) -> Vec<(String, Role, u8)> {
        self.instances
            .iter()
            .map(|instance| {
                let role = if instance.writes() {
                    Role::Writer
                } else {
                    Role::Reader
                };
                (instance.server.name.clone(), role, instance.tier)
            })
            .collect()
    }

    /// The server of the instance of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn instance(&self, name: &str) -> Result<&Server, SandboxError> {
        self.find(name).map(|instance| &instance.server)
    }

    fn find(&self, name: &str) -> Result<&Instance, SandboxError> {
        self.instances
            .iter()
            .find(|instance| instance.server.name == name)
            .ok_or_else(|| SandboxError::NotPossible(format!("the cluster has no instance {name}")))
    }

    /// The port of the cluster endpoint, which leads to the writer.
    #[must_use]
    pub fn cluster_port(&self) -> u16 {
        self.endpoints.cluster.port()
    }

    /// The port of the reader endpoint, which leads to the readers in turn, or to the writer when there is none.
    #[must_use]
    pub fn reader_port(&self) -> u16 {
        self.endpoints.reader.port()
    }

    /// The address of a database at the cluster endpoint.
    #[must_use]
    pub fn cluster_url(&self, login: &Login, database: &str) -> String {
        address(self.writer().kind.engine(), self.cluster_port(), login, database)
    }

    /// The address of a database at the reader endpoint.
    #[must_use]
    pub fn reader_url(&self, login: &Login, database: &str) -> String {
        address(self.writer().kind.engine(), self.reader_port(), login, database)
    }

    /// The address of the cluster's database for its administrator.
    #[must_use]
    pub fn admin_url(&self) -> String {
        self.cluster_url(&self.admin, &self.database)
    }

    /// Runs a statement as the administrator on the writer and gives the rows of its first result.
    ///
    /// # Errors
    /// [`SandboxError::Refused`] with the server's own words.
    pub async fn sql(&self, statement: &str) -> Result<Vec<crate::Row>, SandboxError> {
        self.writer()
            .rows_as(&self.admin, &self.database, statement)
            .await
    }

    /// Makes a custom endpoint (type READER) and gives its port.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn add_endpoint(&self, name: &str, members: EndpointMembers) -> Result<u16, SandboxError> {
        let wire = Wire::to_any(Vec::new()).await?;
        let port = wire.port();
        self.custom
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(CustomEndpoint {
                name: name.to_owned(),
                members,
                wire,
            });
        self.aim();
        Ok(port)
    }

    /// The custom endpoints: name and port.
    #[must_use]
    pub fn custom_endpoints(&self) -> Vec<(String, u16)> {
        let custom = self.custom.lock().unwrap_or_else(PoisonError::into_inner);
        custom
            .iter()
            .map(|endpoint| (endpoint.name.clone(), endpoint.wire.port()))
            .collect()
    }

    /// Turns every endpoint to who is what now.
    fn aim(&self) {
        let readers: Vec<u16> = self
            .readers()
            .into_iter()
            .filter(|reader| reader.runs())
            .map(Server::port)
            .collect();
        self.endpoints.aim(self.writer().port(), &readers);
        for endpoint in self.custom.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let members: Vec<u16> = self
                .instances
                .iter()
                .filter(|instance| !instance.writes() && endpoint.has(&instance.server.name))
                .map(|instance| instance.server.port())
                .collect();
            endpoint.wire.aim(addresses(&members));
        }
    }
}
