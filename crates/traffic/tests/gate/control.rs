//! The control socket.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use daybreak_sandbox::ServerKind;
use daybreak_traffic::{ControlError, Flow, Gate, GateClient, Side, SwitchError, TrafficSwitch, serve};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

use crate::for_both_engines;
use crate::ground::{Ground, PATIENCE, ample};

/// A gate that serves its control socket in a task.
pub(crate) struct Serving {
    socket: PathBuf,
    task: JoinHandle<Result<(), ControlError>>,
}

impl Serving {
    pub(crate) async fn stop(self) {
        GateClient::connect(&self.socket)
            .await
            .unwrap()
            .stop()
            .await
            .unwrap();
        self.task.await.unwrap().unwrap();
        assert!(!self.socket.exists());
    }
}

/// Lets the ground's gate serve this socket.
pub(crate) async fn serve_gate(ground: &mut Ground, socket: &Path) -> Serving {
    let gate = ground.gate.take().unwrap();
    let path = socket.to_owned();
    let task = tokio::spawn(async move { serve(gate, &path).await });
    let waiting = async {
        while GateClient::connect(socket).await.is_err() {
            assert!(!task.is_finished(), "the gate is gone");
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    Serving {
        socket: socket.to_owned(),
        task,
    }
}

for_both_engines!(a_gate_is_told_over_its_socket);

async fn a_gate_is_told_over_its_socket(kind: ServerKind) {
    let Some(mut ground) = Ground::new(kind).await else {
        return;
    };
    let access = ground.access();
    let address = ground.address();
    let socket = ground.path("gate.socket");
    // What a gate that was killed leaves behind.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let missing = GateClient::connect(&socket).await.unwrap_err();
    assert!(matches!(missing, SwitchError::Unreachable { .. }), "{missing:?}");

    let serving = serve_gate(&mut ground, &socket).await;
    assert_eq!(
        std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let client = GateClient::connect(&socket).await.unwrap();
    let mut application = access.connect().await.unwrap();
    client.hold(ample()).await.unwrap();
    assert_eq!(client.drain().await.unwrap().paused, 1);
    let status = client.status().await.unwrap();
    assert_eq!((status.connected, status.listen), (1, vec![address]));
    assert!(status.hold.unwrap().drained);
    assert_eq!(client.switch(Side::Target).await.unwrap().side, Side::Target);
    assert!(application.run("SELECT 1").await.is_err());
    assert_eq!(access.connect().await.unwrap().side().await, "target");
    assert_eq!(client.counters().await.unwrap().total.closed, 1);
    assert_eq!(client.where_now().await.unwrap().flow, Flow::Open);

    // As somebody with a terminal sees it.
    let mut stream = BufReader::new(UnixStream::connect(&socket).await.unwrap());
    for (said, answered) in [
        (
            r#"{"do":"where"}"#,
            r#"{"ok":{"side":"target","address":"127.0.0.1:"#,
        ),
        (
            r#"{"do":"point","to":"source"}"#,
            r#"{"refused":{"refusal":{"refused":"hold_ended""#,
        ),
        (
            r#"{"do":"dance"}"#,
            r#"{"refused":{"refusal":{"refused":"not_understood""#,
        ),
        ("nonsense", r#"{"refused":{"refusal":{"refused":"not_understood""#),
    ] {
        stream.write_all(format!("{said}\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_line(&mut answer).await.unwrap();
        assert!(answer.starts_with(answered), "{said} got {answer}");
    }

    let mut settings = ground.settings();
    settings.side_file = ground.path("other.side");
    let second = Gate::start(settings, std::sync::Arc::clone(&ground.writer) as _, None)
        .await
        .unwrap();
    let refused = serve(second, &socket).await.unwrap_err();
    assert!(
        matches!(refused, ControlError::AlreadyRunning { .. }),
        "{refused:?}"
    );
    let mut application = access.connect().await.unwrap();
    serving.stop().await;
    assert!(application.run("SELECT 1").await.is_err());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
