//! The conductor's end of a gate's control socket.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::message::{Answer, LONGEST_LINE, Request};
use crate::gate::{Counters, GateStatus};
use crate::refusal::SwitchError;
use crate::side::Side;
use crate::switch::{Drained, Held, HoldLimits, Pointed, Released, TrafficSwitch, Whereabouts};

/// How long a gate may take to answer what needs no waiting.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Tells a gate in another process what to do. Every call makes a connection of its own, so that it does not
/// matter if the gate was started again in between. A caller that dies in a hold leaves it to its deadline.
#[derive(Debug, Clone)]
pub struct GateClient {
    socket: PathBuf,
}

impl GateClient {
    /// Finds the gate behind a control socket.
    ///
    /// # Errors
    /// If none answers there.
    pub async fn connect(socket: &Path) -> Result<Self, SwitchError> {
        let client = Self {
            socket: socket.to_owned(),
        };
        client.where_now().await?;
        Ok(client)
    }

    /// What the gate is at.
    ///
    /// # Errors
    /// If it cannot be reached or is stopping.
    pub async fn status(&self) -> Result<GateStatus, SwitchError> {
        self.ask(Request::Status, ANSWER_LIMIT).await
    }

    /// What clients felt so far.
    ///
    /// # Errors
    /// If the gate cannot be reached.
    pub async fn counters(&self) -> Result<Counters, SwitchError> {
        self.ask(Request::Counters, ANSWER_LIMIT).await
    }

    /// Points at a side and releases, in one.
    ///
    /// # Errors
    /// As those of [`TrafficSwitch::point`] and [`TrafficSwitch::release`].
    pub async fn switch(&self, to: Side) -> Result<Released, SwitchError> {
        self.ask(Request::Switch { to }, ANSWER_LIMIT).await
    }

    /// Ends the gate and every connection through it.
    ///
    /// # Errors
    /// If it cannot be reached.
    pub async fn stop(&self) -> Result<(), SwitchError> {
        self.ask(Request::Stop, ANSWER_LIMIT).await
    }

    async fn ask<T: DeserializeOwned>(&self, request: Request, limit: Duration) -> Result<T, SwitchError> {
        let unreachable = |source| SwitchError::Unreachable {
            socket: self.socket.clone(),
            source,
        };
        let answer = timeout(limit, self.exchange(request)).await;
        let answer = answer
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(unreachable)?;
        match answer {
            Answer::Ok(value) => Ok(value),
            Answer::Refused { refusal, .. } => Err(refusal.into()),
        }
    }

    async fn exchange<T: DeserializeOwned>(&self, request: Request) -> io::Result<Answer<T>> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        let mut line = serde_json::to_vec(&request)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        line.clear();
        BufReader::new(stream.take(LONGEST_LINE))
            .read_until(b'\n', &mut line)
            .await?;
        if line.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(serde_json::from_slice(&line)?)
    }
}

#[async_trait]
impl TrafficSwitch for GateClient {
    async fn hold(&self, limits: HoldLimits) -> Result<Held, SwitchError> {
        self.ask(Request::hold(limits), ANSWER_LIMIT).await
    }

    async fn drain(&self) -> Result<Drained, SwitchError> {
        // The gate answers by the deadline at the latest.
        let remaining = self.status().await?.hold.map_or(0, |hold| hold.remaining_ms);
        self.ask(Request::Drain, Duration::from_millis(remaining) + ANSWER_LIMIT)
            .await
    }

    async fn point(&self, to: Side) -> Result<Pointed, SwitchError> {
        self.ask(Request::Point { to }, ANSWER_LIMIT).await
    }

    async fn release(&self) -> Result<Released, SwitchError> {
        self.ask(Request::Release, ANSWER_LIMIT).await
    }

    async fn backends(&self) -> Result<Option<Vec<u16>>, SwitchError> {
        self.ask(Request::Backends, ANSWER_LIMIT).await
    }

    async fn where_now(&self) -> Result<Whereabouts, SwitchError> {
        self.ask(Request::Where, ANSWER_LIMIT).await
    }
}
