//! `provider = "existing"`: a cluster that somebody else made, held against the plan and never changed.

use serde_json::Value;

use crate::looking::list;
use crate::provision::Ground;

async fn ask(ground: &Ground, form: &[(&str, &str)]) {
    let answer = ground.aws.ask("rds", form).await.expect("asked");
    assert!(!answer.contains("<Error>"), "{form:?}: {answer}");
}

/// A cluster as a console makes it: with names of its own, and one instance more than the plan has.
async fn somebodys(ground: &Ground) {
    let [one, other, ..] = ground.subnets.as_slice() else {
        panic!("two subnets");
    };
    ask(
        ground,
        &[
            ("Action", "CreateDBSubnetGroup"),
            ("DBSubnetGroupName", "company-subnets"),
            ("DBSubnetGroupDescription", "all"),
            ("SubnetIds.SubnetIdentifier.1", one),
            ("SubnetIds.SubnetIdentifier.2", other),
        ],
    )
    .await;
    ask(
        ground,
        &[
            ("Action", "CreateDBClusterParameterGroup"),
            ("DBClusterParameterGroupName", "company-parameters"),
            ("DBParameterGroupFamily", "aurora-mysql8.0"),
            ("Description", "all"),
        ],
    )
    .await;
    ask(
        ground,
        &[
            ("Action", "CreateDBCluster"),
            ("DBClusterIdentifier", "legacy"),
            ("Engine", "aurora-mysql"),
            ("EngineVersion", "8.0.mysql_aurora.3.08.0"),
            ("MasterUsername", "admin"),
            ("MasterUserPassword", "that-of-somebody"),
            ("DBSubnetGroupName", "company-subnets"),
            ("DBClusterParameterGroupName", "company-parameters"),
            ("StorageEncrypted", "true"),
            ("BackupRetentionPeriod", "7"),
        ],
    )
    .await;
    for (name, class, tier) in [
        ("legacy-0", "db.r6g.large", "1"),
        ("legacy-1", "db.r5.large", "2"),
        ("legacy-2", "db.r6g.large", "2"),
    ] {
        ask(
            ground,
            &[
                ("Action", "CreateDBInstance"),
                ("DBInstanceIdentifier", name),
                ("DBClusterIdentifier", "legacy"),
                ("DBInstanceClass", class),
                ("Engine", "aurora-mysql"),
                ("PromotionTier", tier),
            ],
        )
        .await;
    }
}

fn of<'a>(report: &'a Value, kind: &str) -> Vec<&'a Value> {
    list(report, "resources")
        .iter()
        .filter(|resource| resource["kind"] == kind)
        .collect()
}

fn differing(resource: &Value) -> Vec<&str> {
    let differences = resource["differences"].as_array().into_iter().flatten();
    differences
        .filter_map(|difference| difference["name"].as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_somebody_else_is_held_against_the_plan() {
    let Some(ground) = Ground::lay().await else { return };
    somebodys(&ground).await;
    let before = ground.aws.changes().len();
    let plan = ground.plan(
        "legacy",
        "provider = \"existing\"",
        &[("writer", 1), ("reader", 1)],
    );
    let report = ground.json("legacy", &plan, &["drift"], 3).await;
    let [cluster] = of(&report, "cluster")[..] else {
        panic!("{report}");
    };
    assert!(differing(cluster).contains(&"version"), "{cluster}");
    assert!(
        !differing(cluster).contains(&"parameters"),
        "its own names are no difference: {cluster}"
    );
    let [writer, reader] = of(&report, "instance")[..] else {
        panic!("{report}");
    };
    assert!(!differing(writer).contains(&"class"), "{writer}");
    assert!(differing(reader).contains(&"class"), "{reader}");
    assert_eq!(list(&report, "beside"), ["legacy-2"]);
    let parameters = of(&report, "cluster_parameters");
    assert!(
        differing(parameters[0]).contains(&"parameter character_set_server"),
        "{parameters:?}"
    );
    assert!(
        of(&report, "secret").is_empty() && of(&report, "alarm").is_empty(),
        "they are somebody's"
    );

    for what in [
        &["apply"][..],
        &["promote", "--execute"],
        &["destroy", "--name", "legacy", "--without-snapshot"],
    ] {
        let said = ground.refused("legacy", &plan, what).await;
        assert!(said.contains("somebody else made legacy"), "{what:?}: {said}");
    }
    assert_eq!(ground.aws.changes().len(), before, "nothing was changed");
    let none = ground.plan("nowhere", "provider = \"existing\"", &[("writer", 1)]);
    let said = ground.refused("nowhere", &none, &["plan"]).await;
    assert!(said.contains("there is no cluster of that name"), "{said}");
}
