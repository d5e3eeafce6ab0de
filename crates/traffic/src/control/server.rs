//! The gate's end of its control socket.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::warn;

use super::message::{Answer, LONGEST_LINE, Request};
use crate::gate::{Gate, GateHandle};
use crate::refusal::{Refusal, SwitchError};
use crate::switch::{HoldLimits, TrafficSwitch};

/// After a failure to accept (too many open files, say), until the next try.
const RETRY: Duration = Duration::from_millis(50);

/// A control socket cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Another gate answers on it.
    #[error("a gate is running already at {}", socket.display())]
    AlreadyRunning {
        /// The socket.
        socket: PathBuf,
    },
    /// It cannot be made.
    #[error("failed to make the control socket {}", socket.display())]
    Socket {
        /// The socket.
        socket: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl ControlError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::AlreadyRunning { .. } => "stop it first, or use it",
            Self::Socket { .. } => {
                "the folder of the socket must exist and be writable, and its path be short"
            }
        }
    }
}

/// Serves a gate's control socket until somebody sends `stop`, then stops the gate. The socket is readable and
/// writable for its owner alone; one that a dead gate left behind is replaced.
///
/// # Errors
/// If the socket cannot be made or another gate answers on it. The gate stops then as well.
pub async fn serve(gate: Gate, socket: &Path) -> Result<(), ControlError> {
    let listener = listen(socket).await?;
    let stop = Arc::new(Notify::new());
    let mut callers = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.notified() => break,
            accepted = listener.accept() => match accepted {
                Ok((caller, _)) => {
                    callers.spawn(converse(caller, gate.handle(), Arc::clone(&stop)));
                }
                Err(error) => {
                    warn!(%error, "failed to accept a caller on the control socket");
                    sleep(RETRY).await;
                }
            },
            Some(_) = callers.join_next() => {}
        }
    }
    // The next gate may come as soon as this socket is gone.
    if let Err(error) = fs::remove_file(socket) {
        warn!(%error, "failed to remove the control socket");
    }
    gate.stop().await;
    Ok(())
}

async fn listen(socket: &Path) -> Result<UnixListener, ControlError> {
    if UnixStream::connect(socket).await.is_ok() {
        return Err(ControlError::AlreadyRunning {
            socket: socket.to_owned(),
        });
    }
    // Under another name until its mode is right: nobody else can have connected before.
    let making = socket.with_extension(format!("{}.new", std::process::id()));
    let make = || {
        let listener = UnixListener::bind(&making)?;
        fs::set_permissions(&making, Permissions::from_mode(0o600))?;
        fs::rename(&making, socket)?;
        Ok(listener)
    };
    make().map_err(|source| ControlError::Socket {
        socket: socket.to_owned(),
        source,
    })
}

async fn converse(caller: UnixStream, gate: GateHandle, stop: Arc<Notify>) {
    let (reader, mut writer) = caller.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = Vec::new();
        match (&mut reader)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .await
        {
            Ok(1..) => {}
            Ok(0) | Err(_) => return,
        }
        let request = serde_json::from_slice::<Request>(&line);
        let stops = matches!(request, Ok(Request::Stop));
        let mut answer = match request {
            Ok(request) => answer(&gate, request).await,
            Err(error) => written(&Answer::<()>::refused(Refusal::NotUnderstood {
                problem: error.to_string(),
            })),
        };
        answer.push(b'\n');
        if writer.write_all(&answer).await.is_err() {
            return;
        }
        if stops {
            stop.notify_one();
        }
    }
}

async fn answer(gate: &GateHandle, request: Request) -> Vec<u8> {
    match request {
        Request::Hold {
            deadline_ms,
            drain_ms,
            stragglers,
        } => {
            let [deadline, drain] = [deadline_ms, drain_ms].map(std::time::Duration::from_millis);
            outcome(
                gate.hold(HoldLimits {
                    deadline,
                    drain,
                    stragglers,
                })
                .await,
            )
        }
        Request::Drain => outcome(gate.drain().await),
        Request::Point { to } => outcome(gate.point(to).await),
        Request::Release => outcome(gate.release().await),
        Request::Switch { to } => outcome(gate.switch(to).await),
        Request::Backends => outcome(gate.backends().await),
        Request::Where => outcome(gate.where_now().await),
        Request::Status => outcome(gate.status().await),
        Request::Counters => outcome(Ok(gate.counters())),
        Request::Stop => outcome(Ok(())),
    }
}

fn outcome<T: Serialize>(outcome: Result<T, SwitchError>) -> Vec<u8> {
    match outcome {
        Ok(value) => written(&Answer::Ok(value)),
        Err(SwitchError::Refused(refusal)) => written(&Answer::<()>::refused(refusal)),
        // Not from a gate in this process.
        Err(SwitchError::Unreachable { .. }) => written(&Answer::<()>::refused(Refusal::Stopping)),
    }
}

fn written<T: Serialize>(answer: &Answer<T>) -> Vec<u8> {
    serde_json::to_vec(answer).expect("answers are plain structures with text keys")
}
