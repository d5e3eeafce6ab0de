//! `daybreak provision apply --from-backup`: a cluster made from a backup of data files, against a stand-in for AWS.

use std::process::Stdio;

use serde_json::Value;

use crate::looking::list;
use crate::provision::Ground;

/// A backup of data files in S3 becomes a cluster with everything that the plan says; what Aurora does not restore is refused before
/// anything is made.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_made_from_a_backup() {
    let Some(ground) = Ground::lay().await else { return };
    ground.aws.make_bucket("company-backups").await.expect("a bucket");
    for (key, body) in [
        ("shop/backup.xbstream00", "one"),
        ("shop/backup.xbstream01", "two"),
        ("old/backup.tar.gz", "x"),
    ] {
        ground
            .aws
            .put_object("company-backups", key, body.as_bytes())
            .await
            .expect("an object");
    }
    let plan = ground.plan("restored", "", &[("writer", 1), ("reader", 1)]);
    let role = "arn:aws:iam::123456789012:role/reads-backups";
    let from = |place, version| {
        vec![
            "apply",
            "--from-backup",
            place,
            "--backup-of",
            version,
            "--role",
            role,
        ]
    };
    for (place, version, words) in [
        (
            "s3://company-backups/shop",
            "8.0.45",
            "8.0.45 is newer than the 8.0.42 of 3.10",
        ),
        ("s3://company-backups/shop", "5.7.44", "not restored as 8.0.42"),
        ("s3://company-backups/shop", "8.4.3", "by no line"),
        ("s3://company-backups/shop", "8.0.11", "upgrade to 8.0.28 first"),
        ("s3://company-backups/old", "8.0.36", "backup.tar.gz is .tar"),
        (
            "s3://company-backups/none",
            "8.0.36",
            "there is nothing in s3://company-backups/none",
        ),
        ("s3://nobodys-backups/shop", "8.0.36", "the bucket is there"),
        ("company-backups", "8.0.36", "write it as s3://BUCKET/PREFIX"),
    ] {
        let said = ground.refused("restored", &plan, &from(place, version)).await;
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(ground.aws.changes(), [""; 0], "nothing was made");

    let report = ground
        .json("restored", &plan, &from("s3://company-backups/shop", "8.0.36"), 0)
        .await;
    assert_eq!(
        report["position"],
        serde_json::json!({ "file": "mysql-bin.000042", "offset": 4711 })
    );
    let restores = ground.aws.restores();
    let [asked] = restores.as_slice() else {
        panic!("one restore: {restores:?}");
    };
    for (name, value) in [
        ("DBClusterIdentifier", "restored"),
        ("Engine", "aurora-mysql"),
        ("EngineVersion", "8.0.mysql_aurora.3.10.0"),
        ("S3BucketName", "company-backups"),
        ("S3Prefix", "shop"),
        ("S3IngestionRoleArn", role),
        ("SourceEngine", "mysql"),
        ("SourceEngineVersion", "8.0.36"),
        ("StorageEncrypted", "true"),
        ("Tags.Tag.1.Key", "daybreak:cluster"),
    ] {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{asked:?}");
    }
    assert!(
        asked.contains_key("MasterUserPassword") && !asked.contains_key("DatabaseName"),
        "{asked:?}"
    );
    let creations = ground.aws.changes();
    assert!(
        !creations.iter().any(|call| call == "CreateDBCluster"),
        "{creations:?}"
    );
    assert_eq!(ground.census("restored").await[0], 2, "its instances");
    // The same command goes on, and finds everything there; so does one without the backup.
    let again = ground
        .json("restored", &plan, &from("s3://company-backups/shop", "8.0.36"), 0)
        .await;
    assert_eq!(list(&again, "created"), &[] as &[Value]);
    assert_eq!(ground.aws.restores().len(), 1);
    let drift = ground.json("restored", &plan, &["drift"], 0).await;
    assert_eq!(drift["changes"], 0);
}

