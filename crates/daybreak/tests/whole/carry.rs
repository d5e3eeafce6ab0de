//! `daybreak accounts carry`: accounts of every odd kind come to a stand-in of Aurora; each can be logged in to there, or the report
//! says why not; and no secret is anywhere but in the file for new passwords.

use std::collections::BTreeMap;

use daybreak_engine::database;
use daybreak_model::{Endpoint, Secret};
use daybreak_sandbox::{AuroraOptions, AuroraStandIn, Engine, Estate, EstateOptions, ServerKind, available};
use serde_json::Value;

use crate::looking::{Looking, list};

/// An account of the source and how it is logged in to there.
struct Planted {
    user: String,
    password: String,
    /// Whether a connection from this machine can match its host, and it may log in at all.
    open: bool,
}

/// What is set up on the source, and what may be logged in to.
#[derive(Default)]
struct Plan {
    statements: Vec<String>,
    planted: Vec<Planted>,
}

const PASSWORD: &str = "p'w\\d\"`;-- é";

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

impl Plan {
    fn mysql(&mut self, user: &str, host: &str, more: &str) -> String {
        let password = format!("{PASSWORD}{}", self.planted.len());
        let account = format!("{}@{}", text(user), text(host));
        self.statements.push(format!(
            "CREATE USER {account} IDENTIFIED BY {} {more}",
            text(&password)
        ));
        // The stand-in resolves no names.
        let reached = !host.starts_with("10.") && host != "localhost";
        self.keep(user, &password, more != "ACCOUNT LOCK" && reached);
        account
    }

    fn keep(&mut self, user: &str, password: &str, open: bool) {
        self.planted.push(Planted {
            user: user.to_owned(),
            password: password.to_owned(),
            open,
        });
    }

    fn run(&mut self, statement: impl Into<String>) {
        self.statements.push(statement.into());
    }

    /// What every server of the family has.
    fn every_mysql(&mut self, longest: usize) {
        for user in [
            "plain",
            "with space",
            "o'quote",
            "d\"ouble",
            "b`tick",
            "back\\slash",
            "ünïcode_名",
            "semi;drop",
            "wild%",
            "UPPER",
            "select",
        ] {
            let account = self.mysql(user, "%", "");
            self.run(format!("GRANT SELECT, INSERT ON shop.* TO {account}"));
        }
        let longest = "x".repeat(longest);
        self.mysql(&longest, "%", "");
        for (user, host) in [
            ("net", "127.0.0.0/255.0.0.0"),
            ("near", "127.%"),
            ("home", "127.0.0.1"),
            ("far", "10.%"),
            ("twice", "10.1.%"),
            ("local", "localhost"),
        ] {
            self.mysql(user, host, "");
        }
        for (user, grant) in [
            ("everything", "ALL PRIVILEGES ON *.* TO {} WITH GRANT OPTION"),
            ("super", "SUPER, FILE, SHUTDOWN, PROCESS ON *.* TO {}"),
            ("owner", "ALL PRIVILEGES ON shop.* TO {} WITH GRANT OPTION"),
            ("pattern", "SELECT ON `sh\\_p`.* TO {}"),
            ("table", "SELECT, UPDATE ON shop.stock TO {}"),
            ("columns", "SELECT (id), UPDATE (amount, id) ON shop.stock TO {}"),
            ("routine", "EXECUTE, ALTER ROUTINE ON PROCEDURE shop.p TO {}"),
            ("replica", "REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {}"),
            ("looks", "SELECT ON mysql.* TO {}"),
            ("meddles", "UPDATE ON mysql.user TO {}"),
        ] {
            let account = self.mysql(user, "%", "");
            self.run(format!("GRANT {}", grant.replace("{}", &account)));
        }
    }

    fn fill(&mut self) {
        for number in self.planted.len()..50 {
            let account = self.mysql(&format!("bulk_{number}"), "%", "");
            self.run(format!("GRANT SELECT ON shop.stock TO {account}"));
        }
    }
}

const MYSQL_OBJECTS: [&str; 3] = [
    "CREATE DATABASE IF NOT EXISTS shop",
    "CREATE TABLE shop.stock (id INT PRIMARY KEY, amount INT NOT NULL)",
    "CREATE PROCEDURE shop.p() SELECT 1",
];

