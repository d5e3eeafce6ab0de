//! One server and the idle connections to it.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use daybreak_model::{Endpoint, Flavor};
use tokio::sync::OnceCell;

use super::connection::{Connection, Purpose};
use super::identity;
use crate::EngineError;

/// How many idle connections are kept.
const KEPT: usize = 4;

/// After how long unused a kept connection is tried before it is trusted.
const TRY_AFTER: Duration = Duration::from_secs(1);

/// A server, reached when first needed.
pub(crate) struct Server {
    pub(crate) endpoint: Endpoint,
    idle: Mutex<Vec<(Connection, Instant)>>,
    flavor: OnceCell<Flavor>,
    /// The server process that was told to fence and has not answered.
    pub(super) fencing: Mutex<Option<i32>>,
}

/// A connection on loan. Dropping it closes it; [`Lease::give_back`] after a statement has ended keeps it for the next
/// question. So a connection that was left in the middle of something, by a cancelled future or an error, is never reused.
pub(crate) struct Lease<'a> {
    connection: Connection,
    server: &'a Server,
}

impl Deref for Lease<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Lease<'_> {
    pub(crate) fn give_back(self) {
        let mut idle = self.server.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT && !self.connection.is_closed() {
            idle.push((self.connection, Instant::now()));
        }
    }
}

impl Server {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            idle: Mutex::default(),
            flavor: OnceCell::new(),
            fencing: Mutex::default(),
        }
    }

    /// An idle connection, or a new one.
    pub(crate) async fn lease(&self) -> Result<Lease<'_>, EngineError> {
        let connection = loop {
            match self.take_idle() {
                Some((connection, since)) if since.elapsed() < TRY_AFTER || connection.answers().await => {
                    break connection;
                }
                Some(_) => {}
                None => break Connection::open(&self.endpoint, Purpose::Inspect).await?,
            }
        };
        Ok(Lease {
            connection,
            server: self,
        })
    }

    fn take_idle(&self) -> Option<(Connection, Instant)> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(connection, _)| !connection.is_closed());
        idle.pop()
    }

    /// What it runs; asked once.
    pub(crate) async fn flavor(&self) -> Result<&Flavor, EngineError> {
        self.flavor
            .get_or_try_init(async || {
                let connection = self.lease().await?;
                let flavor = identity::flavor(&connection).await?;
                connection.give_back();
                Ok(flavor)
            })
            .await
    }

    /// What it runs, if it was asked already.
    pub(crate) fn known_flavor(&self) -> Option<&Flavor> {
        self.flavor.get()
    }

    /// Opens connections until `count` are idle, so that none has to be opened inside a pause.
    pub(crate) async fn warm(&self, count: usize) -> Result<(), EngineError> {
        let mut leases = Vec::with_capacity(count);
        for _ in 0..count.min(KEPT) {
            leases.push(self.lease().await?);
        }
        leases.into_iter().for_each(Lease::give_back);
        Ok(())
    }
}
