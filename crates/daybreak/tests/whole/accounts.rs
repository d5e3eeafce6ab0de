//! `daybreak accounts`: an account with exactly the statements it prints can do the job, on every kind of server.

use daybreak_engine::{JOBS, database};
use daybreak_model::{Endpoint, Secret};
use daybreak_sandbox::{
    AuroraOptions, AwsStandIn, Estate, EstateOptions, Login, Refusal, ServerKind, available,
};

use crate::looking::{Looking, admit, list};

async fn estate(looking: &Looking, kind: ServerKind) -> Option<Estate> {
    let estate = available(Estate::start(&looking.sandbox, EstateOptions::new(kind)).await)?;
    for statement in [
        "CREATE TABLE stock (id INT PRIMARY KEY, amount INT NOT NULL)",
        "CREATE VIEW much AS SELECT id FROM stock WHERE amount > 10",
    ] {
        estate.sql(statement).await.expect("made");
    }
    Some(estate)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_what_is_printed_lacks_nothing() {
    let looking = Looking::new();
    for kind in [
        ServerKind::Mysql97,
        ServerKind::Mysql56,
        ServerKind::MariaDb1011,
        ServerKind::Postgres(13),
        ServerKind::Postgres(17),
    ] {
        let Some(estate) = estate(&looking, kind).await else {
            continue;
        };
        let tried = [
            ("topology", "topology"),
            ("schema-check", "schema-check"),
            ("check", "check"),
            ("delta", "delta"),
            ("gtid", "gtid"),
            ("slow", "slow"),
            ("trim", "trim"),
            ("copy", "read"),
            ("load", "write"),
            ("load", "wake"),
            ("lead", "lead"),
            ("follow", "follow"),
            ("fence", "fence"),
        ];
        assert!(JOBS.iter().all(|job| tried.iter().any(|(_, part)| part == job)));
        for (job, part) in tried {
            let user = format!("for_{}", part.replace('-', "_"));
            let statements = looking.grants(&estate, &[job], &[], &user).await;
            // Whose the tables are no statement can know beforehand.
            let statements: Vec<String> = statements
                .into_iter()
                .map(|statement| match statement.strip_prefix("-- ") {
                    Some(_) => format!("GRANT {} TO {user}", estate.app.name()),
                    None => statement,
                })
                .collect();
            let login = admit(&estate, &user, &statements).await;
            let url = looking.url(&estate.primary, &login).await;
            let mut endpoint = Endpoint::parse("source", &url).expect("a URL");
            endpoint.password = Secret::new(login.password());
            let server = database(endpoint);
            let lacking = server.missing_privileges(part).await.expect("told");
            assert_eq!(lacking, Vec::<String>::new(), "{kind} {job}: {statements:?}");
            if ["topology", "schema-check", "check"].contains(&part) {
                let other = server.missing_privileges("write").await.expect("told");
                assert!(!other.is_empty(), "{kind}: who looks cannot change");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_needs_no_more_than_is_printed() {
    let looking = Looking::new();
    for kind in [
        ServerKind::Mysql97,
        ServerKind::Mysql56,
        ServerKind::MariaDb1011,
        ServerKind::Postgres(13),
        ServerKind::Postgres(17),
    ] {
        let Some(estate) = estate(&looking, kind).await else {
            continue;
        };
        let user = "looks_around";
        let login = looking.account(&estate, &["topology"], &[], user).await;
        let found = looking.json(&estate.primary, &login, &["topology"], 0).await;
        let server = &list(&found, "servers")[0];
        assert!(list(server, "could_not_tell").is_empty(), "{kind}: {server}");
        assert_eq!(server["tables"], 1, "{kind}: {server}");

        let user = "checks_schemas";
        let login = looking.account(&estate, &["schema-check"], &[], user).await;
        let found = looking.json(&estate.primary, &login, &["schema-check"], 0).await;
        assert_eq!(found["verdict"], "same", "{kind}: {found}");

        let user = "assesses";
        let login = looking.account(&estate, &["assess"], &[], user).await;
        let output = looking
            .run(&estate.primary, &login, &["--format", "json", "assess"])
            .await;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let findings: Vec<serde_json::Value> = serde_json::from_str(&printed)
            .unwrap_or_else(|error| panic!("{kind}: {error}: {}", String::from_utf8_lossy(&output.stderr)));
        let untold: Vec<&str> = findings
            .iter()
            .filter(|finding| finding["told"] == "could_not_tell")
            .filter_map(|finding| finding["id"].as_str())
            // Its grant would show every password's hash.
            .filter(|id| *id != "postgresql.role.md5_password")
            .collect();
        assert_eq!(untold, Vec::<&str>::new(), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_compared_with_no_more_than_is_printed() {
    let looking = Looking::new();
    for (kind, also) in [
        (ServerKind::Mysql97, false),
        (ServerKind::MariaDb1011, false),
        (ServerKind::Postgres(17), true),
    ] {
        let options = EstateOptions::new(kind).replicas(1);
        let Some(estate) = available(Estate::start(&looking.sandbox, options).await) else {
            continue;
        };
        estate
            .sql("CREATE TABLE stock (id INT PRIMARY KEY, amount INT NOT NULL)")
            .await
            .expect("made");
        estate
            .sql("INSERT INTO stock VALUES (1, 2), (3, 4)")
            .await
            .expect("written");
        let user = "compares";
        let login = looking.account(&estate, &["check"], &[], user).await;
        let replica = format!("127.0.0.1:{}", estate.replicas[0].port());
        let mut arguments = vec!["data-check"];
        if also {
            arguments.extend(["--also", &replica]);
        }
        // The account arrives at the replica as everything else does.
        for _ in 0..100 {
            if estate.replicas[0]
                .rows_as(&login, "shop", "SELECT id FROM stock")
                .await
                .is_ok_and(|rows| rows.len() == 2)
            {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let report = looking.json(&estate.primary, &login, &arguments, 0).await;
        assert_eq!(report["verdict"], "same", "{kind}: {report}");
        assert_eq!(list(&report, "nodes").len(), 1, "{kind}: {report}");
    }
}

/// The last password that was written to a file.
fn last_password(path: &std::path::Path) -> String {
    let text = std::fs::read_to_string(path).expect("passwords");
    let last: serde_json::Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    last["password"].as_str().expect("text").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_ours_is_made_rotated_and_dropped() {
    let looking = Looking::new();
    for kind in [
        ServerKind::Mysql97,
        ServerKind::Mysql56,
        ServerKind::MariaDb1011,
        ServerKind::Postgres(13),
        ServerKind::Postgres(17),
    ] {
        let Some(estate) = estate(&looking, kind).await else {
            continue;
        };
        let folder = looking.folder.path().join(kind.to_string().replace(' ', "_"));
        let passwords = folder.join("passwords.jsonl");
        let files = [
            "--passwords".to_owned(),
            passwords.display().to_string(),
            "--made".to_owned(),
            folder.join("made.jsonl").display().to_string(),
        ];
        let command = async |what: &[&str]| {
            let mut arguments = vec!["accounts"];
            arguments.extend(what);
            arguments.extend(files.iter().map(String::as_str));
            let output = looking.run(&estate.primary, &estate.admin, &arguments).await;
            let said = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            (output.status.code(), said)
        };
        let log_in = async |password: &str| {
            let login = daybreak_sandbox::Login::new("o'our", password);
            let url = looking
                .url(&estate.primary, &login)
                .await
                .replace("o'our", "o%27our");
            let mut endpoint = Endpoint::parse("source", &url).expect("a URL");
            endpoint.password = Secret::new(password);
            let server = database(endpoint);
            match server.missing_privileges("schema-check").await {
                Ok(lacking) => lacking.is_empty(),
                Err(_) => false,
            }
        };
        let make = ["make", "--for", "schema-check", "--user", "o'our"];
        let (status, shown) = command(&make).await;
        assert_eq!(status, Some(0), "{kind}: {shown}");
        assert!(
            shown.contains("<new password>") && !passwords.exists(),
            "{kind}: {shown}"
        );
        for what in [["rotate", "--user", "o'our"], ["drop", "--user", "o'our"]] {
            let (status, said) = command(&what).await;
            assert_eq!(status, Some(1), "{kind}: {said}");
            assert!(said.contains("is none that was made here"), "{kind}: {said}");
        }
        let (status, said) = command(&[&make[..], &["--execute"]].concat()).await;
        assert_eq!(status, Some(0), "{kind}: {said}");
        let first = last_password(&passwords);
        assert!(log_in(&first).await, "{kind}: it can do its job");
        assert!(!said.contains(&first));
        let (status, said) = command(&["rotate", "--user", "o'our", "--execute"]).await;
        assert_eq!(status, Some(0), "{kind}: {said}");
        let second = last_password(&passwords);
        assert!(
            first != second && !log_in(&first).await && log_in(&second).await,
            "{kind}"
        );
        // What is there is not made again, and keeps its password.
        let (status, said) = command(&[&make[..], &["--execute"]].concat()).await;
        assert!(
            status == Some(1) && said.contains("was made here"),
            "{kind}: {said}"
        );
        assert!(
            last_password(&passwords) == second && log_in(&second).await,
            "{kind}"
        );
        let (status, said) = command(&["drop", "--user", "o'our", "--execute"]).await;
        assert_eq!(status, Some(0), "{kind}: {said}");
        assert!(!log_in(&second).await, "{kind}: it is gone");
        assert!(said.contains("open nothing any more"), "{kind}: {said}");
        let (status, _) = command(&["drop", "--user", "o'our", "--execute"]).await;
        assert_eq!(status, Some(1), "{kind}: once");

        // Killed while the server makes it, it is known: the same command goes on, and it can be taken away.
        let (foreign, gone, lock, holder, end) = match kind.engine() {
            daybreak_sandbox::Engine::Mysql => (
                "CREATE USER 'o''our'@'%' IDENTIFIED BY 'Wx-73-long'",
                "DROP USER 'o''our'@'%'",
                "FLUSH TABLES WITH READ LOCK; SELECT SLEEP(600)",
                "SELECT id FROM information_schema.processlist WHERE state = 'User sleep'",
                "KILL ",
            ),
            daybreak_sandbox::Engine::Postgres => (
                "CREATE ROLE \"o'our\" LOGIN PASSWORD 'Wx-73-long'",
                "DROP OWNED BY \"o'our\"; DROP ROLE \"o'our\"",
                "BEGIN; LOCK TABLE pg_authid IN SHARE MODE; SELECT pg_sleep(600)",
                "SELECT pid FROM pg_locks WHERE relation = 'pg_authid'::regclass AND mode = 'ShareLock' AND granted",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ",
            ),
        };
        let noted = || std::fs::read_to_string(folder.join("made.jsonl")).expect("what was made");
        let killed = async {
            let holder = loop {
                if let Some(holder) = estate.primary.value(holder).await.expect("asked") {
                    break holder;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            };
            let before = noted().lines().count();
            let arguments = [&["accounts"], &make[..], &["--execute"]].concat();
            let mut command = looking.command(&estate.primary, &estate.admin, &arguments).await;
            let mut child = command.args(&files).spawn().expect("it starts");
            while noted().lines().count() == before {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                assert!(child.try_wait().expect("asked").is_none(), "{kind}: it ended");
            }
            child.kill().await.expect("killed");
            assert!(
                noted().trim_end().ends_with("\"by_iam\":false}"),
                "{kind}: {}",
                noted()
            );
            assert!(
                noted()
                    .lines()
                    .next_back()
                    .is_some_and(|line| line.contains("\"making\":true")),
                "{kind}"
            );
            estate
                .primary
                .rows(&format!("{end}{holder}"))
                .await
                .expect("ended");
        };
        // Its session is ended: what becomes of its statement says nothing.
        let (_, ()) = tokio::join!(estate.primary.rows(lock), killed);
        // Some servers make it though nobody waits for it any more.
        let _ = estate.primary.rows(foreign).await;
        let (status, said) = command(&[&make[..], &["--execute"]].concat()).await;
        assert_eq!(status, Some(0), "{kind}: {said}");
        assert!(log_in(&last_password(&passwords)).await, "{kind}: {said}");
        estate.primary.rows(gone).await.expect("taken away beside us");
        let (status, said) = command(&["drop", "--user", "o'our", "--execute"]).await;
        assert_eq!(status, Some(0), "{kind}: {said}");

        // Somebody else's of the same name is refused, and never becomes ours.
        estate.primary.rows(foreign).await.expect("made");
        let (status, said) = command(&[&make[..], &["--execute"]].concat()).await;
        assert_eq!(status, Some(1), "{kind}: {said}");
        for what in ["rotate", "drop"] {
            let (status, said) = command(&[what, "--user", "o'our", "--execute"]).await;
            assert_eq!(status, Some(1), "{kind}: {said}");
            assert!(said.contains("is none that was made here"), "{kind}: {said}");
        }
    }
}

/// An account that logs in by IAM has no password anywhere, none can be given to it, and a server that is not Amazon's makes none.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_ours_may_log_in_by_iam() {
    for (estate, cluster, make, whole) in [
        (
            EstateOptions::new(ServerKind::Mysql97),
            AuroraOptions::mysql(),
            "CREATE USER 'night'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL",
            // The plugin is Amazon's own, and no server here has it.
            false,
        ),
        (
            EstateOptions::new(ServerKind::Postgres(17)),
            AuroraOptions::postgres(17),
            "GRANT rds_iam TO \"night\"",
            true,
        ),
    ] {
        let Some(ground) = crate::ground::lay(estate, cluster).await else {
            continue;
        };
        ground.found(50).await;
        ground.init(|plan| plan).await;
        let plan = std::fs::read_to_string(ground.plan()).expect("the plan");
        let mut urls = plan.lines().filter_map(|line| line.strip_prefix("url = \""));
        let source = urls.next().expect("the source's URL").trim_end_matches('"');
        let cluster = urls.next().expect("the target's URL").trim_end_matches('"');
        let folder = ground.folder.path();
        let passwords = folder.join("passwords.jsonl");
        let run = async |server: &str, password: &str, what: &[&str]| {
            let mut command = ground.daybreak(&[&["accounts"], what].concat());
            command
                .current_dir(folder)
                .args(["--source", server, "--user", "night"])
                .args(["--passwords", "passwords.jsonl", "--made", "made.jsonl"])
                .env("DAYBREAK_SOURCE_PASSWORD", password);
            let output = command.output().await.expect("the program runs");
            let said = [output.stdout, output.stderr].concat();
            (output.status.code(), String::from_utf8_lossy(&said).into_owned())
        };
        let (own, theirs) = (ground.estate.admin.password(), ground.cluster.admin.password());
        let wanted = ["make", "--for", "schema-check", "--iam"];
        let (status, said) = run(source, own, &wanted).await;
        assert!(
            status == Some(1) && said.contains("no server of Amazon's") && said.contains("hint:"),
            "{said}"
        );
        let (status, said) = run(cluster, theirs, &wanted).await;
        assert!(status == Some(0) && said.contains(make), "{said}");
        assert!(!said.contains("<new password>"), "{said}");
        if whole {
            let role = "CREATE ROLE rds_iam NOLOGIN; GRANT rds_iam TO rds_superuser WITH ADMIN OPTION";
            ground
                .cluster
                .writer()
                .rows(role)
                .await
                .expect("a role to hand on");
            let (status, said) = run(cluster, theirs, &[&wanted[..], &["--execute"]].concat()).await;
            assert_eq!(status, Some(0), "{said}");
            let count = "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member \
                         JOIN pg_authid a ON a.oid = r.oid WHERE m.roleid = 'rds_iam'::regrole AND r.rolname = 'night' \
                         AND a.rolpassword IS NULL";
            let count = ground.cluster.writer().value(count).await.expect("asked");
            assert_eq!(count.as_deref(), Some("1"));
            let (status, said) = run(cluster, theirs, &["rotate", "--execute"]).await;
            assert!(status == Some(1) && said.contains("has no password"), "{said}");
            let (status, said) = run(cluster, theirs, &["drop", "--execute"]).await;
            assert_eq!(status, Some(0), "{said}");
        }
        assert!(!passwords.exists(), "there is none to keep");
        // With a password it is one that can do its job; who makes it is no superuser.
        let (status, said) = run(cluster, theirs, &["make", "--for", "schema-check", "--execute"]).await;
        assert_eq!(status, Some(0), "{said}");
        let user = format!("//{}@", ground.cluster.admin.name());
        let mut endpoint = Endpoint::parse("target", &cluster.replace(&user, "//night@")).expect("a URL");
        endpoint.password = Secret::new(last_password(&passwords));
        let lacking = database(endpoint).missing_privileges("schema-check").await;
        assert_eq!(lacking.expect("asked"), Vec::<String>::new());
        let (status, said) = run(cluster, theirs, &["drop", "--execute"]).await;
        assert_eq!(status, Some(0), "{said}");
    }
}

/// New passwords in Secrets Manager: there before the server is told, made anew by a rotation, and never somebody else's secret.
#[tokio::test(flavor = "multi_thread")]
async fn new_passwords_may_go_to_secrets_manager() {
    let looking = Looking::new();
    let Some(estate) = estate(&looking, ServerKind::Mysql97).await else {
        return;
    };
    let Some(aws) = available(AwsStandIn::start(&looking.sandbox).await) else {
        return;
    };
    let run = async |what: &[&str], prefix: &str| {
        let passwords = format!("secretsmanager:{prefix}");
        let made = looking.folder.path().join("made.jsonl").display().to_string();
        let files = ["--passwords", &passwords, "--made", &made, "--execute"];
        let arguments = [&["accounts"], what, &files].concat();
        let mut command = looking.command(&estate.primary, &estate.admin, &arguments).await;
        command
            .env("AWS_ENDPOINT_URL", aws.url())
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        let output = command.output().await.expect("the program runs");
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    };
    let secret = async |name: &str| {
        let named = format!("{{\"SecretId\": \"{name}\"}}");
        let answer = aws.ask_secrets("GetSecretValue", &named).await.expect("asked");
        let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        let held = answer["SecretString"].as_str()?;
        let held: serde_json::Value = serde_json::from_str(held).expect("JSON");
        Some((
            held["username"].as_str()?.to_owned(),
            held["password"].as_str()?.to_owned(),
        ))
    };
    let log_in = async |password: &str| {
        let login = Login::new("watcher", password);
        let url = looking.url(&estate.primary, &login).await;
        let mut endpoint = Endpoint::parse("source", &url).expect("a URL");
        endpoint.password = Secret::new(password.to_owned());
        database(endpoint).flavor().await.is_ok()
    };
    let make = [
        "make",
        "--for",
        "topology",
        "--user",
        "watcher",
        "--host",
        "127.0.0.1",
    ];
    aws.refuse(
        "CreateSecret",
        Refusal {
            code: "AccessDeniedException".to_owned(),
            message: "no".to_owned(),
            status: 400,
            times: 1,
        },
    );
    let (done, said) = run(&make, "shop").await;
    assert!(
        !done && said.contains("allow secretsmanager:CreateSecret"),
        "{said}"
    );
    let users = "SELECT COUNT(*) FROM mysql.user WHERE User = 'watcher'";
    assert_eq!(
        estate.primary.value(users).await.expect("counted").as_deref(),
        Some("0")
    );

    let (done, said) = run(&make, "shop").await;
    assert!(done && said.contains("secretsmanager:shop"), "{said}");
    let (user, first) = secret("shop/watcher@127.0.0.1").await.expect("a secret");
    assert_eq!(user, "watcher");
    assert!(!said.contains(&first) && log_in(&first).await, "{said}");
    // A secret that an older release kept is of no server by its tags, until it is given another password.
    let named = "{\"SecretId\": \"shop/watcher@127.0.0.1\"}";
    let untag = "{\"SecretId\": \"shop/watcher@127.0.0.1\", \"TagKeys\": [\"daybreak:server\"]}";
    aws.ask_secrets("UntagResource", untag).await.expect("asked");
    let tags = aws.ask_secrets("DescribeSecret", named).await.expect("asked");
    assert!(!tags.contains("daybreak:server"), "{tags}");
    let (done, said) = run(&["rotate", "--user", "watcher", "--host", "127.0.0.1"], "shop").await;
    let tags = aws.ask_secrets("DescribeSecret", named).await.expect("asked");
    assert!(tags.contains("daybreak:server"), "{tags}");
    let (_, second) = secret("shop/watcher@127.0.0.1").await.expect("a secret");
    assert!(
        done && first != second && log_in(&second).await && !log_in(&first).await,
        "{said}"
    );
    // A new one goes where the old one is.
    let (done, said) = run(&["rotate", "--user", "watcher", "--host", "127.0.0.1"], "other").await;
    assert!(
        !done && said.contains("`--passwords secretsmanager:shop`") && log_in(&second).await,
        "{said}"
    );
    assert!(secret("other/watcher@127.0.0.1").await.is_none());
    // What is there keeps its password, and that goes with it; AWS keeps its name for some days, in which the account may come again.
    let (done, said) = run(&make, "shop").await;
    let held = secret("shop/watcher@127.0.0.1").await.expect("a secret");
    assert!(
        !done && held.1 == second && said.contains("was made here"),
        "{said}"
    );
    let drop = ["drop", "--user", "watcher", "--host", "127.0.0.1"];
    let (done, said) = run(&drop, "other").await;
    assert!(
        !done && said.contains("`--passwords secretsmanager:shop`") && log_in(&second).await,
        "{said}"
    );
    let (done, said) = run(&drop, "shop").await;
    assert!(
        done && said.contains("secret shop/watcher@127.0.0.1 is deleted; AWS gives it back for 7 days"),
        "{said}"
    );
    assert!(secret("shop/watcher@127.0.0.1").await.is_none() && !log_in(&second).await);
    let (done, said) = run(&make, "shop").await;
    let (_, third) = secret("shop/watcher@127.0.0.1").await.expect("a secret");
    assert!(done && third != second && log_in(&third).await, "{said}");
    // An account of the same name on another server has its secret there by now: neither overwritten nor deleted.
    let another = serde_json::json!({
        "server": "other.example:3306", "account": "'watcher'@'127.0.0.1'", "username": "watcher", "password": "of-the-other",
    });
    let another = serde_json::json!({
        "SecretId": "shop/watcher@127.0.0.1", "SecretString": another.to_string(),
    });
    let another = another.to_string();
    aws.ask_secrets("PutSecretValue", &another).await.expect("asked");
    let theirs = Some(("watcher".to_owned(), "of-the-other".to_owned()));
    let (done, said) = run(&["rotate", "--user", "watcher", "--host", "127.0.0.1"], "shop").await;
    assert!(
        !done
            && said.contains("the password of account 'watcher'@'127.0.0.1' on other.example:3306")
            && said.contains("a prefix of its own"),
        "{said}"
    );
    assert!(log_in(&third).await && secret("shop/watcher@127.0.0.1").await == theirs);
    let (done, said) = run(&drop, "shop").await;
    assert!(
        done && said.contains("stays: it is of the account on other.example:3306"),
        "{said}"
    );
    assert!(!log_in(&third).await && secret("shop/watcher@127.0.0.1").await == theirs);
    // What the server does not make leaves no secret.
    estate
        .primary
        .rows("SET GLOBAL super_read_only = ON")
        .await
        .expect("set");
    let (done, said) = run(&make, "idle").await;
    estate
        .primary
        .rows("SET GLOBAL read_only = OFF")
        .await
        .expect("set");
    assert!(!done && said.contains("the server refused"), "{said}");
    assert!(secret("idle/watcher@127.0.0.1").await.is_none());
    let known = "{\"SecretId\": \"idle/watcher@127.0.0.1\"}";
    let known = aws.ask_secrets("DescribeSecret", known).await.expect("asked");
    assert!(known.contains("DeletedDate"), "it was kept before: {known}");
    // Somebody else's of that name stays as it is.
    let theirs = "{\"Name\": \"theirs/watcher@127.0.0.2\", \"SecretString\": \"{\\\"username\\\": \\\"u\\\", \\\"password\\\": \\\"p\\\"}\"}";
    aws.ask_secrets("CreateSecret", theirs).await.expect("asked");
    let (done, said) = run(
        &[
            "make",
            "--for",
            "topology",
            "--user",
            "watcher",
            "--host",
            "127.0.0.2",
        ],
        "theirs",
    )
    .await;
    assert!(!done && said.contains("is none that was made here"), "{said}");
    let held = secret("theirs/watcher@127.0.0.2").await.expect("theirs");
    assert_eq!(held, ("u".to_owned(), "p".to_owned()));
    // Deleted, and not gone yet, it is taken back for the account of the server that its tags name, and for no other.
    for (prefix, tags, of) in [
        (
            "gone",
            serde_json::json!([
                { "Key": "daybreak:cluster", "Value": "accounts" },
                { "Key": "daybreak:server", "Value": "other.example:3306" },
            ]),
            "other.example:3306",
        ),
        (
            "old",
            serde_json::json!([{ "Key": "daybreak:cluster", "Value": "accounts" }]),
            "a server that it does not name",
        ),
    ] {
        let name = format!("{prefix}/watcher@127.0.0.1");
        let theirs = serde_json::json!({ "Name": name, "SecretString": "{}", "Tags": tags });
        let made = aws.ask_secrets("CreateSecret", &theirs.to_string()).await;
        made.expect("asked");
        let named = serde_json::json!({ "SecretId": name }).to_string();
        aws.ask_secrets("DeleteSecret", &named).await.expect("asked");
        let (done, said) = run(&make, prefix).await;
        assert!(
            !done
                && said.contains(&format!("the secret {name} is deleted and not gone yet"))
                && said.contains(&format!("on {of}, not on"))
                && said.contains("a prefix of its own"),
            "{said}"
        );
        let known = aws.ask_secrets("DescribeSecret", &named).await.expect("asked");
        assert!(known.contains("DeletedDate"), "it stays deleted: {known}");
        assert_eq!(
            estate.primary.value(users).await.expect("counted").as_deref(),
            Some("0")
        );
    }
    let (done, said) = run(&make, "not a prefix").await;
    assert!(
        !done && said.contains("write it as secretsmanager:PREFIX"),
        "{said}"
    );
}
