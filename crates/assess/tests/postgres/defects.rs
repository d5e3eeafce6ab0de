//! Servers with every defect, and the same servers without any.

use std::sync::Arc;

use daybreak_model::{Finding, Told};
use daybreak_sandbox::Sandbox;

use crate::ground::{DATABASE, Ground, ids, lay};
use crate::planted::{self, BAD_SETTINGS, On, Planted, by_nature};

/// What planting needs.
const PLANTING: &[(&str, &str)] = &[
    ("max_prepared_transactions", "10"),
    ("allow_in_place_tablespaces", "on"),
];

fn target(major: u8) -> &'static str {
    if major == 18 { "18" } else { "17" }
}

fn planted(on: On) -> impl Iterator<Item = &'static Planted> {
    planted::planted().filter(move |defect| defect.on.contains(&on))
}

/// Plants every defect of this kind of server. What has to go on goes on in tasks of its own, until the server ends.
pub(crate) async fn plant(ground: &Arc<Ground>, on: On) {
    for defect in planted(on) {
        for statement in defect.by {
            ground.run(DATABASE, statement).await;
        }
        if let Some(statement) = defect.held {
            let ground = Arc::clone(ground);
            let waits = format!(
                "SELECT count(*)::text FROM pg_stat_activity WHERE query = '{statement}' AND wait_event = 'PgSleep'"
            );
            tokio::spawn({
                let ground = Arc::clone(&ground);
                // It fails when the server ends, which is what ends it.
                async move { drop(ground.server.rows_in(DATABASE, statement).await) }
            });
            let patience = std::time::Duration::from_secs(30);
            ground
                .server
                .wait_for(&waits, "1", patience)
                .await
                .expect("it goes on");
        }
    }
}

/// Everything found in all databases that hold a defect.
async fn findings(ground: &Ground, on: On) -> Vec<Finding> {
    let mut databases: Vec<&str> = planted(on).map(|defect| defect.database).collect();
    databases.sort_unstable();
    databases.dedup();
    let mut all = Vec::new();
    for database in databases {
        let verdict = ground.assess(database).await;
        let found = verdict.score.blocks + verdict.score.degrades + verdict.score.notes;
        assert_eq!(found + verdict.score.could_not_tell, verdict.findings.len());
        all.extend(verdict.findings);
    }
    all
}

fn assert_found(findings: &[Finding], on: On) {
    assert_eq!(
        ids(findings, Told::CouldNotTell),
        [].into(),
        "{on:?}: {findings:?}"
    );
    let missed: Vec<String> = planted(on)
        .filter(|defect| {
            let sees = |finding: &Finding| finding.id == defect.id && finding.object.contains(defect.object);
            !findings.iter().any(sees)
        })
        .map(|defect| {
            let same = findings.iter().filter(|finding| finding.id == defect.id);
            let objects: Vec<&str> = same.map(|finding| finding.object.as_str()).collect();
            format!("{}: {} is not among {objects:?}", defect.id, defect.object)
        })
        .collect();
    assert!(missed.is_empty(), "{on:?}:\n{}", missed.join("\n"));
    for finding in findings {
        let whole = !finding.evidence.is_empty()
            && !finding.remedy.is_empty()
            && finding.server.contains("127.0.0.1");
        assert!(whole && finding.rows.contains(&"P1".to_owned()), "{finding:?}");
    }
}

/// One kind of server: with every defect all are found, and none where an ordinary application has none.
async fn on_major(major: u8) {
    let sandbox = Sandbox::open().expect("a sandbox");
    let Some(clean) = lay(&sandbox, major, &[], target(major)).await else {
        return;
    };
    clean.run(DATABASE, include_str!("healthy.sql")).await;
    let verdict = clean.assess(DATABASE).await;
    let nature = by_nature(major).iter().copied().collect();
    assert_eq!(
        ids(&verdict.findings, Told::Found),
        nature,
        "{:?}",
        verdict.findings
    );
    assert_eq!(
        ids(&verdict.findings, Told::CouldNotTell),
        [].into(),
        "{:?}",
        verdict.findings
    );
    assert_eq!(verdict.score.clean, verdict.score.checks - by_nature(major).len());
    drop(clean);
    let Some(ground) = lay(&sandbox, major, PLANTING, target(major)).await else {
        return;
    };
    let ground = Arc::new(ground);
    plant(&ground, On::Major(major)).await;
    let findings = findings(&ground, On::Major(major)).await;
    assert_found(&findings, On::Major(major));
    assert_statements_are_understood(&ground, &findings).await;
}

