//! A run is steered from another terminal: it waits for approval and for the end of a pause, and gives way when it is told to.

use std::time::{Duration, Instant};

use daybreak_sandbox::{AuroraOptions, EstateOptions, ServerKind};
use serde_json::Value;
use tokio::process::Child;

use crate::faults::{goes_on, stops};
use crate::ground::{self, Ground};
use crate::refusals::refused;

/// A run that stops before a step until it is let go.
async fn stopped_before(ground: &Ground, step: &str, arguments: &[&str]) -> Child {
    let mut conductor = ground
        .daybreak(arguments)
        .env("DAYBREAK_STOP_AT", format!("before-step:{step}"))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program runs");
    assert!(stops(&mut conductor).await, "{step} is reached");
    conductor
}

async fn ends(ground: &Ground, mut conductor: Child) -> i32 {
    let Ok(ended) = tokio::time::timeout(Duration::from_secs(60), conductor.wait()).await else {
        let standing = ground.run(&["status"]).await;
        panic!("it ends: {}", String::from_utf8_lossy(&standing.stdout));
    };
    ended.expect("it runs").code().expect("it was not killed")
}

/// Waits until `status` says this of the newest run.
async fn stands(ground: &Ground, wanted: &str) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let lines = ground.succeed(&["--format", "json", "status"]).await;
        let runs = lines[0]["runs"].as_array().cloned().unwrap_or_default();
        let newest = runs.last().cloned().unwrap_or_default();
        if newest["status"]["run"]["status"] == wanted {
            return newest;
        }
        assert!(Instant::now() < end, "{wanted}: {newest}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_waits_for_approval_and_gives_way() {
    let estate = EstateOptions::new(ServerKind::Postgres(15));
    let Some(mut ground) = ground::lay(estate, AuroraOptions::postgres(17)).await else {
        return;
    };
    ground.found(100).await;
    ground.init(|plan| plan).await;
    ground.start_gate().await;
    let bank = ground.open_bank(2);

    // A pause that is asked for before a step begins there.
    let until = ["run", "--until", "data.check"];
    let mut conductor = stopped_before(&ground, "load.copy", &until).await;
    let asked = ground.run(&["pause", "--why", "the backup first"]).await;
    assert_eq!(asked.status.code(), Some(4), "nobody has answered yet");
    goes_on(&conductor);
    let paused = stands(&ground, "paused").await;
    assert!(paused.to_string().contains("the backup first"), "{paused}");
    ground.succeed(&["resume"]).await;
    assert!(stops(&mut conductor).await, "the step is reached again");
    goes_on(&conductor);
    assert_eq!(ends(&ground, conductor).await, 0);

    // The plan tells how long each step took, and what takes it back.
    let steps = ground.succeed(&["--format", "json", "plan"]).await;
    let step = |id: &str| {
        let found = steps.iter().find(|step| step["id"] == id);
        found.unwrap_or_else(|| panic!("{id} is planned: {steps:?}"))
    };
    for done in ["load.copy", "replicate.start", "data.check"] {
        let took = step(done)["last_time_seconds"].as_f64();
        assert!(took.is_some_and(|took| took > 0.0), "{}", step(done));
    }
    assert!(
        step("cutover.fence")["last_time_seconds"].is_null(),
        "it was never done"
    );
    let undo = step("replicate.start")["undo"].to_string();
    assert!(undo.contains("stop replication and forget its source"), "{undo}");

    // Nothing is moved before somebody has approved, and not when somebody declines.
    let run = ["--format", "json", "run"];
    let conduct = || {
        ground
            .daybreak(&run)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program runs")
    };
    let mut conductor = conduct();
    ground::wait_for_line(&mut conductor, "approval_asked").await;
    let wrong = refused(&ground, &["approve", "load.copy"], 1).await;
    assert!(wrong.contains("refused:"), "{wrong}");
    ground
        .succeed(&[
            "approve",
            "--decline",
            "not tonight",
            "cutover.ready",
            "--by",
            "bob",
        ])
        .await;
    let declined = stands(&ground, "paused").await;
    assert!(
        declined.to_string().contains("bob declined: not tonight"),
        "{declined}"
    );
    assert_eq!(ground.writable().await, [true, false]);
    ground.succeed(&["resume"]).await;
    stands(&ground, "awaiting_approval").await;
    ground.succeed(&["approve", "--by", "ann"]).await;
    assert_eq!(ends(&ground, conductor).await, 0);
    assert_eq!(ground.writable().await, [false, true]);
    let log = ground.succeed(&["--format", "json", "log"]).await;
    let approved = log.iter().any(|record| {
        record["kind"] == "approved"
            && record.to_string().contains("ann")
            && record["step"] == "cutover.ready"
    });
    assert!(approved, "the journal says who: {log:?}");

    // What has begun is taken back on request, up to the point of no return.
    let conductor = stopped_before(&ground, "failback.check", &["failback", "--yes"]).await;
    let asked = ground.run(&["abort", "--why", "wrong night"]).await;
    assert_eq!(asked.status.code(), Some(4), "nobody has answered yet");
    goes_on(&conductor);
    assert_eq!(ends(&ground, conductor).await, 0);
    let aborted = stands(&ground, "aborted").await;
    assert!(aborted.to_string().contains("wrong night"), "{aborted}");
    assert_eq!(
        ground.writable().await,
        [false, true],
        "writes stay where they were"
    );
    ground.assert_target_has_all(&bank.close().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_no_target() {
    let cluster = AuroraOptions::postgres(17).readers(1);
    let Some(ground) = ground::lay(EstateOptions::new(ServerKind::Postgres(15)), cluster).await else {
        return;
    };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    let writer = format!("127.0.0.1:{}", ground.cluster.cluster_port());
    let reader = format!("127.0.0.1:{}", ground.cluster.reader_port());
    ground.change(|plan| plan.replace(&writer, &reader));
    for arguments in [&["plan"][..], &["run", "--yes"]] {
        let said = refused(&ground, arguments, 1).await;
        assert!(
            said.contains("is a replica")
                && said.contains("name the primary, or for Aurora the cluster (writer) endpoint"),
            "{said}"
        );
    }
}
