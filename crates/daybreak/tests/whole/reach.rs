//! `daybreak reach`: what stands between here and the plan's servers.

use daybreak_sandbox::{AuroraOptions, EstateOptions, ServerKind};
use serde_json::Value;
use tokio::process::Command;

use crate::ground::{self, Ground};

/// Exit status and report.
async fn reached(command: &mut Command) -> (Option<i32>, Value) {
    let output = command.output().await.expect("the program runs");
    let report = ground::json_lines(&output).pop().unwrap_or_else(|| {
        panic!("{}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code(), report)
}

/// What blocks the target, after a change of the plan.
async fn blocked(ground: &Ground, plan: &str, from: &str, to: &str) -> (String, String) {
    assert!(plan.contains(from), "{plan}");
    std::fs::write(ground.plan(), plan.replace(from, to)).expect("the plan");
    let (status, report) = reached(&mut ground.daybreak(&["--format", "json", "reach"])).await;
    assert_eq!(status, Some(3), "{report}");
    assert_eq!(
        report["servers"][0]["blocked"],
        Value::Null,
        "the source is reached: {report}"
    );
    let blocked = &report["servers"][1]["blocked"];
    assert!(
        blocked["hint"].as_str().is_some_and(|hint| !hint.is_empty()),
        "{report}"
    );
    let text = |name: &str| blocked[name].as_str().expect(name).to_owned();
    (text("step"), text("what"))
}

async fn each_step(estate: EstateOptions, cluster: AuroraOptions) {
    let Some(ground) = ground::lay(estate, cluster).await else {
        return;
    };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    let plan = std::fs::read_to_string(ground.plan()).expect("the plan");
    let (status, report) = reached(&mut ground.daybreak(&["--format", "json", "reach"])).await;
    assert_eq!(status, Some(0), "{report}");
    for server in report["servers"].as_array().expect("servers") {
        assert_eq!(
            server["protection"], "encrypted, and the certificate is the server's",
            "{server}"
        );
        assert!(
            server["flavor"].is_string() && server["connect_ms"].is_number(),
            "{server}"
        );
    }
    let port = format!("127.0.0.1:{}", ground.cluster.cluster_port());
    let (step, what) = blocked(&ground, &plan, &port, "no-such-host.invalid:3306").await;
    assert!(
        step == "name" && what.contains("no-such-host.invalid"),
        "{step}: {what}"
    );
    let free = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound").port()
    };
    let (step, what) = blocked(&ground, &plan, &port, &format!("127.0.0.1:{free}")).await;
    assert!(
        step == "port" && what.contains("nothing listens there"),
        "{step}: {what}"
    );
    // Signed by an authority that nobody here trusts.
    let (source, target) = plan.split_once("[target]").expect("a target");
    let (trusting, _) = target.split_once("&ca=").expect("an authority");
    let url = trusting.rsplit('"').next().expect("a URL");
    let (_, authority) = target.split_once("&ca=").expect("an authority");
    let authority = authority.split(['"', '&']).next().expect("a file");
    let distrusting = format!(
        "{source}[target]{}",
        target.replace(&format!("&ca={authority}"), "")
    );
    let (step, what) = blocked(&ground, &distrusting, url, url).await;
    assert!(step == "tls" && what.contains("ertificate"), "{step}: {what}");
    std::fs::write(ground.plan(), &plan).expect("the plan");
    let mut wrong = ground.daybreak(&["--format", "json", "reach"]);
    let (status, report) = reached(wrong.env("DAYBREAK_TARGET_PASSWORD", "not-the-password")).await;
    assert_eq!(
        (status, report["servers"][1]["blocked"]["step"].as_str()),
        (Some(3), Some("login")),
        "{report}"
    );
    assert!(!report.to_string().contains("not-the-password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_to_mysql_has_its_word() {
    each_step(EstateOptions::new(ServerKind::Mysql97), AuroraOptions::mysql()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_to_postgres_has_its_word() {
    each_step(
        EstateOptions::new(ServerKind::Postgres(17)),
        AuroraOptions::postgres(17),
    )
    .await;
}