/// A backup that the program itself made tells what was backed up, and of its place only the stream is restored; one that is not as it
/// was written is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_made_from_a_backup_of_our_own() {
    let Some(ground) = Ground::lay().await else { return };
    let bucket = "company-backups";
    ground.aws.make_bucket(bucket).await.expect("a bucket");
    let version = |patch| serde_json::json!({ "major": 8, "minor": 0, "patch": patch });
    let put = async |place: &str, server: u16, tool: u16, first: &str| {
        let manifest = serde_json::json!({
            "format": 1, "at": "2026-11-27T03:00:00Z", "server": "1", "address": "db1:3306",
            "source": { "product": "Mysql", "version": version(server), "hosting": "SelfManaged" },
            "program": "xtrabackup", "program_version": version(tool),
            "position": { "file": "mysql-bin.000042", "offset": 4711 }, "files": 9, "bytes": 6,
            "parts": [
                { "name": "files/backup.xbstream000000", "bytes": 3, "sha256": "" },
                { "name": "files/backup.xbstream000001", "bytes": 3, "sha256": "" },
            ],
        });
        for (name, body) in [
            ("backup-begun.json", "{}"),
            ("backup.json", &*manifest.to_string()),
            ("files/backup.xbstream000000", first),
            ("files/backup.xbstream000001", "two"),
        ] {
            let put = ground
                .aws
                .put_object(bucket, &format!("{place}/{name}"), body.as_bytes())
                .await;
            put.expect("an object");
        }
    };
    put("shop", 36, 36, "one").await;
    put("short", 36, 36, "on").await;
    put("new", 45, 45, "one").await;
    put("tool", 36, 35, "one").await;
    let plan = ground.plan("ours", "", &[("writer", 1)]);
    let role = "arn:aws:iam::123456789012:role/reads-backups";
    for (place, more, words) in [
        (
            "short",
            &[][..],
            "s3://company-backups/short/files does not hold the 2 parts",
        ),
        ("new", &[], "8.0.45 is newer than the 8.0.42 of 3.10"),
        ("tool", &[], "XtraBackup 8.0.35 does not back 8.0.36 up"),
        ("shop", &["--backup-of", "8.0.30"], "holds a backup of 8.0.36"),
    ] {
        let place = format!("s3://{bucket}/{place}");
        let arguments = [&["apply", "--from-backup", &place, "--role", role], more].concat();
        let said = ground.refused("ours", &plan, &arguments).await;
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(ground.aws.changes(), [""; 0], "nothing was made");
    let place = format!("s3://{bucket}/shop");
    ground
        .json(
            "ours",
            &plan,
            &["apply", "--from-backup", &place, "--role", role],
            0,
        )
        .await;
    let restores = ground.aws.restores();
    let asked = restores.first().expect("a restore");
    assert_eq!(asked.get("S3Prefix").map(String::as_str), Some("shop/files"));
    assert_eq!(
        asked.get("SourceEngineVersion").map(String::as_str),
        Some("8.0.36")
    );
}

/// An instance of RDS, and a snapshot of it, as somebody else made them.
pub(crate) async fn instance(ground: &Ground, name: &str, version: &str) -> String {
    let made = ground
        .aws
        .ask(
            "rds",
            &[
                ("Action", "CreateDBInstance"),
                ("DBInstanceIdentifier", name),
                ("DBInstanceClass", "db.r6g.large"),
                ("Engine", "mysql"),
                ("EngineVersion", version),
                ("MasterUsername", "admin"),
                ("MasterUserPassword", "that-of-the-instance"),
                ("AllocatedStorage", "100"),
                ("BackupRetentionPeriod", "7"),
                ("StorageEncrypted", "true"),
            ],
        )
        .await
        .expect("asked");
    let (_, rest) = made
        .split_once("<DBInstanceArn>")
        .unwrap_or_else(|| panic!("{made}"));
    let arn = rest.split_once('<').expect("an end").0.to_owned();
    let snapshot = format!("{name}-night");
    let made = ground
        .aws
        .ask(
            "rds",
            &[
                ("Action", "CreateDBSnapshot"),
                ("DBInstanceIdentifier", name),
                ("DBSnapshotIdentifier", &snapshot),
            ],
        )
        .await
        .expect("asked");
    assert!(made.contains(&snapshot), "{made}");
    arn
}

/// What only calls of ours changed.
fn since(ground: &Ground, before: usize) -> Vec<String> {
    ground.aws.changes().split_off(before)
}

