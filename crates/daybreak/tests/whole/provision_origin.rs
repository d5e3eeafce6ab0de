//! What a cluster is made from is held to: killed at each call, a run that names nothing goes on with what was begun, and never makes an
//! empty cluster in its place; another origin is refused.

use std::process::Stdio;

use serde_json::Value;

use crate::looking::list;
use crate::provision::Ground;
use crate::restored::instance;

/// A cluster of one instance, without alarms: as few calls as there can be.
fn small(ground: &Ground, name: &str) -> String {
    let plan = ground.plan(name, "deletion_protection = false", &[("writer", 1)]);
    let (plan, _) = plan.split_once("[cluster.alarms]").expect("its alarms");
    plan.to_owned()
}

/// How often a cluster was made from something.
fn made_from_something(ground: &Ground, name: &str) -> Vec<String> {
    let restores = ground.aws.restores().into_iter();
    restores
        .filter(|form| form.get("DBClusterIdentifier").is_some_and(|of| of == name))
        .filter_map(|form| form.get("Action").cloned())
        .collect()
}

/// Kills the program in the call: the nth that changes something, before or after AWS has it. Returns the call.
async fn kill(ground: &Ground, name: &str, plan: &str, arguments: &[&str], nth: usize, done: bool) -> String {
    let held = ground.aws.hold(nth, done);
    let mut command = ground.command(name, plan, arguments);
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = quiet.spawn().expect("it starts");
    let action = held.come().await.expect("a call");
    child.kill().await.expect("killed");
    action
}

/// Kills `apply` with this origin at each of its calls, each time a cluster of its own, and goes on without naming it.
async fn goes_on(ground: &Ground, word: &str, apply: &[&str], makes: &str) {
    let first = format!("{word}-first");
    let before = ground.aws.changes().len();
    ground.json(&first, &small(ground, &first), apply, 0).await;
    let calls = ground.aws.changes().split_off(before);
    let making = calls.iter().position(|call| call == makes).expect("it is made") + 1;
    let mut kills: Vec<(usize, bool)> = (1..=calls.len()).map(|nth| (nth, true)).collect();
    kills.extend([(1, false), (making, false)]);
    for (nth, done) in kills {
        let name = format!("{word}-{nth}-{done}");
        let plan = small(ground, &name);
        let action = kill(ground, &name, &plan, apply, nth, done).await;
        let at = format!("{action} ({nth}, done: {done})");
        let before = ground.aws.changes().len();
        let report = ground.json(&name, &plan, &["apply"], 0).await;
        assert_eq!(made_from_something(ground, &name), [makes], "{at}: {report}");
        let calls = ground.aws.changes().split_off(before);
        if word == "snapshot" {
            let password = calls.iter().any(|call| call == "ModifyDBCluster");
            assert!(password, "the plan's password is set at {at}: {calls:?}");
            assert_eq!(report["position"]["offset"], 4711, "{at}: {report}");
        }
        assert_eq!(ground.json(&name, &plan, &["drift"], 0).await["changes"], 0);
        // It is complete: the same once more changes nothing.
        let before = ground.aws.changes().len();
        ground.json(&name, &plan, &["apply"], 0).await;
        assert_eq!(ground.aws.changes().split_off(before), [""; 0], "{at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_restore_of_a_snapshot_it_goes_on_with_it() {
    let Some(ground) = Ground::lay().await else { return };
    let arn = instance(&ground, "db1", "8.0.36").await;
    instance(&ground, "db2", "8.0.36").await;
    let apply = ["apply", "--from-snapshot", "db1-night"];
    goes_on(&ground, "snapshot", &apply, "RestoreDBClusterFromSnapshot").await;

    // Nothing of it but the first resource is there: another origin is refused all the same, and what is begun is said.
    let plan = small(&ground, "shop");
    kill(&ground, "shop", &plan, &apply, 1, true).await;
    let before = ground.aws.changes().len();
    for other in [
        &["apply", "--from-snapshot", "db2-night"] as &[&str],
        &["apply", "--replica-of", &arn],
    ] {
        let said = ground.refused("shop", &plan, other).await;
        assert!(
            said.contains("cluster shop is made from snapshot db1-night")
                && said.contains("hint: nothing was changed"),
            "{other:?}: {said}"
        );
    }
    assert_eq!(ground.aws.changes().len(), before);
    let planned = ground.json("shop", &plan, &["plan"], 0).await;
    assert_eq!(planned["made_from"], "snapshot db1-night");
    // Taken away it is forgotten, and what follows is empty.
    let destroy = ["destroy", "--name", "shop", "--without-snapshot"];
    ground.json("shop", &plan, &destroy, 0).await;
    ground.json("shop", &plan, &["apply"], 0).await;
    assert_eq!(made_from_something(&ground, "shop"), [""; 0]);
    let said = ground.refused("shop", &plan, &apply).await;
    assert!(said.contains("cluster shop is made from nothing"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_restore_of_a_backup_it_goes_on_with_it() {
    let Some(ground) = Ground::lay().await else { return };
    ground.aws.make_bucket("company-backups").await.expect("a bucket");
    let key = "shop/backup.xbstream00";
    let put = ground.aws.put_object("company-backups", key, b"one").await;
    put.expect("an object");
    let role = "arn:aws:iam::123456789012:role/reads-backups";
    let place = "s3://company-backups/shop";
    let apply = [
        "apply",
        "--from-backup",
        place,
        "--backup-of",
        "8.0.36",
        "--role",
        role,
    ];
    goes_on(&ground, "backup", &apply, "RestoreDBClusterFromS3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_as_a_replica_or_in_its_promotion_it_goes_on() {
    let Some(ground) = Ground::lay().await else { return };
    let arn = instance(&ground, "db1", "8.0.36").await;
    let apply = ["apply", "--replica-of", &*arn];
    goes_on(&ground, "replica", &apply, "CreateDBCluster").await;

    let promote = ["promote", "--execute"];
    for (nth, action) in [(1, "PromoteReadReplicaDBCluster"), (2, "ModifyDBCluster")] {
        for done in [false, true] {
            let name = format!("promoted-{nth}-{done}");
            let plan = small(&ground, &name);
            ground.json(&name, &plan, &apply, 0).await;
            assert_eq!(kill(&ground, &name, &plan, &promote, nth, done).await, action);
            let promoted = nth > 1 || done;
            let before = ground.aws.changes().len();
            let report = ground.json(&name, &plan, &["apply"], 0).await;
            assert_eq!(
                list(&report, "created"),
                &[] as &[Value],
                "{action}, done: {done}"
            );
            assert_eq!(report["follows"].is_null(), promoted, "{action}, done: {done}");
            assert_eq!(ground.aws.changes().len(), before, "{action}, done: {done}");
            ground.json(&name, &plan, &promote, 0).await;
            let calls = ground.aws.changes().split_off(before);
            let expected: &[&str] = match promoted {
                false => &["PromoteReadReplicaDBCluster", "ModifyDBCluster"],
                true => &["ModifyDBCluster"],
            };
            assert_eq!(calls, expected, "{action}, done: {done}");
            assert_eq!(made_from_something(&ground, &name), ["CreateDBCluster"]);
        }
    }
}
