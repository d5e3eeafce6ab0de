//! `daybreak init` finds the whole estate from any one of its servers: on real servers.

use std::path::Path;
use std::process::Output;

use daybreak_sandbox::{Engine, Estate, EstateOptions, Sandbox, Server, ServerKind, available};

/// An estate of a primary with two replicas, and a folder for plans.
struct Ground {
    sandbox: Sandbox,
    estate: Estate,
    folder: tempfile::TempDir,
}

async fn lay(options: EstateOptions) -> Option<Ground> {
    let sandbox = Sandbox::open().expect("a sandbox");
    let estate = available(Estate::start(&sandbox, options.replicas(2)).await)?;
    let folder = tempfile::tempdir().expect("a folder");
    Some(Ground {
        sandbox,
        estate,
        folder,
    })
}

impl Ground {
    /// Runs `daybreak init` from a server; what it said, and the plan.
    async fn init(&self, from: &Server, more: &[&str]) -> (Output, String) {
        let plan = self.folder.path().join("daybreak.toml");
        let _ = std::fs::remove_file(&plan);
        let authority = self.sandbox.certificate_authority().await.expect("an authority");
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_daybreak"))
            .arg("--plan")
            .arg(&plan)
            .args(["init", "--source", &self.url(from, &authority)])
            .args(more)
            .env("DAYBREAK_SOURCE_PASSWORD", self.estate.admin.password())
            .output()
            .await
            .expect("runs");
        (output, std::fs::read_to_string(&plan).unwrap_or_default())
    }

    fn url(&self, server: &Server, authority: &Path) -> String {
        let scheme = match server.kind().engine() {
            Engine::Mysql => "mysql",
            Engine::Postgres => "postgres",
        };
        format!(
            "{scheme}://{}@127.0.0.1:{}/shop?tls=verify&ca={}",
            self.estate.admin.name(),
            server.port(),
            authority.display()
        )
    }

    /// The plan names the primary as the source and has a line for each of these servers.
    async fn assert_found(&self, from: &Server, more: &[&str], servers: &[&Server]) -> String {
        let (output, plan) = self.init(from, more).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        let authority = self.sandbox.certificate_authority().await.expect("an authority");
        let source = format!("url = \"{}\"", self.url(&self.estate.primary, &authority));
        assert!(plan.contains(&source), "`{source}` is missing in {plan}");
        let lines: Vec<&str> = plan.lines().filter(|line| line.starts_with("#   127.")).collect();
        assert_eq!(lines.len(), servers.len(), "{plan}");
        for server in servers {
            let address = format!("#   127.0.0.1:{}: ", server.port());
            let role = if server.port() == self.estate.primary.port() {
                ", primary"
            } else {
                ", replica, follows 127.0.0.1:"
            };
            let line = lines.iter().find(|line| line.starts_with(&address));
            assert!(line.is_some_and(|line| line.contains(role)), "{plan}");
            assert!(said.contains(&address[4..]), "{said}");
        }
        plan
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_from_a_replica_of_a_replica() {
    let Some(ground) = lay(EstateOptions::new(ServerKind::Mysql97).gtid(true)).await else {
        return;
    };
    let (first, second) = (&ground.estate.replicas[0], &ground.estate.replicas[1]);
    let move_below = format!(
        "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_PORT = {}; START REPLICA",
        first.port()
    );
    second.rows(&move_below).await.expect("moved");
    let attached = "SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'";
    first
        .wait_for(attached, "1", std::time::Duration::from_secs(30))
        .await
        .expect("it follows");
    let all = [&ground.estate.primary, first, second];
    let plan = ground.assert_found(second, &[], &all).await;
    assert!(
        plan.contains(&format!("follows 127.0.0.1:{}", first.port())),
        "{plan}"
    );
    // A replica that is gone is told, and does not keep the rest from being found.
    let gone = format!("127.0.0.1:{}", second.port());
    let answers = ground
        .assert_found(&ground.estate.primary, &["--also", "127.0.0.1:1"], &all)
        .await;
    assert!(
        answers.contains("not reached: 127.0.0.1:1, named by the command line"),
        "{answers}"
    );
    assert!(plan.contains(&gone) && !plan.contains("not reached"), "{plan}");
    // What no plan can have is not written into one.
    for (wrong, words) in [
        (["--name", "Old Shop"], "1 to 20 lower-case letters"),
        (["--gate", "3306"], "host:port"),
    ] {
        let (output, plan) = ground.init(second, &wrong).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && plan.is_empty(), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_comes_to_an_end() {
    let Some(ground) = lay(EstateOptions::new(ServerKind::Mysql97).gtid(true)).await else {
        return;
    };
    let (primary, first) = (&ground.estate.primary, &ground.estate.replicas[0]);
    let replicator = &ground.estate.replicator;
    let follow = format!(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {}, SOURCE_USER = '{}', SOURCE_PASSWORD = '{}', \
         SOURCE_SSL = 1, SOURCE_AUTO_POSITION = 1; START REPLICA",
        first.port(),
        replicator.name(),
        replicator.password()
    );
    primary.rows(&follow).await.expect("a pair");
    let (output, plan) = ground.init(first, &[]).await;
    assert!(output.status.success(), "{output:?}");
    let servers = plan.lines().filter(|line| line.starts_with("#   127."));
    assert_eq!(servers.count(), 3, "{plan}");
    let source = format!("@127.0.0.1:{}/shop", primary.port());
    assert!(plan.contains(&source), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_from_a_replica() {
    let Some(ground) = lay(EstateOptions::new(ServerKind::MariaDb1011)).await else {
        return;
    };
    let estate = &ground.estate;
    let all = [&estate.primary, &estate.replicas[0], &estate.replicas[1]];
    let plan = ground.assert_found(&estate.replicas[0], &[], &all).await;
    assert!(!plan.contains("not reached"), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_from_a_standby() {
    let Some(ground) = lay(EstateOptions::new(ServerKind::Postgres(15))).await else {
        return;
    };
    let estate = &ground.estate;
    let (first, second) = (&estate.replicas[0], &estate.replicas[1]);
    // Both standbys are on one host: the primary knows nothing else of the second one.
    let plan = ground.assert_found(first, &[], &[&estate.primary, first]).await;
    assert!(
        plan.contains("not reached: 1 standby server(s) on 127.0.0.1") && plan.contains("--also HOST:PORT"),
        "{plan}"
    );
    let also = format!("127.0.0.1:{}", second.port());
    let plan = ground
        .assert_found(first, &["--also", &also], &[&estate.primary, first, second])
        .await;
    assert!(!plan.contains("not reached"), "{plan}");
    // What looks at the estate later finds them by the plan.
    let named = format!("also = [\"{also}\", \"127.0.0.1:{}\"]", first.port());
    assert!(plan.contains(&named), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_whose_primary_is_gone_is_no_source() {
    let Some(ground) = lay(EstateOptions::new(ServerKind::MariaDb1011)).await else {
        return;
    };
    ground.estate.primary.kill_hard().await.expect("gone");
    let (output, plan) = ground.init(&ground.estate.replicas[0], &[]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let primary = format!("its primary 127.0.0.1:{}", ground.estate.primary.port());
    assert!(said.contains(&primary) && said.contains("hint:"), "{said}");
    assert!(plan.is_empty(), "nothing is written");
}