/// A source with the plan's accounts, the stand-in, and the command between them.
struct Ground {
    looking: Looking,
    estate: Estate,
    cluster: AuroraStandIn,
    url: String,
    target: String,
}

impl Ground {
    async fn lay(kind: ServerKind, cluster: AuroraOptions, objects: &[&str], plan: &Plan) -> Option<Self> {
        let looking = Looking::new();
        let estate = available(Estate::start(&looking.sandbox, EstateOptions::new(kind)).await)?;
        let cluster = AuroraStandIn::start(&looking.sandbox, cluster)
            .await
            .expect("a cluster");
        for statement in objects {
            estate
                .primary
                .rows_in("shop", statement)
                .await
                .expect("made at the source");
            cluster.sql(statement).await.expect("made at the target");
        }
        for statement in &plan.statements {
            let made = estate.primary.rows_in("shop", statement).await;
            made.unwrap_or_else(|error| panic!("{kind}: {statement}: {error}"));
        }
        let url = looking.url(&estate.primary, &estate.admin).await;
        let target = looking.url(cluster.writer(), &cluster.admin).await;
        Some(Self {
            looking,
            estate,
            cluster,
            url,
            target,
        })
    }

    fn passwords(&self) -> std::path::PathBuf {
        self.looking.folder.path().join("new/passwords.jsonl")
    }

    /// The report, the exit status, and all that was printed.
    async fn carry(&self, more: &[&str]) -> (Value, Option<i32>, String) {
        let passwords = self.passwords();
        let passwords = passwords.to_str().expect("text");
        let mut printed = String::new();
        let mut last = None;
        // The text first, and of that nothing is done.
        for (format, more) in [("text", &[] as &[&str]), ("json", more)] {
            let mut arguments = vec![
                "--format",
                format,
                "accounts",
                "carry",
                "--target",
                &self.target,
                "--passwords",
                passwords,
            ];
            arguments.extend(more);
            let mut command = self.looking.command_at(&self.url, &self.estate.admin, &arguments);
            command.env("DAYBREAK_TARGET_PASSWORD", self.cluster.admin.password());
            let output = command.output().await.expect("the program runs");
            printed.push_str(&String::from_utf8_lossy(&output.stdout));
            printed.push_str(&String::from_utf8_lossy(&output.stderr));
            last = Some(output);
        }
        let output = last.expect("two runs");
        let report =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {printed}"));
        (report, output.status.code(), printed)
    }

