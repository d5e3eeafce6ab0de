//! A server that is killed, or a network that is cut, in the middle of each command that looks at an estate: what is said is
//! what is known, nothing waits for ever, and the same command does its work when the server is back.

use std::process::{Output, Stdio};
use std::time::Duration;

use daybreak_sandbox::{Engine, Estate, EstateOptions, Login, Server, ServerKind, Wire, available};
use serde_json::Value;

use crate::looking::{Looking, list, run};

/// No command may take longer, whatever happens to the servers.
const PATIENCE: Duration = Duration::from_secs(100);

const TABLES: usize = 100;

/// A command, and its middle: what it says to the server that is then lost, and how often it said so before.
struct Middle {
    command: &'static str,
    words: &'static str,
    passes: usize,
    /// What it ends with when a replica is lost, and when the primary is.
    status: [i32; 2],
}

const MYSQL: [Middle; 4] = [
    Middle {
        command: "topology",
        words: "'version_comment'",
        passes: 0,
        status: [0, 0],
    },
    Middle {
        command: "assess",
        words: "FROM information_schema.TRIGGERS",
        passes: 0,
        status: [6, 6],
    },
    Middle {
        command: "schema-check",
        words: "FROM information_schema.TRIGGERS",
        passes: 0,
        status: [6, 1],
    },
    Middle {
        command: "data-check",
        words: "SHA2(CONCAT_WS",
        passes: 2,
        status: [6, 1],
    },
];

const POSTGRES: [Middle; 4] = [
    Middle {
        command: "topology",
        words: "'hot_standby_feedback'",
        passes: 0,
        status: [0, 0],
    },
    Middle {
        command: "assess",
        words: "tgenabled",
        passes: 0,
        status: [6, 6],
    },
    Middle {
        command: "schema-check",
        words: "tgrelid",
        passes: 0,
        status: [6, 1],
    },
    Middle {
        command: "data-check",
        words: "hashtextextended(ROW",
        passes: 2,
        status: [6, 1],
    },
];

/// How a server is lost.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Loss {
    Killed,
    Cut,
}

/// A primary and a replica with some tables, and an account that may look.
struct Scene {
    looking: Looking,
    estate: Estate,
    login: Login,
}

impl Scene {
    async fn of(kind: ServerKind) -> Option<Self> {
        let looking = Looking::new();
        let options = EstateOptions::new(kind).replicas(1);
        let options = match kind.engine() {
            Engine::Mysql => options.gtid(true),
            // How soon a standby looks for its primary again.
            Engine::Postgres => options.setting("wal_retrieve_retry_interval", "200ms"),
        };
        let estate = available(Estate::start(&looking.sandbox, options).await)?;
        // So many that a data check asks for them by several statements.
        let made: Vec<String> = (1..=TABLES)
            .map(|table| {
                format!(
                    "CREATE TABLE stock_{table:03} (id INT PRIMARY KEY, amount INT NOT NULL); INSERT INTO stock_{table:03} VALUES (1, 2), (3, 4), (5, 6)"
                )
            })
            .collect();
        run(&estate.primary, "shop", &made.join("; ")).await;
        let jobs = ["topology", "assess", "schema-check", "check"];
        let login = looking.account(&estate, &jobs, &[], "looks").await;
        let scene = Self {
            looking,
            estate,
            login,
        };
        scene.follows().await;
        Some(scene)
    }

