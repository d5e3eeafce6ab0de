//! `daybreak trim` stands back while a replica is behind: under live writes, the ceiling is never passed for longer than a chunk takes.

use std::process::Stdio;
use std::time::{Duration, Instant};

use daybreak_sandbox::ServerKind;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::trim::Ground;

/// Seconds that a replica may be behind.
const CEILING: f64 = 1.0;
/// Rows of a transaction: so few that a run takes longer than the replica stands still.
const CHUNK: &str = "4";
/// For how long the replica stands still.
const STILL: Duration = Duration::from_secs(6);

/// A session on the replica that keeps it from applying anything for a while.
async fn hold_still(ground: &Ground) {
    let replica = ground.replica();
    if matches!(replica.kind(), ServerKind::Postgres(_)) {
        replica
            .rows("SELECT pg_wal_replay_pause()")
            .await
            .expect("paused");
        tokio::time::sleep(STILL).await;
        replica
            .rows("SELECT pg_wal_replay_resume()")
            .await
            .expect("resumed");
        return;
    }
    let program = ground
        .looking
        .sandbox
        .program(replica.kind(), "mysql")
        .await
        .expect("a client");
    let mut client = Command::new(program)
        .args(["--no-defaults", "--user=root", "--socket"])
        .arg(replica.socket())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let mut stdin = client.stdin.take().expect("piped");
    let hold = format!(
        "LOCK TABLES shop.orders READ, shop.held READ; DO SLEEP({}); UNLOCK TABLES;\n",
        STILL.as_secs()
    );
    stdin.write_all(hold.as_bytes()).await.expect("said");
    drop(stdin);
    assert!(client.wait().await.expect("it ends").success());
}

async fn never_beyond(kind: ServerKind) {
    let Some(ground) = Ground::start(kind).await else {
        return;
    };
    let archive = ground.archive();
    let ceiling = CEILING.to_string();
    let more = [
        "--children",
        "keep",
        "--chunk-rows",
        CHUNK,
        "--max-lag",
        &ceiling,
        "--execute",
    ];
    let rule = ground.rule(&archive, &more);
    let free = format!("DELETE FROM {}", ground.lines);
    ground
        .primary()
        .rows_in("shop", &free)
        .await
        .expect("nobody refers to an order");
    let more = format!(
        "INSERT INTO {0}.orders (made, state) SELECT made, state FROM {0}.orders",
        ground.schema
    );
    for _ in 0..2 {
        ground
            .primary()
            .rows_in("shop", &more)
            .await
            .expect("more orders");
    }
    let began = ground.old().await;
    let url = ground.looking.url(ground.primary(), &ground.login).await;
    let mut command = ground.looking.command_at(&url, &ground.login, &rule);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    while ground.old().await == began {
        assert!(
            child.try_wait().expect("asked").is_none(),
            "it ended before the replica stood still"
        );
    }
    let still = async {
        hold_still(&ground).await;
        Instant::now()
    };
    // Writes go on all the while, so that a replica that stands still is behind; and each look tells how many old rows are left.
    let work = async {
        let begun = Instant::now();
        let mut left = Vec::new();
        while begun.elapsed() < STILL {
            let write = format!(
                "INSERT INTO {}.orders (made, state) VALUES (CURRENT_TIMESTAMP, 'new')",
                ground.schema
            );
            ground.primary().rows_in("shop", &write).await.expect("written");
            left.push((begun.elapsed(), ground.old().await));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        left
    };
    let (_, left) = tokio::join!(still, work);
    // From well behind the ceiling on nothing is deleted.
    let beyond: Vec<u64> = left
        .iter()
        .filter(|(at, _)| {
            *at > Duration::from_secs_f64(CEILING + 2.0) && *at < STILL - Duration::from_millis(500)
        })
        .map(|(_, left)| *left)
        .collect();
    let (first, last) = (beyond[0], beyond[beyond.len() - 1]);
    assert!(first > 0, "the run was over before: {left:?}");
    assert!(
        beyond.len() > 10 && first - last <= CHUNK.parse().expect("a number"),
        "rows went while the replica was behind: {left:?}"
    );
    let ended = tokio::time::timeout(Duration::from_secs(120), child.wait()).await;
    assert!(ended.expect("it goes on").expect("it ends").success());
    assert_eq!(ground.old().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_stands_back_behind_its_replica() {
    never_beyond(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_stands_back_behind_its_standby() {
    never_beyond(ServerKind::Postgres(17)).await;
}