    fn new_passwords(&self) -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(self.passwords()).unwrap_or_default();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines
            .map(|line| {
                let text = |key: &str| line[key].as_str().expect("text").to_owned();
                (text("account"), text("password"))
            })
            .collect()
    }

    /// Logs in on the target; none, or the code of the refusal.
    async fn log_in(&self, user: &str, password: &str) -> Option<String> {
        let mut endpoint = Endpoint::parse("target", &self.target).expect("a URL");
        user.clone_into(&mut endpoint.user);
        endpoint.password = Secret::new(password);
        if self.estate.primary.kind().engine() == Engine::Mysql {
            endpoint.database = None;
        }
        match database(endpoint).ask("failed to look", "SELECT 1").await {
            Ok(_) => None,
            Err(error) => Some(error.code.clone().unwrap_or_else(|| error.in_words())),
        }
    }

    /// Carries everything, logs in as everybody, carries again, and looks for secrets.
    async fn prove(&self, plan: &Plan, hashes: &str) -> Value {
        let secrets: Vec<String> = self
            .estate
            .primary
            .rows(hashes)
            .await
            .expect("hashes")
            .into_iter()
            .filter_map(|row| row.into_iter().next().flatten())
            .filter(|hash| hash.len() > 8)
            .collect();
        assert!(secrets.len() > 20, "hashes are looked for");
        let (planned, status, mut said) = self.carry(&[]).await;
        assert_eq!(status, Some(0), "{said}");
        assert!(!self.passwords().exists(), "nothing was done");
        assert_eq!(planned["executed"], false);

        let (report, status, more) = self.carry(&["--execute"]).await;
        said.push_str(&more);
        let refused: Vec<&Value> = list(&report, "accounts")
            .iter()
            .flat_map(|account| list(account, "refused"))
            .collect();
        assert_eq!(status, Some(0), "{refused:#?}");
        let new = self.new_passwords();
        let mut logged_in = 0;
        for planted in &plan.planted {
            let quoted = |name: &str| name == planted.user;
            let account = list(&report, "accounts")
                .iter()
                .find(|account| quoted(&bare(account["account"].as_str().expect("text"))))
                .unwrap_or_else(|| panic!("{} is not in the report", planted.user));
            if account["outcome"] == "not_carried" {
                assert!(account["not_carried"].is_string());
                continue;
            }
            assert_eq!(account["outcome"], "made", "{account}");
            let name = account["carried_as"].as_str().expect("text");
            let password = match account["password"].as_str() {
                Some("kept") => &planted.password,
                Some("new") => {
                    assert!(account["new_password_because"].is_string());
                    &new[name]
                }
                _ => continue,
            };
            let refused = self.log_in(&planted.user, password).await;
            if planted.open {
                assert_eq!(refused, None, "{account}");
                logged_in += 1;
            } else {
                assert!(refused.is_some(), "{account}");
            }
            assert!(self.log_in(&planted.user, "wrong").await.is_some());
        }
        assert!(logged_in > 30, "{logged_in}");

        let before = std::fs::read(self.passwords()).unwrap_or_default();
        let (again, status, more) = self.carry(&["--execute"]).await;
        said.push_str(&more);
        assert_eq!(status, Some(0), "{more}");
        let made = list(&again, "accounts")
            .iter()
            .filter(|account| account["outcome"] == "made");
        assert_eq!(made.count(), 0, "all of them are there");
        assert_eq!(std::fs::read(self.passwords()).unwrap_or_default(), before);

        let logs = [
            self.estate.primary.log_tail(10_000),
            self.cluster.writer().log_tail(10_000),
        ]
        .concat();
        let own = plan.planted.iter().map(|planted| &planted.password);
        let own = own.filter(|password| password.len() > 8);
        for secret in own.chain(&secrets).chain(new.values()) {
            assert!(!said.contains(secret.as_str()), "{secret} was printed");
            assert!(!logs.contains(secret.as_str()), "{secret} is in a log");
        }
        report
    }
}

/// An account's user, from how statements have it.
fn bare(account: &str) -> String {
    let quote = account.chars().next().expect("a name");
    let mut user = String::new();
    let mut rest = account[1..].chars().peekable();
    while let Some(character) = rest.next() {
        if character == quote {
            if rest.peek() != Some(&quote) {
                break;
            }
            rest.next();
        } else if character == '\\' && quote == '\'' {
            rest.next();
        }
        user.push(character);
    }
    user
}

fn account<'a>(report: &'a Value, user: &str) -> &'a Value {
    let found = list(report, "accounts").iter();
    let mut found = found.filter(|account| bare(account["account"].as_str().expect("text")) == user);
    found.next().unwrap_or_else(|| panic!("{user} is in the report"))
}

