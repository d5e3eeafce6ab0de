//! A straight load that is killed while rows flow leaves a part on the target; begun again it takes that over, copies what is not
//! there, and everything is the same, whatever the application wrote meanwhile.

use daybreak_sandbox::{AuroraOptions, EstateOptions, ServerKind};

use crate::dump::{arrived, fill, kill_when};
use crate::ground;

const ROWS: u32 = 120_000;
const UNTIL_CHECKED: [&str; 6] = ["--format", "json", "run", "--yes", "--until", "data.check"];

async fn goes_on(estate: EstateOptions, cluster: AuroraOptions) {
    let Some(mut ground) = ground::lay(estate, cluster).await else {
        return;
    };
    ground.found(2_000).await;
    fill(&ground, ROWS).await;
    ground
        .init(|plan| plan.replace("range_rows = 200000", "range_rows = 5000"))
        .await;
    ground.start_gate().await;
    let bank = ground.open_bank(4);
    for part in [1, u64::from(ROWS) / 2] {
        let some = async || arrived(&ground).await >= part;
        let killed = kill_when(ground.daybreak(&UNTIL_CHECKED), some).await;
        assert!(killed, "it is killed while rows flow");
        let there = arrived(&ground).await;
        assert!(there < u64::from(ROWS), "{there} rows are there, and not all");
    }
    let told = ground.succeed(&UNTIL_CHECKED).await;
    let copied = told
        .iter()
        .find(|line| line["kind"] == "step_done" && line["step"] == "load.copy")
        .unwrap_or_else(|| panic!("the load ends: {told:?}"));
    let kept = copied["evidence"]["ranges_kept"].as_u64();
    assert!(kept > Some(0), "what was there and is the same stays: {copied}");
    assert_eq!(arrived(&ground).await, u64::from(ROWS));
    let checked = told
        .iter()
        .find(|line| line["kind"] == "step_done" && line["step"] == "data.check");
    assert!(checked.is_some(), "every row is the same: {told:?}");
    ground.assert_follows(&bank.close().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql() {
    let cluster = AuroraOptions::mysql().gtid(true);
    goes_on(EstateOptions::new(ServerKind::Mysql97).gtid(true), cluster).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    goes_on(
        EstateOptions::new(ServerKind::Postgres(15)),
        AuroraOptions::postgres(17),
    )
    .await;
}

/// A large table's indexes come after its rows, a small one's with the table: one that is small by the time the load goes on has
/// neither yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_became_small_gets_its_index() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    let Some(mut ground) = ground::lay(estate, AuroraOptions::mysql().gtid(true)).await else {
        return;
    };
    ground.found(100).await;
    fill(&ground, ROWS).await;
    let (primary, database) = (&ground.estate.primary, &ground.estate.database);
    primary
        .rows(&format!("ALTER TABLE {database}.big ADD KEY by_time (at)"))
        .await
        .expect("indexed");
    ground
        .init(|plan| plan.replace("range_rows = 200000", "range_rows = 5000"))
        .await;
    ground.start_gate().await;
    let some = async || arrived(&ground).await >= 1;
    let killed = kill_when(ground.daybreak(&UNTIL_CHECKED), some).await;
    assert!(killed, "it is killed while rows flow");
    let (primary, database) = (&ground.estate.primary, &ground.estate.database);
    primary
        .rows(&format!(
            "DELETE FROM {database}.big WHERE id > 1000; OPTIMIZE TABLE {database}.big"
        ))
        .await
        .expect("made small");
    ground.succeed(&UNTIL_CHECKED).await;
    assert_eq!(arrived(&ground).await, 1000);
    let index = "SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_NAME = 'big' AND INDEX_NAME = 'by_time'";
    let found = ground.cluster.writer().value(index).await.expect("asked");
    assert_eq!(found.as_deref(), Some("1"));
}
