//! `daybreak provision` asks the plan's newest assessment whether its servers can go to the version.

use daybreak_sandbox::{Estate, EstateOptions, ServerKind, available};
use serde_json::Value;

use crate::looking::list;
use crate::provision::Ground;
use crate::provision_postgres::postgres;

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_the_assessment_rules_out_is_refused() {
    let Some(ground) = Ground::lay().await else { return };
    let options = EstateOptions::new(ServerKind::Postgres(17));
    let Some(estate) = available(Estate::start(&ground.looking.sandbox, options).await) else {
        return;
    };
    let source = ground.looking.url(&estate.primary, &estate.admin).await;
    let folder = ground.looking.folder.path();
    std::fs::write(folder.join("link"), "of-the-link").expect("written");
    let migration = format!(
        r#"
[migration]
name = "ledger"
schemas = ["shop"]
[source]
url = "{source}"
password = {{ env = "DAYBREAK_SOURCE_PASSWORD" }}
[target]
url = "postgres://dba@ledger.example:5432/shop"
password = {{ env = "DAYBREAK_SOURCE_PASSWORD" }}
[replication]
password = {{ file = "link" }}
gtid = false
"#
    );
    let roles = [("writer", 1), ("bi", 1)];
    let cluster = ground.plan("ledger", "deletion_protection = false", &roles);
    let plan = format!("{migration}{}", postgres(&cluster));
    let older = plan.replace("version = \"17.7\"", "version = \"16.8\"");

    // Nobody has looked yet: that is said, and no more.
    let planned = ground.json("ledger", &plan, &["plan"], 0).await;
    assert!(
        planned["assessment"]["besides"]
            .to_string()
            .contains("not assessed yet"),
        "{planned}"
    );
    std::fs::write(folder.join("ledger.toml"), &plan).expect("a plan");
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_daybreak"));
    command
        .args(["--format=json", "assess", "--plan"])
        .arg(folder.join("ledger.toml"))
        .env("DAYBREAK_SOURCE_PASSWORD", estate.admin.password())
        .kill_on_drop(true);
    let output = command.output().await.expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 3 | 6)), "{said}");

    let said = ground.refused("ledger", &older, &["apply"]).await;
    assert!(
        said.contains("Aurora 16.8 is ruled out by the assessment of 2")
            && said.contains("no way leads from there to Aurora PostgreSQL 16.8")
            && said.contains("hint: nothing was changed"),
        "{said}"
    );
    assert_eq!(ground.aws.changes(), [""; 0], "nothing was made");
    let planned = ground.json("ledger", &older, &["plan"], 0).await;
    assert_eq!(list(&planned["assessment"], "ruled_out").len(), 1, "{planned}");

    ground.json("ledger", &plan, &["apply"], 0).await;
    // It stands: what was chosen is not asked for again.
    let planned = ground.json("ledger", &plan, &["plan"], 0).await;
    assert_eq!(planned["assessment"], Value::Null);
    assert_eq!(ground.json("ledger", &plan, &["drift"], 0).await["changes"], 0);
}
