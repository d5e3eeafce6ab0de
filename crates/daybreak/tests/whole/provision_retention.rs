//! `daybreak provision` says how long the cluster keeps its binary logs: by the procedure, where the writer can be reached, and else in words.

use std::path::Path;

use daybreak_sandbox::{AuroraOptions, AuroraStandIn, available};
use serde_json::Value;

use crate::looking::list;
use crate::provision::Ground;

/// What tells and sets it.
const STATEMENT: &str = "CALL mysql.rds_set_configuration('binlog retention hours', 48)";

#[tokio::test(flavor = "multi_thread")]
async fn binary_logs_are_kept_as_long_as_the_plan_says() {
    let Some(ground) = Ground::lay().await else { return };
    let started = AuroraStandIn::start(&ground.looking.sandbox, AuroraOptions::mysql()).await;
    let Some(aurora) = available(started) else { return };
    let authority = ground.looking.sandbox.certificate_authority().await;
    let authority = authority.expect("an authority");
    let more = format!(
        "deletion_protection = false\nbinlog_retention_hours = 48\nport = {}\nadministrator = \"{}\"",
        aurora.cluster_port(),
        aurora.admin.name()
    );
    let plan = ground.plan("shop", &more, &[("writer", 1)]);
    let run = async |arguments: &[&str], status: i32| -> Value {
        json(&ground, &authority, &plan, arguments, status).await
    };

    // The writer takes another password than the plan's secret: what is left to do is told, and it is no failure.
    let made = run(&["apply"], 0).await;
    let told = &made["binlog_retention"];
    assert_eq!(
        (&told["state"], &told["statement"]),
        (&"untold".into(), &STATEMENT.into())
    );
    assert_eq!(run(&["drift"], 0).await["binlog_retention"]["state"], "untold");
    let created = list(&made, "created").iter().filter_map(Value::as_str);
    let secret = created
        .filter_map(|made| made.strip_prefix("secret "))
        .next()
        .expect("its secret");
    let held = serde_json::json!({ "username": aurora.admin.name(), "password": aurora.admin.password() });
    let held = serde_json::json!({ "SecretId": secret, "SecretString": held.to_string() });
    let put = ground.aws.ask_secrets("PutSecretValue", &held.to_string()).await;
    put.expect("asked");

    // By its own password it is asked, told to be otherwise, set and read.
    let drifted = run(&["drift"], 3).await;
    assert_eq!(
        (&drifted["changes"], &drifted["binlog_retention"]["state"]),
        (&1.into(), &"differs".into())
    );
    let set = run(&["apply"], 0).await;
    assert_eq!(set["binlog_retention"]["state"], "set", "{set}");
    assert_eq!(hours(&aurora).await.as_deref(), Some("48"));
    assert_eq!(run(&["drift"], 0).await["binlog_retention"]["state"], "kept");
    assert_eq!(run(&["apply"], 0).await["binlog_retention"]["state"], "kept");

    // Somebody takes it back by hand.
    let taken = aurora
        .sql("CALL mysql.rds_set_configuration('binlog retention hours', NULL)")
        .await;
    taken.expect("taken back");
    let drifted = run(&["drift"], 3).await;
    assert_eq!(drifted["binlog_retention"]["is"], Value::Null, "{drifted}");
    assert_eq!(run(&["apply"], 0).await["binlog_retention"]["state"], "set");
    assert_eq!(hours(&aurora).await.as_deref(), Some("48"));
}

async fn hours(aurora: &AuroraStandIn) -> Option<String> {
    let shown = aurora
        .sql("CALL mysql.rds_show_configuration")
        .await
        .expect("shown");
    let own = shown
        .into_iter()
        .find(|row| row[0].as_deref() == Some("binlog retention hours"));
    own.expect("it is there")[1].clone()
}

/// Runs it, trusting the sandbox's authority as Amazon's, to this exit status; its JSON.
async fn json(ground: &Ground, authority: &Path, plan: &str, arguments: &[&str], status: i32) -> Value {
    let mut command = ground.command("shop", plan, arguments);
    let output = command.env("DAYBREAK_RDS_CA", authority).output().await;
    let output = output.expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(status),
        "{arguments:?}: {said}\n{printed}"
    );
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} in {printed}"))
}