/// `--from-snapshot`: a snapshot of an RDS instance becomes a cluster with everything that the plan says, and its administrator gets the
/// plan's password.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_made_from_a_snapshot_of_an_instance() {
    let Some(ground) = Ground::lay().await else { return };
    instance(&ground, "db1", "8.0.36").await;
    instance(&ground, "old", "5.7.44").await;
    let before = ground.aws.changes().len();
    let plan = ground.plan("restored", "", &[("writer", 1), ("reader", 1)]);
    let other = ground.plan("restored", "administrator = \"dba\"", &[("writer", 1)]);
    for (plan, snapshot, words) in [
        (&plan, "old-night", "the plan's cluster is of 8.0.42"),
        (&plan, "none", "rds:DescribeDBSnapshots failed for none"),
        (
            &other,
            "db1-night",
            "its administrator is `admin`, and the plan's `dba`",
        ),
    ] {
        let said = ground
            .refused("restored", plan, &["apply", "--from-snapshot", snapshot])
            .await;
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(since(&ground, before), [""; 0], "nothing was made");
    let apply = ["apply", "--from-snapshot", "db1-night"];
    let report = ground.json("restored", &plan, &apply, 0).await;
    assert_eq!(report["position"]["offset"], 4711, "{report}");
    let restores = ground.aws.restores();
    let [asked] = restores.as_slice() else {
        panic!("one restore: {restores:?}");
    };
    for (name, value) in [
        ("Action", "RestoreDBClusterFromSnapshot"),
        ("DBClusterIdentifier", "restored"),
        ("SnapshotIdentifier", "db1-night"),
        ("Engine", "aurora-mysql"),
        ("EngineVersion", "8.0.mysql_aurora.3.10.0"),
        ("DBSubnetGroupName", "restored"),
        ("Tags.Tag.1.Key", "daybreak:cluster"),
    ] {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{asked:?}");
    }
    assert!(!asked.contains_key("MasterUsername") && !asked.contains_key("MasterUserPassword"));
    let calls = since(&ground, before);
    assert!(!calls.iter().any(|call| call == "CreateDBCluster"), "{calls:?}");
    assert!(
        calls.iter().any(|call| call == "ModifyDBCluster"),
        "its password: {calls:?}"
    );
    assert_eq!(ground.census("restored").await[0], 2, "its instances");
    let drift = ground.json("restored", &plan, &["drift"], 0).await;
    assert_eq!(drift["changes"], 0);

    // Killed in the call that restores, or in the one that sets the password, before or after AWS has it, it goes on with one cluster.
    for action in ["RestoreDBClusterFromSnapshot", "ModifyDBCluster"] {
        let nth = calls.iter().rposition(|call| call == action).expect("a call") + 1;
        for done in [false, true] {
            let name = format!("{}-{done}", action.to_lowercase());
            let plan = ground.plan(&name, "", &[("writer", 1), ("reader", 1)]);
            let held = ground.aws.hold(nth, done);
            let mut command = ground.command(&name, &plan, &apply);
            let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = quiet.spawn().expect("it starts");
            assert_eq!(held.come().await.as_deref(), Some(action));
            child.kill().await.expect("killed");
            let before = ground.aws.changes().len();
            ground.json(&name, &plan, &apply, 0).await;
            let restores = ground.aws.restores();
            let of_it = restores
                .iter()
                .filter(|form| form.get("DBClusterIdentifier") == Some(&name));
            assert_eq!(of_it.count(), 1, "{action}, done: {done}");
            let calls = since(&ground, before);
            assert!(
                calls.iter().any(|call| call == "ModifyDBCluster")
                    && !calls.iter().any(|call| call == "CreateDBCluster"),
                "{action}, done: {done}: {calls:?}"
            );
            assert_eq!(ground.census(&name).await[0], 2, "{action}, done: {done}");
            assert_eq!(ground.json(&name, &plan, &["drift"], 0).await["changes"], 0);
        }
    }
}

/// `--replica-of` and `promote`: a cluster follows an RDS instance until it stands alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_follows_an_instance_and_is_promoted() {
    let Some(ground) = Ground::lay().await else { return };
    let arn = instance(&ground, "db1", "8.0.36").await;
    let before = ground.aws.changes().len();
    let plan = ground.plan("following", "", &[("writer", 1)]);
    let report = ground
        .json("following", &plan, &["apply", "--replica-of", &arn], 0)
        .await;
    assert!(list(&report, "created").len() > 5, "{report}");
    let asked = ground.aws.restores().pop().expect("a replica");
    assert_eq!(asked.get("ReplicationSourceIdentifier"), Some(&arn));
    for absent in ["MasterUsername", "MasterUserPassword", "DatabaseName"] {
        assert!(!asked.contains_key(absent), "{absent}");
    }
    let again = ground
        .json("following", &plan, &["apply", "--replica-of", &arn], 0)
        .await;
    assert_eq!(list(&again, "created"), &[] as &[Value]);

    let shown = ground.json("following", &plan, &["promote"], 0).await;
    assert_eq!(
        (shown["followed"].as_str(), &shown["executed"]),
        (Some(&*arn), &Value::Bool(false))
    );
    let promotions = || {
        since(&ground, before)
            .iter()
            .filter(|call| call.starts_with("Promote"))
            .count()
    };
    assert_eq!(promotions(), 0, "nothing was changed");
    ground
        .json("following", &plan, &["promote", "--execute"], 0)
        .await;
    assert_eq!(promotions(), 1);
    let calls = since(&ground, before);
    assert_eq!(
        calls.last().map(String::as_str),
        Some("ModifyDBCluster"),
        "its password"
    );
    // Once more, it stands alone already.
    let alone = ground
        .json("following", &plan, &["promote", "--execute"], 0)
        .await;
    assert_eq!((&alone["followed"], promotions()), (&Value::Null, 1));
}
