//! `daybreak provision` of Aurora PostgreSQL: the same roles by its own engine, port, parameters and alarms.

use crate::looking::list;
use crate::provision::{Ground, ROLES, changed, texts};

/// The plan of the MySQL cluster, for the other engine.
pub(crate) fn postgres(plan: &str) -> String {
    let parts = [
        (
            "engine = \"aurora-mysql\"\nversion = \"8.0.mysql_aurora.3.10.0\"",
            "engine = \"aurora-postgresql\"\nversion = \"17.7\"",
        ),
        (
            "{ aurora_parallel_query = true, max_execution_time = 0 }",
            "{ work_mem = 262144 }",
        ),
        ("character_set_server = \"utf8mb4\"", "statement_timeout = 60000"),
    ];
    parts.iter().fold(plan.to_owned(), |plan, (mysql, postgres)| {
        assert!(plan.contains(mysql), "{plan}");
        plan.replace(mysql, postgres)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_cluster_of_every_role_lives_and_goes() {
    let Some(ground) = Ground::lay().await else {
        return;
    };
    let plan = postgres(&ground.plan("ledger", "deletion_protection = false", &ROLES));
    let made = ground.json("ledger", &plan, &["apply"], 0).await;
    let all = list(&made, "created").len();
    // One alarm more than of MySQL: transaction identifiers run out.
    assert_eq!(ground.census("ledger").await, [6, 1, 1, 6]);
    let again = ground.json("ledger", &plan, &["apply"], 0).await;
    assert!(
        list(&again, "created").is_empty() && list(&again, "updated").is_empty(),
        "{again}"
    );
    assert_eq!(ground.json("ledger", &plan, &["drift"], 0).await["changes"], 0);

    let cluster = [
        ("Action", "DescribeDBClusters"),
        ("DBClusterIdentifier", "ledger"),
    ];
    let cluster = ground.ask("rds", &cluster).await;
    for (element, is) in [
        ("Engine", "aurora-postgresql"),
        ("EngineVersion", "17.7"),
        ("Port", "5432"),
        ("DBClusterParameterGroup", "ledger-cluster"),
    ] {
        assert_eq!(
            texts(&cluster, element).first().map(String::as_str),
            Some(is),
            "{cluster}"
        );
    }
    let instances = ground.ask("rds", &[("Action", "DescribeDBInstances")]).await;
    assert_eq!(texts(&instances, "Engine"), ["aurora-postgresql"; 6]);
    let groups = [
        ("Action", "DescribeSecurityGroups"),
        ("Filter.1.Name", "group-name"),
        ("Filter.1.Value.1", "ledger-db"),
    ];
    let groups = ground.ask("ec2", &groups).await;
    let ports = texts(&groups, "fromPort");
    assert!(
        !ports.is_empty() && ports.iter().all(|port| port == "5432"),
        "{groups}"
    );
    // Every parameter counts, those that replication needs by a restart.
    let parameters = [
        ("Action", "DescribeDBClusterParameters"),
        ("DBClusterParameterGroupName", "ledger-cluster"),
        ("Source", "user"),
    ];
    let parameters = ground.ask("rds", &parameters).await;
    let value = |name: &str| {
        let mut all = texts(&parameters, "Parameter").into_iter();
        let one = all.find(|one| texts(one, "ParameterName") == [name])?;
        texts(&one, "ParameterValue").pop()
    };
    for (name, is) in [
        ("rds.force_ssl", "1"),
        ("rds.logical_replication", "1"),
        ("statement_timeout", "60000"),
    ] {
        assert_eq!(value(name).as_deref(), Some(is), "{name}: {parameters}");
    }
    let own = [
        ("Action", "DescribeDBParameterGroups"),
        ("DBParameterGroupName", "ledger-bi"),
    ];
    let own = ground.ask("rds", &own).await;
    assert_eq!(texts(&own, "DBParameterGroupFamily"), ["aurora-postgresql17"]);

    // Somebody turns replication off by hand.
    let off = [
        ("Action", "ModifyDBClusterParameterGroup"),
        ("DBClusterParameterGroupName", "ledger-cluster"),
        ("Parameters.Parameter.1.ParameterName", "rds.logical_replication"),
        ("Parameters.Parameter.1.ParameterValue", "0"),
        ("Parameters.Parameter.1.ApplyMethod", "pending-reboot"),
    ];
    ground.ask("rds", &off).await;
    let drifted = ground.json("ledger", &plan, &["drift"], 3).await;
    assert_eq!(
        changed(&drifted),
        ["ledger-cluster: parameter rds.logical_replication"]
    );
    ground.json("ledger", &plan, &["apply"], 0).await;
    assert_eq!(ground.json("ledger", &plan, &["drift"], 0).await["changes"], 0);

    let to = ["failover", "--to", "ledger-failover", "--execute"];
    assert_eq!(
        ground.json("ledger", &plan, &to, 0).await["writer"],
        "ledger-failover"
    );
    let destroy = ["destroy", "--name", "ledger", "--last-snapshot", "after"];
    let gone = ground.json("ledger", &plan, &destroy, 0).await;
    assert_eq!(list(&gone, "deleted").len(), all);
    assert_eq!(ground.census("ledger").await, [0, 0, 0, 0]);
}