    /// Waits until the replica is attached to its primary and has the last of what was made.
    async fn follows(&self) {
        let attached = match self.estate.primary.kind().engine() {
            Engine::Mysql => {
                "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"
            }
            Engine::Postgres => "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'",
        };
        let waited = self
            .estate
            .primary
            .wait_for(attached, "1", Duration::from_secs(30))
            .await;
        waited.expect("the replica is attached");
        let replica = &self.estate.replicas[0];
        for _ in 0..600 {
            let rows = replica
                .rows_as(&self.login, "shop", "SELECT id FROM stock_100")
                .await;
            if rows.is_ok_and(|rows| rows.len() == 3) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the replica does not follow");
    }

    /// Starts a command at the server behind a wire, in the clear, so that the wire hears what is said.
    fn command(&self, wire: &Wire, command: &str) -> tokio::process::Command {
        let kind = self.estate.primary.kind();
        let scheme = match kind.engine() {
            Engine::Mysql => "mysql",
            Engine::Postgres => "postgres",
        };
        let url = format!(
            "{scheme}://{}@127.0.0.1:{}/shop?tls=off",
            self.login.name(),
            wire.port()
        );
        let standby = format!("127.0.0.1:{}", self.estate.replicas[0].port());
        let mut arguments = vec!["--format", "json", command];
        if kind.engine() == Engine::Postgres {
            // Where this is the server that the command begins at, it is the same one by another way.
            arguments.extend(["--also", &standby]);
        }
        let mut command = self.looking.command_at(&url, &self.login, &arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What a command comes to that nothing happens to.
    async fn undisturbed(&self, wire: &Wire, command: &str) -> Output {
        let ended = tokio::time::timeout(PATIENCE, self.command(wire, command).output()).await;
        ended.expect("it ends").expect("it runs")
    }

    /// Loses a server in the middle of a command; what the command came to. The server is there again, the wire not yet.
    async fn lose(&self, victim: &Server, wire: &Wire, middle: &Middle, loss: Loss) -> Output {
        let caught = wire.hold_at(middle.words, middle.passes);
        let running = self
            .command(wire, middle.command)
            .spawn()
            .expect("it starts")
            .wait_with_output();
        tokio::pin!(running);
        tokio::select! {
            () = caught => {}
            ended = &mut running => panic!("{} ended before its middle: {ended:?}", middle.command),
        }
        match loss {
            Loss::Killed => {
                victim.kill_hard().await.expect("killed");
                wire.restore();
            }
            Loss::Cut => wire.cut(),
        }
        let ended = tokio::time::timeout(PATIENCE, running).await;
        if loss == Loss::Killed {
            victim.start().await.expect("it is back");
        }
        ended.expect("it ends").expect("it runs")
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// What is said names the server that was lost, and claims nothing of it.
fn assert_honest(command: &str, output: &Output, status: i32, server: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(status), "{command}: {said}");
    assert!(said.contains(server), "{command} names {server}: {said}");
    if status == 1 {
        assert!(output.stdout.is_empty(), "{command} claims nothing: {said}");
        assert!(said.contains("hint:"), "{command} says what to do: {said}");
        return;
    }
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    match command {
        "topology" => {
            let mut servers = list(&report, "servers").iter();
            let lost = servers.find(|node| node["address"] == server);
            let lost = lost.unwrap_or_else(|| panic!("{server} was found: {said}"));
            assert!(!list(lost, "could_not_tell").is_empty(), "{said}");
        }
        "assess" => {
            let findings = report.as_array().expect("findings");
            let untold = |finding: &&Value| {
                finding["told"] == "could_not_tell" && finding.to_string().contains(server)
            };
            assert!(findings.iter().any(|finding| untold(&finding)), "{said}");
        }
        _ => assert_eq!(report["verdict"], "could_not_tell", "{command}: {said}"),
    }
}

/// Loses the replica or the primary in every way in the middle of every command.
async fn lost_in_the_middle(kind: ServerKind, middles: &[Middle]) {
    let Some(scene) = Scene::of(kind).await else {
        return;
    };
    let victims = [&scene.estate.replicas[0], &scene.estate.primary];
    for (place, victim) in victims.into_iter().enumerate() {
        let wire = Wire::to(victim.address()).await.expect("a wire");
        let server = format!("127.0.0.1:{}", wire.port());
        for middle in middles {
            let well = scene.undisturbed(&wire, middle.command).await;
            assert!(well.status.success(), "{}: {}", middle.command, said(&well));
            for loss in [Loss::Killed, Loss::Cut] {
                let output = scene.lose(victim, &wire, middle, loss).await;
                assert_honest(middle.command, &output, middle.status[place], &server);
                wire.restore();
                scene.follows().await;
                let again = scene.undisturbed(&wire, middle.command).await;
                assert!(again.status.success(), "{}: {}", middle.command, said(&again));
                if middle.command != "data-check" {
                    continue;
                }
                let report: Value = serde_json::from_slice(&again.stdout).expect("JSON");
                assert_eq!(report["verdict"], "same", "{report}");
                assert_eq!(
                    list(&list(&report, "nodes")[0], "tables").len(),
                    TABLES,
                    "{report}"
                );
                let goes_on = String::from_utf8_lossy(&again.stderr).contains("going on");
                assert!(goes_on, "from where it was: {}", said(&again));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_mysql_are_lost_in_the_middle() {
    lost_in_the_middle(ServerKind::Mysql97, &MYSQL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_postgres_are_lost_in_the_middle() {
    lost_in_the_middle(ServerKind::Postgres(17), &POSTGRES).await;
}

/// Every command at once, each of which loses its server to a network that swallows everything and says nothing.
async fn silent_in_the_middle(kind: ServerKind, middles: &[Middle]) {
    let Some(scene) = Scene::of(kind).await else {
        return;
    };
    let replica = &scene.estate.replicas[0];
    let all = middles.iter().map(|middle| async {
        let wire = Wire::to(replica.address()).await.expect("a wire");
        let caught = wire.hold_at(middle.words, middle.passes);
        let running = scene
            .command(&wire, middle.command)
            .spawn()
            .expect("it starts")
            .wait_with_output();
        let (ended, ()) = tokio::join!(tokio::time::timeout(PATIENCE, running), caught);
        let output = ended
            .unwrap_or_else(|_| panic!("{} waits for ever", middle.command))
            .expect("it runs");
        assert_honest(
            middle.command,
            &output,
            middle.status[0],
            &format!("127.0.0.1:{}", wire.port()),
        );
    });
    futures_util::future::join_all(all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_network_to_mysql_is_given_up() {
    silent_in_the_middle(ServerKind::Mysql97, &MYSQL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_network_to_postgres_is_given_up() {
    silent_in_the_middle(ServerKind::Postgres(17), &POSTGRES).await;
}

/// A row that differs is named though its server is gone when its values are to be read.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_before_a_server_was_lost_is_told() {
    let Some(scene) = Scene::of(ServerKind::Mysql97).await else {
        return;
    };
    let replica = &scene.estate.replicas[0];
    let open = "SET GLOBAL super_read_only = OFF; SET SESSION sql_log_bin = 0";
    let plant = "UPDATE stock_002 SET amount = 7 WHERE id = 3; DELETE FROM stock_002 WHERE id = 5";
    run(
        replica,
        "shop",
        &format!("{open}; {plant}; SET GLOBAL super_read_only = ON"),
    )
    .await;
    let wire = Wire::to(replica.address()).await.expect("a wire");
    let middle = Middle {
        command: "data-check",
        words: "`stock_050`",
        passes: 0,
        status: [3, 3],
    };
    let output = scene.lose(replica, &wire, &middle, Loss::Cut).await;
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["verdict"], "different", "{report}");
    let rows: Vec<[&Value; 3]> = list(&report, "differences")
        .iter()
        .map(|row| [&row["table"], &row["key"], &row["kind"]])
        .collect();
    let expected = [
        ["shop.stock_002", "3", "changed"],
        ["shop.stock_002", "5", "missing"],
    ]
    .map(|row| row.map(Value::from));
    let expected: Vec<[&Value; 3]> = expected.iter().map(|row| row.each_ref()).collect();
    assert_eq!(rows, expected, "{report}");
    assert!(list(&report, "nodes")[0]["left"].is_string(), "{report}");
}
