//! `daybreak trim` with an archive in a bucket, and the machine that a run was killed on is gone with its folder: the next run, on any
//! other, settles it by what the bucket holds; and what a rule set aside that is in the plan no more.

use std::process::Stdio;

use daybreak_sandbox::{AwsStandIn, ServerKind, available};

use crate::looking::run;
use crate::trim::{Ground, killed_with, plan, planned, planned_command};

/// A table of one old partition and one of what is left.
fn visits(ground: &Ground) -> (String, &'static str) {
    if ground.schema == "public" {
        let made = "CREATE TABLE public.visits (id int NOT NULL, made timestamptz NOT NULL, page text, PRIMARY KEY (id, made)) PARTITION BY RANGE (made); \
             CREATE TABLE public.old PARTITION OF public.visits FOR VALUES FROM (MINVALUE) TO ('2021-01-01'); \
             CREATE TABLE public.later PARTITION OF public.visits DEFAULT; \
             INSERT INTO public.visits SELECT n, CASE WHEN n % 5 = 0 THEN now() ELSE '2020-05-05' END, 'p' || n FROM generate_series(0, 49999) AS n";
        (
            made.to_owned(),
            "CREATE TABLE public.old PARTITION OF public.visits FOR VALUES FROM (MINVALUE) TO ('2021-01-01')",
        )
    } else {
        let made = "CREATE TABLE visits (id INT NOT NULL, made DATETIME NOT NULL, page VARCHAR(40), PRIMARY KEY (id, made)) PARTITION BY RANGE (TO_DAYS(made)) \
             (PARTITION old VALUES LESS THAN (TO_DAYS('2021-01-01')), PARTITION later VALUES LESS THAN MAXVALUE); \
             INSERT INTO visits SELECT n, IF(n % 5 = 0, NOW(), '2020-05-05'), CONCAT('p', n) FROM \
             (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d AS n \
              FROM digits AS a, digits AS b, digits AS c, digits AS d, digits AS e WHERE e.d < 5) AS n";
        (made.to_owned(), "SELECT 1")
    }
}

async fn asides(ground: &Ground) -> u64 {
    ground
        .count(
            ground.primary(),
            "information_schema.tables WHERE table_name LIKE 'daybreak_trim%'",
        )
        .await
}