fn left(report: &Value, user: &str) -> Vec<String> {
    let left = list(account(report, user), "left").iter();
    left.map(|left| left["what"].as_str().expect("text").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql() {
    let mut plan = Plan::default();
    plan.run("SET GLOBAL partial_revokes = ON");
    plan.every_mysql(32);
    for (user, more) in [
        ("tls", "REQUIRE SSL"),
        (
            "certified",
            "REQUIRE SUBJECT '/CN=ACCOUNT LOCK' AND ISSUER '/CN=i'",
        ),
        ("limited", "WITH MAX_QUERIES_PER_HOUR 500 MAX_USER_CONNECTIONS 5"),
        ("locked", "ACCOUNT LOCK"),
        (
            "ages",
            "PASSWORD EXPIRE INTERVAL 90 DAY PASSWORD HISTORY 3 PASSWORD REUSE INTERVAL 30 DAY",
        ),
        ("guarded", "FAILED_LOGIN_ATTEMPTS 9 PASSWORD_LOCK_TIME 1"),
        ("described", "COMMENT 'PASSWORD EXPIRE ACCOUNT LOCK'"),
    ] {
        plan.mysql(user, "%", more);
    }
    plan.mysql("bits", "127.0.0.0/8", "");
    plan.run("CREATE USER nobody@'%'");
    plan.keep("nobody", "", true);
    plan.run("CREATE USER ''@'%' IDENTIFIED BY 'x'");
    plan.run("CREATE ROLE readers, 'deep role'@'%'");
    plan.run("GRANT SELECT ON shop.* TO readers");
    plan.run("GRANT readers TO 'deep role'@'%' WITH ADMIN OPTION");
    let holder = plan.mysql("holder", "%", "");
    plan.run(format!("GRANT 'deep role'@'%' TO {holder}"));
    plan.run(format!("ALTER USER {holder} DEFAULT ROLE 'deep role'@'%'"));
    let dynamic = plan.mysql("dynamic", "%", "");
    plan.run(format!(
        "GRANT CONNECTION_ADMIN, BACKUP_ADMIN, SYSTEM_VARIABLES_ADMIN ON *.* TO {dynamic}"
    ));
    let partial = plan.mysql("partial", "%", "");
    plan.run(format!("GRANT SELECT, INSERT ON *.* TO {partial}"));
    plan.run(format!("REVOKE INSERT ON shop.* FROM {partial}"));
    let proxy = plan.mysql("proxy", "%", "");
    plan.run(format!("GRANT PROXY ON plain@'%' TO {proxy}"));
    plan.fill();
    let Some(ground) = Ground::lay(ServerKind::Mysql97, AuroraOptions::mysql(), &MYSQL_OBJECTS, &plan).await
    else {
        return;
    };
    let hashes = "SELECT HEX(authentication_string) FROM mysql.user WHERE authentication_string <> ''";
    let report = ground.prove(&plan, hashes).await;
    assert_eq!(account(&report, "plain")["password"], "kept");
    assert_eq!(account(&report, "nobody")["password"], "new");
    assert_eq!(account(&report, "")["outcome"], "not_carried");
    assert!(left(&report, "super").contains(&"SUPER ON *.*".to_owned()));
    assert!(left(&report, "everything").contains(&"FILE ON *.*".to_owned()));
    assert!(
        left(&report, "partial").contains(&"INSERT ON *.*".to_owned()),
        "the stand-in takes nothing back in part"
    );
    assert!(left(&report, "meddles").contains(&"UPDATE ON `mysql`.`user`".to_owned()));
    assert_eq!(left(&report, "proxy"), ["PROXY"]);
    assert!(
        account(&report, "certified")["statements"]
            .to_string()
            .contains("REQUIRE SSL")
    );
    let held = ground
        .cluster
        .writer()
        .rows("SHOW GRANTS FOR holder USING 'deep role'")
        .await
        .expect("grants");
    let held = format!("{held:?}");
    assert!(held.contains("SELECT ON `shop`.*"), "{held}");
    let limits =
        "SELECT CONCAT(max_questions, ' ', max_user_connections) FROM mysql.user WHERE User = 'limited'";
    assert_eq!(
        ground
            .cluster
            .writer()
            .value(limits)
            .await
            .expect("limits")
            .as_deref(),
        Some("500 5")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_of_old() {
    let mut plan = Plan::default();
    plan.every_mysql(16);
    plan.run("GRANT USAGE ON *.* TO plain@'%' REQUIRE SSL WITH MAX_USER_CONNECTIONS 7");
    plan.run("CREATE USER nobody@'%'");
    plan.keep("nobody", "", true);
    plan.run("SET old_passwords = 0");
    plan.fill();
    let Some(ground) = Ground::lay(ServerKind::Mysql56, AuroraOptions::mysql(), &MYSQL_OBJECTS, &plan).await
    else {
        return;
    };
    let report = ground
        .prove(&plan, "SELECT Password FROM mysql.user WHERE Password <> ''")
        .await;
    let why = account(&report, "plain")["new_password_because"].to_string();
    assert!(
        why.contains("mysql_native_password"),
        "the stand-in has none: {why}"
    );
    let made = account(&report, "plain")["statements"].to_string();
    assert!(made.contains("REQUIRE SSL WITH MAX_USER_CONNECTIONS 7"), "{made}");
    assert!(left(&report, "everything").contains(&"SUPER ON *.*".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb() {
    let mut plan = Plan::default();
    plan.every_mysql(80);
    for (user, more) in [
        ("tls", "REQUIRE SSL"),
        ("limited", "WITH MAX_USER_CONNECTIONS 5 MAX_STATEMENT_TIME 2"),
        ("locked", "ACCOUNT LOCK"),
        ("ages", "PASSWORD EXPIRE INTERVAL 90 DAY"),
    ] {
        plan.mysql(user, "%", more);
    }
    plan.run("CREATE USER socket@'%' IDENTIFIED VIA unix_socket");
    plan.keep("socket", "", true);
    plan.run(
        "CREATE USER several@'%' IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('x')",
    );
    plan.keep("several", "x", true);
    plan.run("CREATE ROLE staff");
    plan.run("GRANT SELECT ON shop.* TO staff");
    let holder = plan.mysql("holder", "%", "");
    plan.run(format!("GRANT staff TO {holder} WITH ADMIN OPTION"));
    plan.run(format!("SET DEFAULT ROLE staff FOR {holder}"));
    let monitor = plan.mysql("monitor", "%", "");
    plan.run(format!(
        "GRANT BINLOG MONITOR, CONNECTION ADMIN, FEDERATED ADMIN ON *.* TO {monitor}"
    ));
    plan.fill();
    let Some(ground) = Ground::lay(
        ServerKind::MariaDb1011,
        AuroraOptions::mysql(),
        &MYSQL_OBJECTS,
        &plan,
    )
    .await
    else {
        return;
    };
    let hashes = "SELECT JSON_VALUE(Priv, '$.authentication_string') FROM mysql.global_priv";
    let report = ground.prove(&plan, hashes).await;
    assert_eq!(account(&report, &"x".repeat(80))["outcome"], "not_carried");
    assert_eq!(account(&report, "staff")["carried_as"], "'staff'@'%'");
    assert_eq!(left(&report, "limited"), ["MAX_STATEMENT_TIME 2.000000"]);
    assert_eq!(left(&report, "monitor"), ["FEDERATED ADMIN ON *.*"]);
    let held = ground
        .cluster
        .writer()
        .rows("SHOW GRANTS FOR holder USING staff")
        .await
        .expect("grants");
    assert!(format!("{held:?}").contains("SELECT ON `shop`.*"), "{held:?}");
}

const POSTGRES_OBJECTS: [&str; 4] = [
    "CREATE SCHEMA tools",
    "CREATE TABLE tools.stock (id INT PRIMARY KEY, amount INT NOT NULL)",
    "CREATE SEQUENCE tools.numbers",
    "CREATE FUNCTION tools.f(a INT) RETURNS INT LANGUAGE sql AS 'SELECT a'",
];

async fn postgres(kind: ServerKind) {
    let mut plan = Plan::default();
    let role = |plan: &mut Plan, name: &str, more: &str| {
        let password = format!("{PASSWORD}{}", plan.planted.len());
        let name_there = format!("\"{}\"", name.replace('"', "\"\""));
        let quoted = password.replace('\'', "''");
        plan.run(format!(
            "CREATE ROLE {name_there} LOGIN PASSWORD '{quoted}' {more}"
        ));
        plan.keep(name, &password, !more.contains("VALID UNTIL '2001"));
        name_there
    };
    for name in [
        "plain",
        "with space",
        "o'quote",
        "d\"ouble",
        "back\\slash",
        "ünïcode_名",
        "semi;drop",
        "UPPER",
        "select",
        &"x".repeat(63),
    ] {
        let name = role(&mut plan, name, "");
        plan.run(format!("GRANT USAGE ON SCHEMA tools TO {name}"));
        plan.run(format!("GRANT SELECT, INSERT ON tools.stock TO {name}"));
    }
    for (name, more) in [
        ("boss", "SUPERUSER"),
        ("copier", "REPLICATION"),
        ("sees_all", "BYPASSRLS"),
        ("builder", "CREATEDB CREATEROLE"),
        ("apart", "NOINHERIT"),
        ("few", "CONNECTION LIMIT 3"),
        ("gone", "VALID UNTIL '2001-01-01'"),
        ("stays", "VALID UNTIL 'infinity'"),
    ] {
        role(&mut plan, name, more);
    }
    plan.run("SET password_encryption = 'md5'; CREATE ROLE old_hash LOGIN PASSWORD 'old'");
    // The stand-in takes SCRAM alone.
    plan.keep("old_hash", "old", false);
    plan.run("CREATE ROLE nobody LOGIN");
    plan.keep("nobody", "", true);
    plan.run(
        "CREATE ROLE readers; CREATE ROLE \"deep role\"; GRANT readers TO \"deep role\" WITH ADMIN OPTION",
    );
    plan.run("GRANT SELECT ON tools.stock TO readers; COMMENT ON ROLE readers IS 'it''s'");
    let holder = role(&mut plan, "holder", "");
    plan.run(format!(
        "GRANT \"deep role\", pg_monitor, pg_execute_server_program TO {holder}"
    ));
    let set = role(&mut plan, "set", "");
    plan.run(format!(
        "ALTER ROLE {set} SET search_path TO tools, \"$user\", public"
    ));
    plan.run(format!("ALTER ROLE {set} SET app.tenant TO 'it''s'"));
    plan.run(format!(
        "ALTER ROLE {set} IN DATABASE shop SET statement_timeout TO '5s'"
    ));
    let fine = role(&mut plan, "fine", "");
    plan.run(format!(
        "GRANT SELECT (id), UPDATE (amount) ON tools.stock TO {fine} WITH GRANT OPTION"
    ));
    plan.run(format!("GRANT USAGE ON SEQUENCE tools.numbers TO {fine}"));
    plan.run(format!("GRANT EXECUTE ON FUNCTION tools.f(INT) TO {fine}"));
    plan.run(format!("GRANT CREATE ON DATABASE shop TO {fine}"));
    let owner = role(&mut plan, "owner", "");
    plan.run(format!(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA tools GRANT SELECT ON TABLES TO readers"
    ));
    plan.run("REVOKE TEMPORARY ON DATABASE shop FROM PUBLIC");
    for number in plan.planted.len()..50 {
        role(&mut plan, &format!("bulk_{number}"), "");
    }
    let Some(ground) = Ground::lay(kind, AuroraOptions::postgres(17), &POSTGRES_OBJECTS, &plan).await else {
        return;
    };
    let report = ground
        .prove(
            &plan,
            "SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL",
        )
        .await;
    assert_eq!(account(&report, "plain")["password"], "kept");
    assert_eq!(account(&report, "nobody")["password"], "new");
    assert_eq!(left(&report, "boss"), ["SUPERUSER"]);
    assert_eq!(left(&report, "sees_all"), ["BYPASSRLS"]);
    assert_eq!(
        left(&report, "holder"),
        ["member of \"pg_execute_server_program\""]
    );
    assert_eq!(
        left(&report, "owner").len(),
        1,
        "default privileges are the role's own"
    );
    let writer = ground.cluster.writer();
    let ask = async |sql: &str| {
        writer.rows_in("shop", sql).await.expect("an answer")[0][0]
            .clone()
            .unwrap_or_default()
    };
    assert_eq!(ask("SELECT pg_has_role('holder', 'readers', 'MEMBER') AND pg_has_role('holder', 'pg_monitor', 'MEMBER')").await, "t");
    assert_eq!(
        ask("SELECT pg_has_role('copier', 'rds_replication', 'MEMBER')").await,
        "t"
    );
    assert_eq!(
        ask("SELECT has_column_privilege('fine', 'tools.stock', 'amount', 'UPDATE WITH GRANT OPTION')").await,
        "t"
    );
    assert_eq!(
        ask("SELECT has_table_privilege('fine', 'tools.stock', 'SELECT')").await,
        "f"
    );
    assert_eq!(
        ask("SELECT has_database_privilege('plain', 'shop', 'TEMPORARY')").await,
        "f"
    );
    assert_eq!(
        ask("SELECT shobj_description('readers'::regrole, 'pg_authid')").await,
        "it's"
    );
    let set = "SELECT string_agg(config, '|' ORDER BY config) FROM pg_db_role_setting, unnest(setconfig) AS config WHERE setrole = '\"set\"'::regrole";
    assert_eq!(
        ask(set).await,
        "search_path=tools, \"$user\", public|statement_timeout=5s"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_of_the_same_version() {
    postgres(ServerKind::Postgres(17)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_of_old() {
    postgres(ServerKind::Postgres(13)).await;
}
