//! Changes that start instances again: left to the maintenance window, taken back with the plan, or done at once by `--now`.

use crate::provision::{Ground, changed, texts};

/// Another class and another version start instances again: they are left to the maintenance window, unless they are asked for at once,
/// and what else is changed does not bring them forward.
#[tokio::test(flavor = "multi_thread")]
async fn what_starts_instances_again_waits_for_the_window() {
    let Some(ground) = Ground::lay().await else {
        return;
    };
    let plan = ground.plan("shop", "deletion_protection = false", &[("writer", 1)]);
    ground.json("shop", &plan, &["apply"], 0).await;
    let is = async || {
        let cluster = [("Action", "DescribeDBClusters"), ("DBClusterIdentifier", "shop")];
        let cluster = ground.ask("rds", &cluster).await;
        let writer = [
            ("Action", "DescribeDBInstances"),
            ("DBInstanceIdentifier", "shop-writer"),
        ];
        let writer = ground.ask("rds", &writer).await;
        let one = |text: &str, name: &str| texts(text, name).remove(0);
        [
            one(&cluster, "EngineVersion"),
            one(&cluster, "BackupRetentionPeriod"),
            one(&writer, "DBInstanceClass"),
        ]
    };
    let [version, days, class] = is().await;
    assert_eq!([&*version, &class], ["8.0.mysql_aurora.3.10.0", "db.r6g.large"]);

    let larger = plan
        .replace("3.10.0", "3.10.1")
        .replace("db.r6g.large", "db.r6g.xlarge")
        .replacen("backup_window", "backup_days = 21\nbackup_window", 1);
    let shown = ground.run("shop", &larger, &["plan", "--format", "text"]).await;
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let said = "(starts it again: in the maintenance window, or at once with `apply --now`)";
    for line in [
        "    class: db.r6g.large -> db.r6g.xlarge ",
        "    version: 8.0.mysql_aurora.3.10.0 -> 8.0.mysql_aurora.3.10.1 ",
    ] {
        assert!(shown.contains(&format!("{line}{said}")), "{shown}");
    }
    let done = ground.json("shop", &larger, &["apply"], 0).await;
    let waiting = serde_json::json!(["cluster shop: version", "instance shop-writer: class"]);
    assert_eq!(done["waiting_for_window"], waiting, "{done}");
    assert!(days != "21");
    assert_eq!(is().await, [&*version, "21", &class], "the rest is at once");

    // It is nothing that somebody changed, and asked for once.
    let drift = ground.json("shop", &larger, &["drift"], 0).await;
    assert_eq!(changed(&drift), ["shop: version", "shop-writer: class"]);
    assert_eq!(drift["changes"], 0);
    assert_eq!(done["updated"], serde_json::json!(["cluster shop"]), "{done}");
    let before = ground.aws.changes().len();
    let again = ground.json("shop", &larger, &["apply"], 0).await;
    assert_eq!(again["waiting_for_window"], waiting, "{again}");
    assert_eq!(ground.aws.changes().len(), before);
    // At AWS, a change at once makes everything that waits, too.
    let fewer = larger.replace("backup_days = 21", "backup_days = 14");
    ground.json("shop", &fewer, &["apply"], 0).await;
    assert_eq!(is().await, [&*version, "14", &class]);

    // The class is put back before it was made: what waits is taken back, and `--now` does the rest only.
    let back = fewer.replace("db.r6g.xlarge", "db.r6g.large");
    let shown = ground.run("shop", &back, &["plan", "--format", "text"]).await;
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let line =
        "class: db.r6g.xlarge waits for the maintenance window, and is taken back: it stays db.r6g.large";
    assert!(shown.contains(line), "{shown}");
    let drift = ground.json("shop", &back, &["drift"], 3).await;
    assert_eq!(drift["changes"], 1, "{drift}");
    let taken_back = serde_json::json!(["instance shop-writer: class"]);
    let told = ground.json("shop", &back, &["apply"], 0).await;
    assert_eq!(told["taken_back"], taken_back, "{told}");
    let drift = ground.json("shop", &back, &["drift"], 0).await;
    assert_eq!(changed(&drift), ["shop: version"]);
    ground.json("shop", &fewer, &["apply"], 0).await;
    let told = ground.json("shop", &back, &["apply", "--now"], 0).await;
    assert_eq!(told["taken_back"], taken_back, "{told}");
    assert_eq!(is().await, ["8.0.mysql_aurora.3.10.1", "14", "db.r6g.large"]);

    // Another port waits for no window: it is done where it is asked for at once.
    let fewer = fewer.replacen("backup_window", "port = 3307\nbackup_window", 1);
    let shown = ground.run("shop", &fewer, &["plan", "--format", "text"]).await;
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let line = "port: 3306 -> 3307 (at once: its instances start again; only with `apply --now`)";
    assert!(shown.contains(line), "{shown}");
    let before = ground.aws.changes().len();
    let said = ground.refused("shop", &fewer, &["apply"]).await;
    assert!(
        said.contains("cluster shop: another port starts its instances again at once")
            && said.contains("`provision apply --now`"),
        "{said}"
    );
    assert_eq!(ground.aws.changes().len(), before, "nothing was changed");

    let now = ground.json("shop", &fewer, &["apply", "--now"], 0).await;
    assert_eq!(now["waiting_for_window"], serde_json::json!([]), "{now}");
    assert_eq!(is().await, ["8.0.mysql_aurora.3.10.1", "14", "db.r6g.xlarge"]);
    let drift = ground.json("shop", &fewer, &["drift"], 0).await;
    assert!(changed(&drift).is_empty(), "{drift}");
}
