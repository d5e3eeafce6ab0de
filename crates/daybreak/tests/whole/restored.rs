//! `daybreak provision apply --from-backup`: a cluster made from a backup of data files, against a stand-in for AWS.

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
