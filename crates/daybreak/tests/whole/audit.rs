//! `daybreak audit` finds every hole that was planted, in the plan file, on a server and at AWS, and nothing on a clean estate.

use std::collections::BTreeSet;

use daybreak_sandbox::{Estate, EstateOptions, ServerKind, available};
use serde_json::Value;

use crate::looking::Looking;
use crate::provision::Ground;

/// Id and object of everything found.
fn found(report: &Value) -> BTreeSet<(String, String)> {
    let all = report.as_array().expect("a list").iter();
    let all = all.filter(|finding| finding["told"] == "found" && finding["severity"] != "note");
    all.map(|finding| {
        let text = |key: &str| finding[key].as_str().expect("text").to_owned();
        (text("id"), text("object"))
    })
    .collect()
}

fn set(holes: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    holes
        .iter()
        .map(|(id, object)| ((*id).to_owned(), (*object).to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_cluster() {
    let Some(ground) = Ground::lay().await else {
        return;
    };
    let plan = ground.plan("shop", "", &[("writer", 1), ("reader", 1)]);
    let nothing = ground.json("shop", &plan, &["audit"], 6).await;
    assert_eq!(nothing[0]["evidence"], "could not tell: there is no such cluster");
    ground.json("shop", &plan, &["apply"], 0).await;
    ground.json("shop", &plan, &["snapshot", "kept"], 0).await;
    let clean = ground.json("shop", &plan, &["audit"], 0).await;
    assert_eq!(clean, Value::Array(Vec::new()), "a cluster of ours has none");

    let advised = ground
        .json("shop", &plan, &["audit", "--best-practices"], 0)
        .await;
    assert_eq!(advised, Value::Array(Vec::new()), "and follows AWS's advice");
    for form in [
        &[
            ("Action", "ModifyDBInstance"),
            ("DBInstanceIdentifier", "shop-reader-1"),
            ("DBInstanceClass", "db.t4g.large"),
            ("ApplyImmediately", "true"),
        ] as &[(&str, &str)],
        &[("Action", "DeleteAlarms"), ("AlarmNames.member.1", "shop-cpu")],
    ] {
        let service = if form[0].1 == "DeleteAlarms" {
            "monitoring"
        } else {
            "rds"
        };
        ground.ask(service, form).await;
    }
    let advised = found(
        &ground
            .json("shop", &plan, &["audit", "--best-practices"], 3)
            .await,
    );
    assert_eq!(
        advised,
        set(&[
            ("aws.practice.burstable_class", "instance shop-reader-1"),
            ("aws.practice.failover_class", "instance shop-reader-1"),
            ("aws.practice.no_alarm", "cluster shop"),
        ])
    );
    let group = ground
        .ask(
            "ec2",
            &[
                ("Action", "DescribeSecurityGroups"),
                ("Filter.1.Name", "group-name"),
                ("Filter.1.Value.1", "shop-db"),
            ],
        )
        .await;
    let id = group
        .split("<groupId>")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("an id")
        .to_owned();
    for (list, key, network) in [
        ("IpRanges", "CidrIp", "0.0.0.0/0"),
        ("Ipv6Ranges", "CidrIpv6", "::/0"),
    ] {
        let network = (&*format!("IpPermissions.1.{list}.1.{key}"), network);
        let open = [
            ("Action", "AuthorizeSecurityGroupIngress"),
            ("GroupId", &*id),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "3306"),
            ("IpPermissions.1.ToPort", "3306"),
            network,
        ];
        ground.ask("ec2", &open).await;
    }
    for form in [
        &[
            ("Action", "ModifyDBInstance"),
            ("DBInstanceIdentifier", "shop-reader-1"),
            ("PubliclyAccessible", "true"),
            ("ApplyImmediately", "true"),
        ] as &[(&str, &str)],
        &[
            ("Action", "ModifyDBCluster"),
            ("DBClusterIdentifier", "shop"),
            ("BackupRetentionPeriod", "1"),
            ("DeletionProtection", "false"),
        ],
        &[
            ("Action", "ModifyDBClusterParameterGroup"),
            ("DBClusterParameterGroupName", "shop-cluster"),
            ("Parameters.Parameter.1.ParameterName", "require_secure_transport"),
            ("Parameters.Parameter.1.ParameterValue", "OFF"),
            ("Parameters.Parameter.1.ApplyMethod", "immediate"),
        ],
        &[
            ("Action", "ModifyDBClusterSnapshotAttribute"),
            ("DBClusterSnapshotIdentifier", "kept"),
            ("AttributeName", "restore"),
            ("ValuesToAdd.AttributeValue.1", "all"),
        ],
    ] {
        ground.ask("rds", form).await;
    }
    let holes = found(&ground.json("shop", &plan, &["audit"], 3).await);
    let group = format!("security group {id}");
    let expected = set(&[
        ("aws.group.open", &group),
        ("aws.instance.public", "instance shop-reader-1"),
        ("aws.cluster.backups", "cluster shop"),
        ("aws.cluster.deletion_protection", "cluster shop"),
        (
            "aws.cluster.tls_not_required",
            "cluster parameter group shop-cluster",
        ),
        ("aws.snapshot.public", "snapshot kept"),
    ]);
    assert_eq!(holes, expected);

    // What is known and accepted, in a plan that has nothing but its cluster.
    let waiver = |check: &str| {
        format!("\n[[waivers]]\ncheck = \"{check}\"\nreason = \"until Monday\"\nexpires = 2999-01-01\n")
    };
    let waived: String = expected.iter().map(|(id, _)| waiver(id)).collect();
    let report = ground
        .json("shop", &format!("{plan}{waived}"), &["audit"], 0)
        .await;
    assert!(
        report
            .as_array()
            .expect("a list")
            .iter()
            .all(|finding| finding["waived"] == "until Monday")
    );

    // One that somebody else made, in the clear.
    ground
        .ask(
            "rds",
            &[
                ("Action", "CreateDBCluster"),
                ("DBClusterIdentifier", "bare"),
                ("Engine", "aurora-mysql"),
                ("MasterUsername", "admin"),
                ("MasterUserPassword", "Wx73longer"),
                ("BackupRetentionPeriod", "7"),
            ],
        )
        .await;
    let bare = ground.plan("bare", "", &[("writer", 1)]);
    let expected = found(&ground.json("bare", &bare, &["audit"], 3).await);
    assert!(
        expected.contains(&("aws.cluster.logs".to_owned(), "cluster bare".to_owned())),
        "{expected:?}"
    );
    assert!(
        expected.contains(&("aws.storage.unencrypted".to_owned(), "cluster bare".to_owned())),
        "{expected:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_plan_file_and_a_server() {
    let looking = Looking::new();
    let estate = Estate::start(&looking.sandbox, EstateOptions::new(ServerKind::Mysql97)).await;
    let Some(estate) = available(estate) else {
        return;
    };
    estate
        .primary
        .rows("CREATE USER open@'127.0.0.1'")
        .await
        .expect("made");
    let plan = looking.folder.path().join("daybreak.toml");
    let secrets = ["hunter2", "AKIAIOSFODNN7EXAMPLE", "letmein"];
    let text = "[source]\nurl = \"mysql://dba:hunter2@127.0.0.1:3306/\"\n# key = \"AKIAIOSFODNN7EXAMPLE\"\nadmin_password = \"letmein\"\n";
    std::fs::write(&plan, text).expect("written");
    for format in ["json", "text"] {
        let output = looking
            .run(&estate.primary, &estate.admin, &["--format", format, "audit"])
            .await;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(
            !secrets
                .iter()
                .any(|secret| printed.contains(secret) || said.contains(secret)),
            "{printed}"
        );
        if format == "json" {
            let report: Value = serde_json::from_str(&printed).expect("JSON");
            let holes = found(&report);
            for hole in [
                ("plan.secret", "line 2"),
                ("plan.secret", "line 3"),
                ("plan.secret", "line 4"),
                ("mysql.account.empty_password", "'open'@'127.0.0.1'"),
                ("mysql.setting.tls_not_required", "require_secure_transport"),
            ] {
                assert!(
                    holes.contains(&(hole.0.to_owned(), hole.1.to_owned())),
                    "{hole:?} in {holes:#?}"
                );
            }
        }
    }
    // Without a server the file is looked at alone, though it cannot be used.
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_daybreak"));
    let output = command
        .args(["--format", "json", "--plan"])
        .arg(&plan)
        .arg("audit")
        .output()
        .await
        .expect("it runs");
    assert_eq!(output.status.code(), Some(3));
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        printed.contains("plan.secret") && !printed.contains("hunter2"),
        "{printed}"
    );
}