/// Statements that mend can be read by the server.
async fn assert_statements_are_understood(ground: &Ground, findings: &[Finding]) {
    for finding in findings {
        let Some(statement) = &finding.statement else {
            continue;
        };
        if finding.id == "postgresql.transaction.prepared" {
            // No program may hold this one; it is given to the server at the end.
            continue;
        }
        // The server looks at the words of a statement in a branch that is never taken.
        let ask = format!("DO $do$ BEGIN IF false THEN {statement}; END IF; END $do$");
        let ask = if statement.starts_with("SELECT ") {
            ask.replacen("SELECT ", "PERFORM ", 1)
        } else {
            ask
        };
        ground.run(DATABASE, &ask).await;
    }
    ground.run(DATABASE, "ROLLBACK PREPARED 'half'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_13() {
    on_major(13).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_15() {
    on_major(15).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_17() {
    on_major(17).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_18() {
    on_major(18).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn badly_set() {
    let sandbox = Sandbox::open().expect("a sandbox");
    let Some(ground) = lay(&sandbox, 17, BAD_SETTINGS, "17").await else {
        return;
    };
    assert_found(&findings(&ground, On::BadlySet).await, On::BadlySet);
}

#[tokio::test(flavor = "multi_thread")]
async fn crowded() {
    let sandbox = Sandbox::open().expect("a sandbox");
    let Some(ground) = lay(&sandbox, 15, &[("max_connections", "20")], "17").await else {
        return;
    };
    let ground = Arc::new(ground);
    for _ in 0..16 {
        let ground = Arc::clone(&ground);
        tokio::spawn(async move { drop(ground.server.rows("SELECT pg_sleep(600)").await) });
    }
    let waiting = "SELECT count(*)::text FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let patience = std::time::Duration::from_secs(30);
    ground
        .server
        .wait_for(waiting, "16", patience)
        .await
        .expect("all are in");
    assert_found(&findings(&ground, On::Crowded).await, On::Crowded);
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_than_the_target() {
    let sandbox = Sandbox::open().expect("a sandbox");
    let Some(ground) = lay(&sandbox, 18, &[], "17").await else {
        return;
    };
    assert_found(&findings(&ground, On::TooNew).await, On::TooNew);
}

/// PostgreSQL 11 lacks columns of the catalog that most questions name; these two are for it alone.
#[tokio::test(flavor = "multi_thread")]
async fn older_than_twelve() {
    let sandbox = Sandbox::open().expect("a sandbox");
    let Some(ground) = lay(&sandbox, 11, &[], "17").await else {
        return;
    };
    let ground = Arc::new(ground);
    let of_eleven = |findings: &[Finding]| -> Vec<(String, String)> {
        let ours = findings
            .iter()
            .filter(|finding| planted(On::Eleven).any(|defect| defect.id == finding.id));
        ours.map(|finding| (finding.id.clone(), finding.object.clone()))
            .collect()
    };
    assert_eq!(of_eleven(&ground.assess(DATABASE).await.findings), []);
    plant(&ground, On::Eleven).await;
    let found = of_eleven(&ground.assess(DATABASE).await.findings);
    let expected = planted(On::Eleven).map(|defect| (defect.id.to_owned(), defect.object.to_owned()));
    let expected: std::collections::BTreeSet<_> = expected.collect();
    assert_eq!(
        found.into_iter().collect::<std::collections::BTreeSet<_>>(),
        expected
    );
}
