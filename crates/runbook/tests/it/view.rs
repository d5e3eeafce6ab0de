//! What status, report and dashboard are given.

use daybreak_runbook::{Conductor, StepError, View};
use serde_json::{Value, json};

use crate::toy::{self, Table};

async fn view(table: &Table) -> Value {
    let store = table.store();
    let view = View::load(store.as_ref(), store.as_ref(), &Conductor::this_process("x"))
        .await
        .unwrap();
    serde_json::to_value(&view).unwrap()
}

#[tokio::test]
async fn a_stuck_run_is_shown_with_everything_a_person_needs() {
    let table = Table::new();
    table.break_beat(
        "act promote",
        99,
        Some(StepError::new("the target is gone").with_hint("look at the target")),
    );
    table.break_beat("undo fence", 1, None);
    table.run(toy::cutover(&table.world)).await.unwrap();
    let view = view(&table).await;
    assert_eq!(view["chain"]["broken"], Value::Null);
    assert_eq!(view["chain"]["records"], table.told().await.len());
    assert_eq!(view["conductor"], Value::Null, "nobody conducts now");

    let run = &view["runs"][0];
    assert_eq!(run["status"], "stuck");
    assert_eq!(
        (&run["failed"], &run["undo"], &run["why"]),
        (&json!("promote"), &json!("fence"), &json!("undo is broken"))
    );
    assert_eq!(run["abandoned"], json!(["hold"]));
    let promote = &run["steps"][4];
    assert_eq!(
        (&promote["id"], &promote["step_status"], &promote["span"]),
        (&json!("promote"), &json!("failed"), &json!("switch"))
    );
    assert_eq!(promote["error"]["chain"], json!(["the target is gone"]));
    assert_eq!(promote["error"]["hint"], "look at the target");
    let load = &run["steps"][1];
    assert_eq!(load["evidence"], json!({"switched": "load"}));
    assert_eq!(load["verified"], json!({"on": true}));
    assert_eq!(load["notes"], json!([{"half": true}]));
    assert_eq!(load["deadline_seconds"], 20.0);
    assert!(load["took_seconds"].is_f64());
    assert_eq!(load["undo"], json!({"by": ["SWITCH load OFF"]}));
}

#[tokio::test]
async fn a_view_needs_no_lease_and_names_who_holds_it() {
    let table = Table::new();
    let journal = table.journal(table.store()).await;
    let seen = view(&table).await;
    assert_eq!(
        (&seen["conductor"]["name"], &seen["conductor"]["dead"]),
        (&json!("alice"), &json!(false))
    );
    journal.close().await.unwrap();
}
