//! Every kind of server starts, answers, survives a power cut and goes without a trace.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and talks to whoever runs it"
)]

use std::path::PathBuf;

use daybreak_sandbox::{Engine, Sandbox, Server, ServerKind, available};

async fn lives_and_ends(kind: ServerKind, version: &str) {
    let sandbox = Sandbox::open_with(|message| eprintln!("{message}")).unwrap();
    let Some(server) = available(sandbox.server(kind).start().await) else {
        return;
    };
    let said = server.value("SELECT version()").await.unwrap().unwrap();
    assert!(said.contains(version), "{kind} says it is {said}");

    write(&server, 1).await;
    server.kill_hard().await.unwrap();
    assert!(!server.runs());
    server.start().await.unwrap();
    write(&server, 2).await;
    server.restart().await.unwrap();
    let rows = server.rows("SELECT id FROM kept.t ORDER BY id").await.unwrap();
    assert_eq!(
        rows,
        [[Some("1".to_owned())], [Some("2".to_owned())]],
        "what was acknowledged is there"
    );

    let (pid, data) = (server.process_id().unwrap(), server.data_dir());
    drop(server);
    assert!(
        !PathBuf::from(format!("/proc/{pid}/exe")).exists(),
        "{kind} still runs"
    );
    assert!(!data.exists(), "{} was left behind", data.display());
}

async fn write(server: &Server, id: u32) {
    if id == 1 {
        server
            .rows(match server.kind().engine() {
                Engine::Mysql => "CREATE DATABASE kept",
                Engine::Postgres => "CREATE SCHEMA kept",
            })
            .await
            .unwrap();
        server
            .rows("CREATE TABLE kept.t (id INT PRIMARY KEY)")
            .await
            .unwrap();
    }
    server
        .rows(&format!("INSERT INTO kept.t VALUES ({id})"))
        .await
        .unwrap();
}

#[tokio::test]
async fn mysql_9_7() {
    lives_and_ends(ServerKind::Mysql97, "9.7.").await;
}

#[tokio::test]
async fn mysql_5_6() {
    lives_and_ends(ServerKind::Mysql56, "5.6.").await;
}

#[tokio::test]
async fn mariadb_10_11() {
    lives_and_ends(ServerKind::MariaDb1011, "10.11.").await;
}

#[tokio::test]
async fn postgresql_13() {
    lives_and_ends(ServerKind::Postgres(13), "PostgreSQL 13.").await;
}

#[tokio::test]
async fn postgresql_15() {
    lives_and_ends(ServerKind::Postgres(15), "PostgreSQL 15.").await;
}

#[tokio::test]
async fn postgresql_17() {
    lives_and_ends(ServerKind::Postgres(17), "PostgreSQL 17.").await;
}

#[tokio::test]
async fn postgresql_18() {
    lives_and_ends(ServerKind::Postgres(18), "PostgreSQL 18.").await;
}
