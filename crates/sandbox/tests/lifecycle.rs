//! Nothing is left behind: not by a panic, not by a kill, not by a frozen server; and sandboxes do not meet.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and talks to whoever runs it"
)]

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use daybreak_sandbox::{Sandbox, ServerKind, available};

/// Whether a process runs; one that has ended and that nobody has waited for yet does not.
fn runs(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit_once(')')
            .unwrap()
            .1
            .trim_start()
            .starts_with(['Z', 'X'])
    })
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const TO_BE_KILLED: &str = "DAYBREAK_TEST_TO_BE_KILLED";
const MARK: &str = "it runs: ";

/// Not a test: what the tests below start as a program of its own, and kill.
#[tokio::test]
async fn a_server_to_be_killed() {
    let kind = match std::env::var(TO_BE_KILLED).as_deref() {
        Ok("mysql") => ServerKind::Mysql97,
        Ok("postgres") => ServerKind::Postgres(15),
        _ => return,
    };
    let server = Sandbox::open().unwrap().server(kind).start().await.unwrap();
    println!(
        "{MARK}{} {}",
        server.process_id().unwrap(),
        server.data_dir().display()
    );
    std::future::pending().await
}

/// Runs a program that starts a server, kills it with `kill -9`, and sees that neither process nor folder stays.
async fn a_killed_run_leaves_nothing(kind: ServerKind, word: &str) {
    let sandbox = Sandbox::open_with(|message| eprintln!("{message}")).unwrap();
    // So that what follows need not fetch anything, or is skipped.
    if available(sandbox.server(kind).start().await).is_none() {
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_server_to_be_killed", "--nocapture"])
        .env(TO_BE_KILLED, word)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let line = lines
        .filter_map(|line| line.split_once(MARK).map(|(_, rest)| rest.to_owned()))
        .next()
        .unwrap();
    let (pid, data) = line.split_once(' ').unwrap();
    let (pid, data): (u32, PathBuf) = (pid.parse().unwrap(), data.into());
    assert!(runs(pid) && data.exists(), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
    until("the kernel has ended the server", || !runs(pid));
    assert!(data.exists(), "only the next start can remove the folder");
    drop(Sandbox::open().unwrap());
    assert!(!data.exists(), "{} was not removed", data.display());
    assert!(
        !data.parent().unwrap().exists(),
        "the run's folder was not removed"
    );
}

#[tokio::test]
async fn a_killed_run_leaves_no_mysql_behind() {
    a_killed_run_leaves_nothing(ServerKind::Mysql97, "mysql").await;
}

#[tokio::test]
async fn a_killed_run_leaves_no_postgres_behind() {
    a_killed_run_leaves_nothing(ServerKind::Postgres(15), "postgres").await;
}

#[tokio::test]
async fn sandboxes_do_not_meet() {
    let (one, other) = (Sandbox::open().unwrap(), Sandbox::open().unwrap());
    let (kind, again) = (ServerKind::Postgres(15), ServerKind::Postgres(15));
    let (a, b) = tokio::join!(one.server(kind).start(), other.server(again).start());
    let (Some(a), Some(b)) = (available(a), available(b)) else {
        return;
    };
    assert_ne!(a.port(), b.port());
    assert_ne!(a.data_dir(), b.data_dir());
    a.rows("CREATE TABLE t ()").await.unwrap();
    b.rows("CREATE TABLE t ()").await.unwrap();
    drop((one, a));
    assert_eq!(
        b.value("SELECT 1").await.unwrap().as_deref(),
        Some("1"),
        "the other goes on"
    );
}

#[tokio::test]
async fn a_panic_ends_the_servers() {
    let sandbox = Sandbox::open().unwrap();
    let Some(server) = available(sandbox.postgres(15).start().await) else {
        return;
    };
    let (pid, data) = (server.process_id().unwrap(), server.data_dir());
    let panicked = tokio::spawn(async move {
        let _server = server;
        panic!("as a failing test would");
    });
    assert!(panicked.await.unwrap_err().is_panic());
    assert!(!runs(pid));
    assert!(!data.exists());
}

#[tokio::test]
async fn a_frozen_server_answers_nothing_and_still_ends() {
    let sandbox = Sandbox::open().unwrap();
    for kind in [ServerKind::Mysql97, ServerKind::Postgres(15)] {
        let Some(server) = available(sandbox.server(kind).start().await) else {
            return;
        };
        server.pause();
        let answer = tokio::time::timeout(Duration::from_millis(500), server.value("SELECT 1")).await;
        assert!(answer.is_err(), "{kind} answers while it is frozen");
        server.resume();
        assert_eq!(server.value("SELECT 1").await.unwrap().as_deref(), Some("1"));
        let pid = server.process_id().unwrap();
        server.pause();
        drop(server);
        assert!(!runs(pid), "{kind} still runs");
    }
}

#[tokio::test]
async fn a_postgres_killed_with_many_sessions_starts_again_at_once() {
    let sandbox = Sandbox::open().unwrap();
    let Some(server) = available(sandbox.postgres(15).start().await) else {
        return;
    };
    let server = std::sync::Arc::new(server);
    for _ in 0..3 {
        let mut sessions = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let server = std::sync::Arc::clone(&server);
            sessions.spawn(async move { server.rows("SELECT pg_sleep(600)").await });
        }
        let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'";
        server
            .wait_for(sleeping, "20", Duration::from_secs(30))
            .await
            .unwrap();
        server.kill_hard().await.unwrap();
        server.start().await.unwrap();
        assert!(sessions.join_all().await.iter().all(Result::is_err));
    }
}
