//! `daybreak trim` with an archive in a bucket of S3: rows go only once their file is there; killed or refused, it goes on; what is fetched
//! comes back as it was.

use daybreak_sandbox::{AwsStandIn, Refusal, ServerKind, available};

use crate::trim::{Ground, plan, planned};

fn refuse(aws: &AwsStandIn, action: &str, code: &str, status: u16) {
    let refusal = Refusal {
        code: code.to_owned(),
        message: "no".to_owned(),
        status,
        times: 1,
    };
    aws.refuse(action, refusal);
}

async fn in_a_bucket(kind: ServerKind) {
    let Some(ground) = Ground::start(kind).await else {
        return;
    };
    let Some(aws) = available(AwsStandIn::start(&ground.looking.sandbox).await) else {
        return;
    };
    aws.make_bucket("company-archive").await.expect("a bucket");
    let url = ground.looking.url(ground.primary(), &ground.login).await;
    let schema = ground.schema;
    let rules = |place: &str| {
        format!(
            "[trim]\narchive = \"{place}\"\nregion = \"eu-central-1\"\nendpoint_url = \"{}\"\nchunk_rows = 500\n\
             [[trim.rules]]\nname = \"orders\"\ntable = \"{schema}.orders\"\ncolumn = \"made\"\nkeep = \"1 year\"\nchildren = \"first\"\n",
            aws.url()
        )
    };
    let before = ground.content().await;
    let execute = ["--format", "json", "trim", "--execute"];

    // Without the bucket, or refused by it, nothing is deleted.
    plan(&ground, &url, &rules("s3://no-such-bucket/old"));
    let (status, said) = planned(&ground, &execute).await;
    assert!(
        status == Some(1) && said.contains("see that the bucket is there"),
        "{said}"
    );
    plan(&ground, &url, &rules("s3://NOT A BUCKET/old"));
    let (status, said) = planned(&ground, &execute).await;
    assert!(status == Some(2) && said.contains("trim.archive"), "{said}");
    plan(&ground, &url, &rules("s3://company-archive/old"));
    refuse(&aws, "PutObject", "AccessDenied", 403);
    let (status, said) = planned(&ground, &execute).await;
    assert!(status == Some(1) && said.contains("s3:PutObject"), "{said}");
    assert_eq!(ground.content().await, before);
    let (status, said) = planned(&ground, &["--format", "json", "trim"]).await;
    assert!(
        status == Some(0) && said.contains("s3://company-archive/old/orders"),
        "{said}"
    );

    // Killed in its middle; the next run finds out what became of it, and hands over what is left.
    let lines = ground.count(ground.primary(), ground.lines).await;
    crate::trim::killed_with(&ground, &["trim", "--execute"], lines + ground.old().await).await;
    assert!(ground.old().await > 0, "it was killed in its middle");
    let (status, said) = planned(&ground, &execute).await;
    assert!(status == Some(0) && said.contains("\"whole\":true"), "{said}");
    assert_eq!(ground.old().await, 0);
    let on_the_way = ground
        .looking
        .folder
        .path()
        .join(".daybreak/trim/on-the-way/orders");
    let left = std::fs::read_dir(on_the_way).expect("a folder").count();
    assert_eq!(left, 0, "what is in the bucket is nowhere else");

    // Looked through, and put back, from the bucket alone.
    let place = "s3://company-archive/old/orders";
    let (status, said) = planned(&ground, &["trim", "verify", place]).await;
    assert!(
        status == Some(0) && said.contains("as they were written"),
        "{said}"
    );
    let (status, said) = planned(&ground, &["trim", "restore", place]).await;
    assert!(
        status == Some(0) && said.contains("nothing was changed"),
        "{said}"
    );
    let (status, said) = planned(&ground, &["trim", "restore", place, "--execute"]).await;
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(ground.content().await, before);
    let fetched = std::fs::read_dir(ground.looking.folder.path().join(".daybreak/trim")).expect("a folder");
    let left = fetched
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("fetched"));
    assert_eq!(left.count(), 0, "what was fetched is gone");
    let (status, said) = planned(&ground, &["trim", "verify", "s3://company-archive/elsewhere"]).await;
    assert!(status == Some(2) && said.contains("holds no run"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_in_a_bucket() {
    in_a_bucket(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_in_a_bucket() {
    in_a_bucket(ServerKind::Postgres(17)).await;
}