/// Kills a run of the plan as soon as a partition was set aside, before any of it is known to be in a file.
async fn killed_once_aside(ground: &Ground, old: &str) {
    let mut child = planned_command(ground, &["trim", "--execute"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    while ground.count(ground.primary(), old).await > 0 {
        assert!(
            child.try_wait().expect("asked").is_none(),
            "it ended before it was killed"
        );
    }
    child.kill().await.expect("killed");
    assert_eq!(asides(ground).await, 1, "it was killed in its middle");
}

async fn a_lost_machine(kind: ServerKind) {
    let Some(ground) = Ground::start(kind).await else {
        return;
    };
    // Partitions are for the tables' owner.
    let ground = ground.with_admin();
    let Some(aws) = available(AwsStandIn::start(&ground.looking.sandbox).await) else {
        return;
    };
    aws.make_bucket("company-archive").await.expect("a bucket");
    let url = ground.looking.url(ground.primary(), &ground.login).await;
    let schema = ground.schema;
    let rules = |rule: &str| {
        format!(
            "[trim]\narchive = \"s3://company-archive/old\"\nregion = \"eu-central-1\"\nendpoint_url = \"{}\"\nchunk_rows = 500\n\
             [[trim.rules]]\ncolumn = \"made\"\nkeep = \"1 year\"\n{rule}\n",
            aws.url()
        )
    };
    let execute = ["--format", "json", "trim", "--execute"];
    let on_the_way = ground.looking.folder.path().join(".daybreak/trim/on-the-way");

    // Killed while it deleted rows.
    let before = ground.content().await;
    let orders = format!("name = \"orders\"\ntable = \"{schema}.orders\"\nchildren = \"first\"");
    plan(&ground, &url, &rules(&orders));
    let lines = ground.count(ground.primary(), ground.lines).await;
    killed_with(&ground, &["trim", "--execute"], lines + ground.old().await).await;
    assert!(ground.old().await > 0, "it was killed in its middle");
    std::fs::remove_dir_all(&on_the_way).expect("the machine is lost");
    let (status, said) = planned(&ground, &execute).await;
    assert!(status == Some(0) && said.contains("\"whole\":true"), "{said}");
    assert_eq!(ground.old().await, 0);
    let restore = ["trim", "restore", "s3://company-archive/old/orders", "--execute"];
    let (status, said) = planned(&ground, &restore).await;
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(ground.content().await, before);

    // Killed as soon as a partition was set aside, before any of it was in a file.
    let (made, make_room) = visits(&ground);
    run(ground.primary(), "shop", &made).await;
    let all = format!("{schema}.visits");
    let old = format!("{schema}.visits WHERE made < '2021-01-01'");
    assert_eq!(ground.count(ground.primary(), &old).await, 40_000);
    plan(
        &ground,
        &url,
        &rules(&format!(
            "name = \"visits\"\ntable = \"{schema}.visits\"\npartitions = true"
        )),
    );
    killed_once_aside(&ground, &old).await;
    std::fs::remove_dir_all(&on_the_way).expect("the machine is lost");
    let (status, said) = planned(&ground, &execute).await;
    assert!(status == Some(0) && said.contains("\"whole\":true"), "{said}");
    assert_eq!(
        asides(&ground).await,
        0,
        "nothing of it is left on the server: {said}"
    );
    assert_eq!(ground.count(ground.primary(), &all).await, 10_000);
    run(ground.primary(), "shop", make_room).await;
    let restore = ["trim", "restore", "s3://company-archive/old/visits", "--execute"];
    let (status, said) = planned(&ground, &restore).await;
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(ground.count(ground.primary(), &all).await, 50_000);
}

/// What a run set aside is named by every later one, whatever the plan says by then.
async fn a_rule_that_left_the_plan(kind: ServerKind) {
    let Some(ground) = Ground::start(kind).await else {
        return;
    };
    let ground = ground.with_admin();
    let (made, _) = visits(&ground);
    run(ground.primary(), "shop", &made).await;
    let url = ground.looking.url(ground.primary(), &ground.login).await;
    let schema = ground.schema;
    let rule = |place: &str, name: &str, more: &str| {
        let archive = ground.looking.folder.path().join(place);
        format!(
            "[trim]\narchive = \"{}\"\n[[trim.rules]]\nname = \"{name}\"\ntable = \"{schema}.{name}\"\n\
             column = \"made\"\nkeep = \"1 year\"\n{more}\n",
            archive.display()
        )
    };
    let visits = rule("archive", "visits", "partitions = true");
    plan(&ground, &url, &visits);
    let old = format!("{schema}.visits WHERE made < '2021-01-01'");
    killed_once_aside(&ground, &old).await;
    let look = ["--format", "json", "trim"];
    let told = format!("partition old of {schema}.visits, which rule `visits` set aside");
    let other = |place| rule(place, "orders", "children = \"first\"");
    // The rule is gone from the plan, and its archive is where the others are.
    plan(&ground, &url, &other("archive"));
    let (status, said) = planned(&ground, &["trim"]).await;
    assert!(
        status == Some(0) && said.contains(&told) && said.contains("daybreak trim --rule visits --execute"),
        "{said}"
    );
    let (status, said) = planned(&ground, &["trim", "--execute"]).await;
    assert!(status == Some(0) && said.contains(&told), "{said}");
    assert_eq!(asides(&ground).await, 1, "it is named, and left as it is");
    // The archive is elsewhere, too.
    plan(&ground, &url, &rule("elsewhere", "visits", "partitions = true"));
    let (status, said) = planned(&ground, &["trim"]).await;
    assert!(
        status == Some(0)
            && said.contains("no archive of these rules knows which")
            && said.contains("daybreak_trim_"),
        "{said}"
    );
    assert_eq!(asides(&ground).await, 1, "it is named, and left as it is");
    // As it was, it is settled.
    plan(&ground, &url, &visits);
    let (status, said) = planned(&ground, &["trim", "--execute"]).await;
    assert!(status == Some(0) && !said.contains("holds the rows"), "{said}");
    assert_eq!(asides(&ground).await, 0);
    let (status, said) = planned(&ground, &look).await;
    assert!(status == Some(0) && said.contains("\"left_aside\":[]"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_after_a_rule_left_the_plan() {
    a_rule_that_left_the_plan(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_after_a_rule_left_the_plan() {
    a_rule_that_left_the_plan(ServerKind::Postgres(17)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_after_a_lost_machine() {
    a_lost_machine(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_after_a_lost_machine() {
    a_lost_machine(ServerKind::Postgres(17)).await;
}
