//! The conductor is killed with SIGKILL at every single record of its journal, right after the record is durable and
//! right before: what the record tells of has happened then, and the journal does not know. Each time the next start
//! must end with exactly one writable side and nothing lost. The records are enumerated, not sampled.

use std::os::unix::process::ExitStatusExt;

use daybreak_sandbox::{AuroraOptions, Engine, EstateOptions, ServerKind};

use crate::ground::{self, Ground};
use crate::purposes;

/// More records than any play writes.
const MOST: u64 = 200;

/// Runs a command that is to die at a point of the journal; whether it did. False when it was over before.
async fn dies(ground: &Ground, arguments: &[&str], point: &str, record: u64) -> bool {
    let mut command = ground.daybreak(arguments);
    let output = command
        .env("DAYBREAK_KILL_AT", format!("{point}:{record}"))
        .output()
        .await
        .expect("the program runs");
    let killed = output.status.signal() == Some(9);
    assert!(
        killed || output.status.success(),
        "{arguments:?} at {point}:{record}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    killed
}

/// Every record of copying, replicating and comparing. Each death has servers of its own, for it has to begin anew.
async fn while_migrating(lay: &impl AsyncFn() -> Option<Ground>) -> Option<Ground> {
    for record in 1..MOST {
        let ground = lay().await?;
        let bank = ground.open_bank(4);
        let until = ["--format", "json", "run", "--yes", "--until", "data.check"];
        let died = dies(&ground, &until, "after-record", record).await;
        ground.succeed(&until).await;
        let ledger = bank.close().await;
        ground.assert_follows(&ledger).await;
        assert_eq!(
            ground.writable().await,
            [true, false],
            "after a death at record {record}"
        );
        if !died {
            assert!(record > 10, "a migration has more than {record} records");
            return Some(ground);
        }
    }
    panic!("a migration writes more than {MOST} records");
}

/// Every record of moving writes, out and home in turn, on one pair of sides.
async fn while_moving(ground: &Ground, points: &[&str]) {
    let bank = ground.open_bank(6);
    let mut leader_is_target = false;
    for point in points {
        for offset in 1..MOST {
            let command = if leader_is_target { "failback" } else { "run" };
            let move_writes = ["--format", "json", command, "--yes"];
            let base = ground.succeed(&["--format", "json", "log"]).await.len() as u64;
            let died = dies(ground, &move_writes, point, base + offset).await;
            let writable = ground.writable().await;
            assert_ne!(
                writable,
                [true, true],
                "two writers after a death at {point} {offset} of {command}"
            );
            // The next start goes on, or takes the pause back and says so; either way one side is written.
            let next = ground.run(&move_writes).await;
            let [source, target] = ground.writable().await;
            assert!(
                source != target,
                "after a death at {point} {offset} of {command}: {source} {target}"
            );
            if !next.status.success() {
                assert_eq!(
                    [source, target],
                    [!leader_is_target, leader_is_target],
                    "taken back: {point} {offset} of {command}"
                );
                ground.succeed(&move_writes).await;
            }
            leader_is_target = !leader_is_target;
            let only = [!leader_is_target, leader_is_target];
            assert_eq!(
                ground.writable().await,
                only,
                "after a death at {point} {offset} of {command}"
            );
            if !died {
                assert!(offset > 15, "a move has more than {offset} records");
                break;
            }
        }
    }
    let ledger = bank.close().await;
    ground.assert_books(&ledger).await;
}

async fn everywhere(lay: impl AsyncFn() -> Option<Ground>) {
    if let Some(ground) = while_migrating(&lay).await {
        while_moving(&ground, &["after-record", "before-record"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql() {
    everywhere(async || {
        let cluster = AuroraOptions::mysql().gtid(true);
        ready(EstateOptions::new(ServerKind::Mysql97).gtid(true), cluster).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    everywhere(async || {
        ready(
            EstateOptions::new(ServerKind::Postgres(15)),
            AuroraOptions::postgres(17),
        )
        .await
    })
    .await;
}

async fn ready(estate: EstateOptions, cluster: AuroraOptions) -> Option<Ground> {
    let mut ground = ground::lay(estate, cluster).await?;
    ground.found(200).await;
    ground.init(|plan| plan).await;
    ground.start_gate().await;
    Some(ground)
}

/// A purpose alone, at every record of its moves: what each record tells of has happened, and the journal does not know.
async fn of_a_part(estate: EstateOptions, cluster: AuroraOptions) {
    let gtid = estate.kind().engine() == Engine::Mysql;
    if let Some(ground) = purposes::lay(estate, cluster, gtid).await {
        let until = ["--format", "json", "run", "--yes", "--until", "data.check"];
        ground.succeed(&until).await;
        while_moving(&ground, &["before-record"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_mysql() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    of_a_part(estate, purposes::filtered()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_postgres() {
    let estate = EstateOptions::new(ServerKind::Postgres(17));
    of_a_part(estate, AuroraOptions::postgres(17)).await;
}
