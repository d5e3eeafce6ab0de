//! `daybreak load --method xtrabackup`: a server's data files on their way to S3, and what Aurora would not restore of them.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use daybreak_sandbox::{AuroraOptions, AwsStandIn, EstateOptions, Refusal, ServerKind, available};
use serde_json::Value;

use crate::ground::{self, Ground};
use crate::looking::list;

const BUCKET: &str = "company-backups";
const SECRET: &str = "wJalrXUtnFEMI";

/// The plan backs up to a bucket, by this program.
fn backing_up(plan: &str, aws: &AwsStandIn, program: &str) -> String {
    let table = format!(
        "\n[load.backup]\nto = \"s3://{BUCKET}/shop/1\"\nprogram = \"{program}\"\nparallel = 2\nregion = \"eu-central-1\"\n\
         endpoint_url = \"{}\"\n\n[check]\n",
        aws.url()
    );
    plan.replace("gtid = true", "gtid = false")
        .replace("\n[check]\n", &table)
}

fn with_credentials(ground: &Ground, arguments: &[&str]) -> tokio::process::Command {
    let mut command = ground.daybreak(arguments);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7")
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

async fn run(ground: &Ground, arguments: &[&str]) -> (bool, Vec<Value>, String) {
    let output = with_credentials(ground, arguments)
        .output()
        .await
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for secret in [SECRET, ground.estate.admin.password()] {
        assert!(!said.contains(secret), "{said}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains(secret));
    }
    (output.status.success(), ground::json_lines(&output), said)
}

/// What every process of this machine was called with.
fn command_lines() -> Vec<String> {
    let processes = std::fs::read_dir("/proc").expect("processes").flatten();
    processes
        .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .collect()
}

fn rules(report: &Value) -> Vec<&str> {
    list(report, "rules")
        .iter()
        .filter_map(|rule| rule["rule"].as_str())
        .collect()
}

/// MariaDB's files, by the real mariadb-backup, which Aurora does not restore: said first, and made only for a server of one's own.
#[tokio::test(flavor = "multi_thread")]
async fn data_files_go_to_a_bucket() {
    let estate = EstateOptions::new(ServerKind::MariaDb1011);
    let Some(ground) = ground::lay(estate, AuroraOptions::mysql()).await else {
        return;
    };
    let Some(aws) = available(AwsStandIn::start(&ground.sandbox).await) else {
        return;
    };
    aws.make_bucket(BUCKET).await.expect("a bucket");
    ground.found(2_000).await;
    let program = ground
        .sandbox
        .program(ServerKind::MariaDb1011, "mariadb-backup")
        .await;
    let program = program.expect("a backup program").display().to_string();
    ground.init(|plan| backing_up(&plan, &aws, &program)).await;

    let load = ["--format", "json", "load", "--method", "xtrabackup"];
    let (done, report, said) = run(&ground, &load).await;
    assert!(done, "{said}");
    assert!(
        rules(&report[0]).contains(&"mysql.physical.product"),
        "{report:?}"
    );
    let command = report[0]["command"].as_str().expect("a command");
    assert!(
        command.starts_with(&program) && command.contains("--stream=xbstream"),
        "{command}"
    );
    let (done, _, said) = run(&ground, &[&load[..], &["--execute"]].concat()).await;
    assert!(
        !done && said.contains("Aurora does not restore a backup of source") && said.contains("hint:"),
        "{said}"
    );
    assert_eq!(
        aws.objects(BUCKET).await.expect("listed"),
        [""; 0],
        "nothing was written"
    );

    let out = [&load[..], &["--only", "dump", "--any-server", "--execute"]].concat();
    aws.refuse(
        "PutObject",
        Refusal {
            code: "AccessDenied".to_owned(),
            message: "no".to_owned(),
            status: 403,
            times: 1,
        },
    );
    let (done, _, said) = run(&ground, &out).await;
    assert!(!done && said.contains("s3:PutObject"), "{said}");

    // Killed at work, it has left no backup, and what it logged in with lies where nobody else looks.
    let mut child = with_credentials(&ground, &out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let login = ground.folder.path().join(".daybreak/backup-login/login.cnf");
    let begun = Instant::now();
    while !login.exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it gets there");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for line in command_lines() {
        assert!(!line.contains(ground.estate.admin.password()), "{line}");
    }
    child.kill().await.expect("killed");
    let mode = |path: &std::path::Path| path.metadata().expect("there").permissions().mode() & 0o777;
    assert_eq!(
        (mode(&login), mode(login.parent().expect("a folder"))),
        (0o600, 0o700)
    );
    let (done, report, said) = run(&ground, &load).await;
    assert!(done && report[0].get("whole_since").is_none(), "{said}");

    let (done, report, said) = run(&ground, &out).await;
    assert!(done, "{said}");
    let made = &report[0]["backed_up"];
    assert!(made["files"].as_u64() > Some(50), "{made}");
    let objects = aws.objects(BUCKET).await.expect("listed");
    for name in ["backup-begun.json", "backup.json", "files/backup.xbstream000000"] {
        assert!(objects.contains(&format!("shop/1/{name}")), "{name}: {objects:?}");
    }
    assert_eq!(objects.len(), 2 + list(made, "parts").len(), "{objects:?}");
    let binlog = made["position"]["file"]
        .as_str()
        .expect("a binary log")
        .to_owned();
    let logs = ground
        .estate
        .primary
        .rows("SHOW BINARY LOGS")
        .await
        .expect("logs");
    assert!(
        logs.iter().any(|log| log[0].as_deref() == Some(&*binlog)),
        "{binlog}: {logs:?}"
    );
    assert!(!login.exists(), "it is gone with the program");
    let (done, _, said) = run(&ground, &out).await;
    assert!(!done && said.contains("has been whole since"), "{said}");
    // What was not restored is not taken over.
    let (done, _, said) = run(&ground, &[&load[..], &["--execute"]].concat()).await;
    assert!(
        !done && said.contains("the target does not hold what the source has"),
        "{said}"
    );
}

/// Aurora restores no data files of other products and versions: said with the rule, and nothing is begun.
#[tokio::test(flavor = "multi_thread")]
async fn what_aurora_restores_nothing_of_is_refused() {
    for (estate, cluster, rule) in [
        (
            EstateOptions::new(ServerKind::Mysql97),
            AuroraOptions::mysql(),
            "mysql.physical.version",
        ),
        (
            EstateOptions::new(ServerKind::Postgres(17)),
            AuroraOptions::postgres(17),
            "product",
        ),
    ] {
        let Some(ground) = ground::lay(estate, cluster).await else {
            return;
        };
        ground.found(100).await;
        ground.init(|plan| plan).await;
        let to = ground.folder.path().join("backup").display().to_string();
        let load = ["--format", "json", "load", "--method", "xtrabackup", "--to", &to];
        let (done, report, said) = run(&ground, &load).await;
        assert!(done && rules(&report[0]).contains(&rule), "{report:?} {said}");
        let (done, _, said) = run(&ground, &[&load[..], &["--execute"]].concat()).await;
        let refused = "Aurora does not restore a backup of source";
        assert!(
            !done && said.contains(refused) && said.contains("hint:"),
            "{said}"
        );
        assert!(!std::path::Path::new(&to).exists(), "nothing was made");
    }
}
