//! `daybreak trim` on real servers: exactly a rule's rows go, under writes and kills; what was archived comes back as it was.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daybreak_sandbox::{Estate, Login, Server, ServerKind};
use serde_json::Value;

use crate::looking::{Looking, list, run};

/// Orders with lines, every type that an archive keeps as it is and some that it cannot; half of the orders are old.
const MYSQL: &str = "
    CREATE TABLE orders (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, made DATETIME(3) NOT NULL, state VARCHAR(20), total DECIMAL(12,2),
        rate DOUBLE, flags BIT(9), paper BLOB, extra JSON, kind ENUM('a','b',''), shipped DATE, note TEXT CHARACTER SET latin1, INDEX (made));
    CREATE TABLE `we``ird \"li'nes; drop` (order_id BIGINT UNSIGNED NOT NULL, `no` INT NOT NULL, what VARCHAR(30), PRIMARY KEY (order_id, `no`),
        CONSTRAINT `of order` FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE);
    CREATE TABLE held (order_id BIGINT UNSIGNED PRIMARY KEY);
    INSERT INTO orders (made, state, total, rate, flags, paper, extra, kind, shipped, note)
        SELECT IF(n.n % 2 = 0, '2020-01-31 10:00:00.125', NOW(3)), IF(n.n % 5, 'paid', NULL), n.n / 3, IF(n.n % 4, n.n / 7, 1e20), n.n % 512,
               UNHEX(LPAD(HEX(n.n), 8, '0')), JSON_OBJECT('n', n.n), 'b', IF(n.n % 3, '2024-02-29', NULL), CONVERT(UNHEX('E4F6FC') USING latin1)
        FROM (SELECT a.n + 100 * b.n AS n FROM
             (SELECT t.d + 10 * u.d AS n FROM digits AS t, digits AS u) AS a, (SELECT t.d + 10 * u.d AS n FROM digits AS t, digits AS u) AS b) AS n;
    INSERT INTO `we``ird \"li'nes; drop` SELECT id, 1, 'one' FROM orders UNION ALL SELECT id, 2, 'two\\t\\n' FROM orders WHERE id % 3 = 0;
    INSERT INTO held SELECT id FROM orders WHERE made < '2021-01-01' ORDER BY id LIMIT 7";

const POSTGRES: &str = "
    CREATE TABLE public.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, made timestamptz NOT NULL, state text, total numeric(12,2),
        rate float8, paper bytea, extra jsonb, shipped date, tags text[], took interval, at timestamp(3), done boolean,
        twice bigint GENERATED ALWAYS AS (id * 2) STORED);
    CREATE INDEX ON public.orders (made);
    CREATE TABLE public.\"we\"\"ird li'nes; drop\" (order_id bigint NOT NULL REFERENCES public.orders ON DELETE CASCADE, \"no\" int, what text,
        PRIMARY KEY (order_id, \"no\"));
    CREATE TABLE public.held (order_id bigint PRIMARY KEY);
    INSERT INTO public.orders (made, state, total, rate, paper, extra, shipped, tags, took, at, done)
        SELECT CASE WHEN n % 2 = 0 THEN '2020-01-31 10:00:00.125+00' ELSE now() END, CASE WHEN n % 5 > 0 THEN 'paid' END, n / 3.0,
               CASE WHEN n % 4 > 0 THEN n / 7.0 ELSE 1e20 END, decode(lpad(to_hex(n), 8, '0'), 'hex'), jsonb_build_object('n', n),
               CASE WHEN n % 3 = 0 THEN 'infinity'::date ELSE '2024-02-29' END, ARRAY['a\"b', NULL, E'\\t'], make_interval(hours => n), now(), n % 2 = 0
        FROM generate_series(0, 9999) AS n;
    INSERT INTO public.\"we\"\"ird li'nes; drop\"
        SELECT id, 1, 'one' FROM public.orders UNION ALL SELECT id, 2, E'two\\t\\n\\\\' FROM public.orders WHERE id % 3 = 0;
    INSERT INTO public.held SELECT id FROM public.orders WHERE made < '2021-01-01' ORDER BY id LIMIT 7";

/// What differs between the families.
pub(crate) struct Ground {
    pub(crate) looking: Looking,
    estate: Arc<Estate>,
    standby: String,
    pub(crate) login: Login,
    pub(crate) schema: &'static str,
    pub(crate) lines: &'static str,
}

impl Ground {
    pub(crate) async fn start(kind: ServerKind) -> Option<Self> {
        let looking = Looking::new();
        let estate = Arc::new(looking.with_replica(kind).await?);
        let postgres = kind == ServerKind::Postgres(17);
        if postgres {
            run(&estate.primary, "shop", POSTGRES).await;
        } else {
            let digits = "CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)";
            run(&estate.primary, "shop", digits).await;
            run(&estate.primary, "shop", MYSQL).await;
        }
        let login = looking.account(&estate, &["trim"], &[], "trimmer").await;
        // The walk reaches the replica with the same account.
        let there = if postgres {
            "SELECT COUNT(*) FROM pg_roles WHERE rolname = 'trimmer'"
        } else {
            "SELECT COUNT(*) FROM mysql.user WHERE User = 'trimmer'"
        };
        let replica = &estate.replicas[0];
        replica
            .wait_for(there, "1", Duration::from_secs(30))
            .await
            .expect("the account is there");
        Some(Self {
            standby: estate.replicas[0].address().to_string(),
            looking,
            estate,
            login,
            schema: if postgres { "public" } else { "shop" },
            lines: if postgres {
                "public.\"we\"\"ird li'nes; drop\""
            } else {
                "shop.`we``ird \"li'nes; drop`"
            },
        })
    }

    /// The same, with an account that may do everything.
    pub(crate) fn with_admin(self) -> Self {
        Self {
            login: self.estate.admin.clone(),
            ..self
        }
    }

    pub(crate) fn primary(&self) -> &Server {
        &self.estate.primary
    }

    pub(crate) fn replica(&self) -> &Server {
        &self.estate.replicas[0]
    }

    pub(crate) fn archive(&self) -> PathBuf {
        self.looking.folder.path().join("archive")
    }

    /// The rule on the command line.
    pub(crate) fn rule<'a>(&'a self, archive: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
        let table = if self.schema == "public" {
            "public.orders"
        } else {
            "shop.orders"
        };
        let mut arguments = vec![
            "trim",
            "--table",
            table,
            "--column",
            "made",
            "--keep",
            "1 year",
            "--archive",
        ];
        arguments.push(archive.to_str().expect("UTF-8"));
        if self.schema == "public" {
            // A standby on a port of its own is named by no server.
            arguments.extend(["--also", &self.standby]);
        }
        arguments.extend(more);
        arguments
    }

    pub(crate) async fn count(&self, server: &Server, from: &str) -> u64 {
        let question = format!("SELECT COUNT(*) FROM {from}");
        let rows = server.rows_in("shop", &question).await.expect("told");
        rows[0][0]
            .as_deref()
            .and_then(|count| count.parse().ok())
            .expect("a count")
    }

    pub(crate) async fn old(&self) -> u64 {
        self.count(
            self.primary(),
            &format!("{}.orders WHERE made < '2021-01-01'", self.schema),
        )
        .await
    }

    /// The content of both tables, row by row, in one text each.
    pub(crate) async fn content(&self) -> Vec<Vec<Vec<Option<String>>>> {
        let mut all = Vec::new();
        for table in [&format!("{}.orders", self.schema), self.lines] {
            let question = format!("SELECT * FROM {table} ORDER BY 1, 2");
            all.push(self.primary().rows_in("shop", &question).await.expect("told"));
        }
        all
    }
}

/// An application that makes new orders with a line, and looks after old ones, until it is told to stop.
fn writing(ground: &Ground, stop: &Arc<AtomicBool>) -> tokio::task::JoinHandle<u64> {
    let (estate, stop) = (Arc::clone(&ground.estate), Arc::clone(stop));
    let (schema, lines) = (ground.schema, ground.lines);
    tokio::spawn(async move {
        let mut written = 0;
        while !stop.load(Ordering::Relaxed) {
            let state =
                format!("INSERT INTO {schema}.orders (made, state) VALUES (CURRENT_TIMESTAMP, 'new')");
            run(&estate.primary, "shop", &state).await;
            let line = format!("INSERT INTO {lines} SELECT MAX(id), 1, 'new' FROM {schema}.orders");
            run(&estate.primary, "shop", &line).await;
            written += 1;
        }
        written
    })
}

fn deleted(report: &Value) -> Vec<u64> {
    let tables = list(&report[0], "tables");
    tables
        .iter()
        .filter_map(|table| table["deleted"].as_u64())
        .collect()
}

/// Kills a run in its middle: when some, and not all, of the rows are gone.
async fn killed(ground: &Ground, arguments: &[&str], before: u64) {
    let url = ground.looking.url(ground.primary(), &ground.login).await;
    let command = ground.looking.command_at(&url, &ground.login, arguments);
    kill(ground, command, before).await;
}

/// The same by the plan's rules.
pub(crate) async fn killed_with(ground: &Ground, arguments: &[&str], before: u64) {
    kill(ground, planned_command(ground, arguments), before).await;
}

async fn kill(ground: &Ground, mut command: tokio::process::Command, before: u64) {
    let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
    loop {
        let left = ground.count(ground.primary(), ground.lines).await + ground.old().await;
        if left < before {
            break;
        }
        assert!(
            child.try_wait().expect("asked").is_none(),
            "it ended before it was killed"
        );
    }
    child.kill().await.expect("killed");
}

/// Statements that have a trigger wait at the orders, and that drop it.
pub(crate) fn watched(schema: &str, event: &str) -> (String, &'static str) {
    if schema == "public" {
        let watch = format!(
            "CREATE OR REPLACE FUNCTION public.told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.state = $$odd$$; RETURN NEW; END'; \
             CREATE TRIGGER watch BEFORE {event} ON public.orders FOR EACH ROW EXECUTE FUNCTION public.told()"
        );
        (watch, "DROP TRIGGER watch ON public.orders")
    } else {
        let watch = format!("CREATE TRIGGER watch BEFORE {event} ON orders FOR EACH ROW SET @told = 1");
        (watch, "DROP TRIGGER watch")
    }
}

async fn exactly_the_rows_of_a_rule(kind: ServerKind) {
    let Some(ground) = Ground::start(kind).await else {
        return;
    };
    let archive = ground.archive();
    let keys = ground.looking.folder.path().join("daybreak.toml");
    assert!(!keys.exists(), "no plan is needed");

    // A table that others refer to is refused by name, before anything else is asked.
    let refused = ground
        .looking
        .run(
            ground.primary(),
            &ground.login,
            &ground.rule(&archive, &["--execute"]),
        )
        .await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(
        said.contains("rows of other tables refer to") && said.contains("hint:"),
        "{said}"
    );

    // What triggers do is not taken back by a restore: they are named, and nothing is deleted unless the rule says that they may fire.
    let (watch, enough) = watched(ground.schema, "DELETE");
    run(ground.primary(), "shop", &watch).await;
    let fires = ground.rule(&archive, &["--children", "first"]);
    let looked = ground
        .looking
        .json(ground.primary(), &ground.login, &fires, 0)
        .await;
    let told = &list(&looked["rules"][0], "tables")[1]["triggers"];
    assert_eq!(*told, serde_json::json!(["watch"]), "{looked}");
    let before = ground.content().await;
    let fires = [&fires[..], &["--execute"]].concat();
    let refused = ground.looking.run(ground.primary(), &ground.login, &fires).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        refused.status.code() == Some(1)
            && said.contains("orders fires triggers: watch")
            && said.contains("--fire-triggers"),
        "{said}"
    );
    assert_eq!(ground.content().await, before);
    run(ground.primary(), "shop", enough).await;

    let before = ground.content().await;
    let old = ground.old().await;
    let first = ground.rule(&archive, &["--children", "first"]);
    let looked = ground
        .looking
        .json(ground.primary(), &ground.login, &first, 0)
        .await;
    let tables = list(&looked["rules"][0], "tables");
    assert_eq!(tables.len(), 2, "{looked}");
    assert_eq!(tables[1]["rows"], old, "{looked}");
    assert_eq!(list(&looked, "replicas").len(), 1, "{looked}");
    assert_eq!(ground.content().await, before, "looking changes nothing");

    let stop = Arc::new(AtomicBool::new(false));
    let writer = writing(&ground, &stop);
    let execute = ground.rule(
        &archive,
        &["--children", "first", "--chunk-rows", "100", "--execute"],
    );
    let lines_before = ground.count(ground.primary(), ground.lines).await;
    killed(&ground, &execute, lines_before + old).await;
    let lines_now = ground.count(ground.primary(), ground.lines).await;
    killed(&ground, &execute, lines_now + ground.old().await - 500).await;
    let done = ground
        .looking
        .json(ground.primary(), &ground.login, &execute, 0)
        .await;
    stop.store(true, Ordering::Relaxed);
    let written = writer.await.expect("the writer never failed");
    assert!(written > 0 && done[0]["whole"] == true, "{done}");
    assert!(deleted(&done)[1] > 0 && deleted(&done)[1] <= old, "{done}");

    // Exactly the rule's rows are gone, and theirs; on the replica, too.
    assert_eq!(ground.old().await, 0);
    let schema = ground.schema;
    let left = ground.count(ground.primary(), &format!("{schema}.orders")).await;
    assert_eq!(left, 10_000 - old + written);
    let orphans = format!(
        "{} AS l WHERE NOT EXISTS (SELECT 1 FROM {schema}.orders AS o WHERE o.id = l.order_id)",
        ground.lines
    );
    assert_eq!(ground.count(ground.primary(), &orphans).await, 0);
    let count = format!("SELECT COUNT(*) FROM {schema}.orders");
    let replica = &ground.estate.replicas[0];
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while ground.count(replica, &format!("{schema}.orders")).await != left {
        assert!(tokio::time::Instant::now() < deadline, "{count} on the replica");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    // Put back, all is as it was but for what was written meanwhile.
    let folder = std::fs::read_dir(&archive)
        .expect("the archive")
        .next()
        .expect("a rule")
        .expect("its folder")
        .path();
    let folder = folder.to_str().expect("UTF-8");
    let verified = ground
        .looking
        .json(ground.primary(), &ground.login, &["trim", "restore", folder], 0)
        .await;
    let rows: u64 = verified
        .as_array()
        .expect("reports")
        .iter()
        .filter_map(|report| report["rows"].as_u64())
        .sum();
    let lines: u64 = before[1]
        .iter()
        .filter(|line| {
            before[0]
                .iter()
                .any(|order| order[0] == line[0] && order[1].as_deref().is_some_and(|made| made < "2021"))
        })
        .count() as u64;
    assert_eq!(rows, old + lines, "{verified}");
    let restore = ["trim", "restore", folder, "--execute"];
    // A trigger could change what comes back.
    let (watch, enough) = watched(schema, "INSERT");
    run(ground.primary(), "shop", &watch).await;
    let watcher = if schema == "public" {
        &ground.login
    } else {
        &ground.estate.admin
    };
    let refused = ground.looking.run(ground.primary(), watcher, &restore).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    let told = format!("storing rows of {schema}.orders fires triggers, which could change them: watch");
    assert!(refused.status.code() == Some(1) && said.contains(&told), "{said}");
    assert_eq!(ground.old().await, 0, "no row came back");
    // Whoever may have none fire has none fire.
    if schema != "public" {
        run(ground.primary(), "shop", enough).await;
    }
    let restored = ground
        .looking
        .run(ground.primary(), &ground.estate.admin, &restore)
        .await;
    assert!(
        restored.status.success(),
        "{}",
        String::from_utf8_lossy(&restored.stderr)
    );
    let mut after = ground.content().await;
    for (after, before) in after.iter_mut().zip(&before) {
        after.retain(|row| before.iter().any(|old| old[0] == row[0]));
    }
    assert_eq!(after, before);
    if schema == "public" {
        run(ground.primary(), "shop", enough).await;
    }
    // Once more finds everything there already.
    let again = ground
        .looking
        .json(ground.primary(), &ground.estate.admin, &restore, 0)
        .await;
    let already: u64 = again
        .as_array()
        .expect("reports")
        .iter()
        .filter_map(|report| report["already"].as_u64())
        .sum();
    assert_eq!(already, rows, "{again}");

    // As if it had been killed, and a row that was back had been changed since: that row is named, and stays if it is to.
    let ids = format!("SELECT MIN(id), MAX(id) FROM {schema}.orders WHERE made < '2021-01-01'");
    let ids = ground
        .primary()
        .rows_in("shop", &ids)
        .await
        .expect("told")
        .remove(0);
    let id = |at: usize| ids[at].clone().expect("an id");
    let changed = format!("UPDATE {schema}.orders SET state = 'seen' WHERE id = {}", id(0));
    run(ground.primary(), "shop", &changed).await;
    let lost = format!("DELETE FROM {schema}.orders WHERE id = {}", id(1));
    run(ground.primary(), "shop", &lost).await;
    let refused = ground
        .looking
        .run(ground.primary(), &ground.estate.admin, &restore)
        .await;
    let said = String::from_utf8_lossy(&refused.stderr);
    let named = format!("1 rows of {schema}.orders");
    assert!(
        refused.status.code() == Some(1)
            && said.contains(&named)
            && said.contains(&format!("the first where id = {}", id(0)))
            && said.contains("--keep-changed"),
        "{said}"
    );
    let keep = [&restore[..], &["--keep-changed"]].concat();
    ground
        .looking
        .json(ground.primary(), &ground.estate.admin, &keep, 0)
        .await;
    let seen = format!("{schema}.orders WHERE state = 'seen'");
    assert_eq!(ground.count(ground.primary(), &seen).await, 1);
    assert_eq!(ground.old().await, old);

    // A file that was changed is put back by nobody.
    let run = std::fs::read_dir(folder)
        .expect("runs")
        .next()
        .expect("a run")
        .expect("its folder")
        .path();
    let file = std::fs::read_dir(&run)
        .expect("files")
        .map(|entry| entry.expect("an entry").path());
    let file = file
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "parquet"))
        .expect("a file");
    let mut bytes = std::fs::read(&file).expect("its bytes");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("changed");
    let odd = ground
        .looking
        .run(ground.primary(), &ground.login, &["trim", "restore", folder])
        .await;
    let said = String::from_utf8_lossy(&odd.stderr);
    assert!(
        odd.status.code() == Some(1) && said.contains("is not the file that was written"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_killed_twice_under_writes() {
    exactly_the_rows_of_a_rule(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_killed_twice_under_writes() {
    exactly_the_rows_of_a_rule(ServerKind::Postgres(17)).await;
}

/// A plan for both sides, of which only the source is there, with these rules.
pub(crate) fn plan(ground: &Ground, url: &str, rules: &str) {
    let other = if ground.schema == "public" {
        "postgres://a@127.0.0.1:9/shop"
    } else {
        "mysql://a@127.0.0.1:9/"
    };
    let text = format!(
        "[migration]\nname = \"shop\"\nschemas = [\"{}\"]\nalso = [\"{}\"]\n\
         [source]\nurl = \"{url}\"\npassword = {{ env = \"DAYBREAK_SOURCE_PASSWORD\" }}\n\
         [target]\nurl = \"{other}\"\npassword = {{ env = \"DAYBREAK_SOURCE_PASSWORD\" }}\n\
         [replication]\ngtid = true\npassword = {{ env = \"DAYBREAK_SOURCE_PASSWORD\" }}\n{rules}",
        ground.schema, ground.standby
    );
    std::fs::write(ground.looking.folder.path().join("daybreak.toml"), text).expect("a plan");
}

/// The account's password, and credentials that a stand-in for AWS takes.
fn secrets(ground: &Ground) -> [(&'static str, String); 4] {
    [
        ("DAYBREAK_SOURCE_PASSWORD", ground.login.password().to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

/// A command of the plan.
pub(crate) fn planned_command(ground: &Ground, arguments: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_daybreak"));
    command
        .arg("--plan")
        .arg(ground.looking.folder.path().join("daybreak.toml"))
        .args(arguments)
        .envs(secrets(ground))
        .kill_on_drop(true);
    command
}

/// Runs a command of the plan; its status, and what it said.
pub(crate) async fn planned(ground: &Ground, arguments: &[&str]) -> (Option<i32>, String) {
    let output = planned_command(ground, arguments)
        .output()
        .await
        .expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// A table that a rule names without a schema is the same one for the rule's own rows and for those below them in another schema.
async fn unqualified_tables_are_of_the_rules_schema(ground: &Ground, url: &str) {
    let schema = ground.schema;
    let mut made = format!(
        "CREATE SCHEMA elsewhere; CREATE TABLE {schema}.hubs (id INT PRIMARY KEY); \
         CREATE TABLE elsewhere.spokes (id INT PRIMARY KEY, hub INT NOT NULL, CONSTRAINT of_hub FOREIGN KEY (hub) REFERENCES {schema}.hubs (id)); \
         CREATE TABLE {schema}.spared (id INT PRIMARY KEY); CREATE TABLE elsewhere.spared (id INT PRIMARY KEY); \
         INSERT INTO {schema}.hubs VALUES (1), (2), (3); INSERT INTO elsewhere.spokes VALUES (1, 1), (2, 2), (3, 3); \
         INSERT INTO {schema}.spared VALUES (1); INSERT INTO elsewhere.spared VALUES (2)"
    );
    if schema == "public" {
        made.push_str(
            "; GRANT USAGE ON SCHEMA elsewhere TO trimmer; GRANT ALL ON ALL TABLES IN SCHEMA elsewhere TO trimmer; \
             GRANT ALL ON public.hubs, public.spared TO trimmer",
        );
    }
    run(ground.primary(), "shop", &made).await;
    plan(
        ground,
        url,
        &format!(
            "[[trim.rules]]\nname = \"hubs\"\ntable = \"{schema}.hubs\"\nwhere = \"id NOT IN (SELECT id FROM spared)\"\n\
             children = \"first\"\narchive = false\n"
        ),
    );
    let path = ground.looking.folder.path().join("daybreak.toml");
    let text = std::fs::read_to_string(&path).expect("the plan");
    let (one, both) = (
        format!("schemas = [\"{schema}\"]"),
        format!("schemas = [\"{schema}\", \"elsewhere\"]"),
    );
    std::fs::write(&path, text.replace(&one, &both)).expect("a plan");
    let (status, output) = planned(ground, &["trim", "--execute"]).await;
    assert_eq!(status, Some(0), "{output}");
    for table in [format!("{schema}.hubs"), "elsewhere.spokes".to_owned()] {
        let left = format!("SELECT id FROM {table}");
        let left = ground.primary().rows_in("shop", &left).await;
        assert_eq!(left.expect("told"), [[Some("1".to_owned())]], "{table}: {output}");
    }
}

async fn rules_of_a_plan(kind: ServerKind) {
    let Some(ground) = Ground::start(kind).await else {
        return;
    };
    let url = ground.looking.url(ground.primary(), &ground.login).await;
    let schema = ground.schema;
    let table = ground.lines.split_once('.').expect("schema.table").1;
    let table = match schema {
        "public" => table.trim_matches('"').replace("\"\"", "\""),
        _ => table.trim_matches('`').replace("``", "`"),
    };
    let head = format!("[[trim.rules]]\nname = \"orders\"\ntable = \"{schema}.orders\"\n");
    let before = ground.content().await;

    // A table whose rows cannot be locked, and one of which a part alone is referred to.
    let (odd, told) = if schema == "public" {
        run(
            ground.primary(),
            "shop",
            "CREATE TABLE public.odd (id int PRIMARY KEY) PARTITION BY RANGE (id);
             CREATE TABLE public.low PARTITION OF public.odd FOR VALUES FROM (0) TO (10);
             CREATE TABLE public.of_low (id int PRIMARY KEY REFERENCES public.low ON DELETE CASCADE);
             INSERT INTO public.odd VALUES (1), (2); INSERT INTO public.of_low VALUES (1);
             GRANT ALL ON public.odd, public.low, public.of_low TO trimmer",
        )
        .await;
        (
            "odd",
            "rows of public.of_low refer by `of_low_id_fkey` to public.low alone",
        )
    } else {
        let odd =
            "CREATE TABLE shop.odd (id INT PRIMARY KEY) ENGINE=MyISAM; INSERT INTO shop.odd VALUES (1), (2)";
        run(ground.primary(), "shop", odd).await;
        ("odd", "shop.odd is stored by MyISAM, which knows no transactions")
    };

    // Whatever is wrong with one rule, none is run.
    let good = format!("{head}where = \"state IS NULL AND made < '2021-01-01'\"\nchildren = \"first\"\n");
    let bad = |rule: &str| format!("{good}\n[[trim.rules]]\nname = \"bad\"\n{rule}");
    for (rule, said) in [
        (
            format!("table = \"{schema}.orders\"\nwhere = \"no_such_column = 1\"\nchildren = \"keep\""),
            "no_such_column",
        ),
        (
            format!("table = \"{schema}.orders\"\nwhere = \"1 = 1) OR (1 = 1\"\nchildren = \"keep\""),
            "closes a bracket",
        ),
        (
            format!("table = \"{schema}.orders\"\nwhere = \"id > 0\""),
            "refer to",
        ),
        (
            format!("table = \"{schema}.nothing\"\nwhere = \"id > 0\""),
            "has no table",
        ),
        (
            format!(
                "table = \"{schema}.orders\"\ncolumn = \"state\"\nkeep = \"1 year\"\nchildren = \"keep\""
            ),
            "no moments",
        ),
        (format!("table = \"{schema}.{odd}\"\nwhere = \"id > 0\""), told),
    ] {
        plan(&ground, &url, &bad(&rule));
        let (status, output) = planned(&ground, &["trim", "--execute"]).await;
        assert!(
            status == Some(1) && output.contains(said) && output.contains("hint:")
                || output.contains("no_such_column"),
            "{rule}: {output}"
        );
    }
    for (rule, said) in [
        (
            format!("table = \"{schema}.orders\"\nwhre = \"id > 0\""),
            "did you mean `where`?",
        ),
        (
            format!("table = \"{schema}.orders\"\nkeep = \"1 year\""),
            "`column` and `keep` together",
        ),
        (
            format!("table = \"{schema}.orders\"\nwhere = \"id > 0\"\nschedule = \"61 * * * *\""),
            "no cron expression",
        ),
    ] {
        plan(&ground, &url, &bad(&rule));
        let (status, output) = planned(&ground, &["trim", "--execute"]).await;
        assert!(status == Some(2) && output.contains(said), "{rule}: {output}");
    }
    assert_eq!(ground.content().await, before);
    let odd = ground.count(ground.primary(), &format!("{schema}.{odd}")).await;
    assert_eq!(odd, 2);

    // What is held stays, with what refers to it; what is unknown counts as held.
    let hold = format!(
        "[[trim.holds]]\ntable = \"{schema}.orders\"\nwhere = \"id IN (SELECT order_id FROM held)\"\nreason = \"case 7\"\n\
         [[trim.holds]]\ntable = \"{schema}.{}\"\nwhere = \"what LIKE 'two%' AND NULL\"\nreason = \"case 8\"\n",
        table.replace('"', "\\\"")
    );
    let aged = format!(
        "{head}column = \"made\"\nkeep = \"1 year\"\nchildren = \"first\"\nschedule = \"0 3 1 * *\"\ntime_zone = \"Europe/Berlin\"\n"
    );
    plan(&ground, &url, &format!("{aged}{hold}"));
    let old = format!("{schema}.orders WHERE made < '2021-01-01'");
    let held = format!(
        "{old} AND (id IN (SELECT order_id FROM {schema}.held) OR id IN (SELECT order_id FROM {} WHERE what LIKE 'two%'))",
        ground.lines
    );
    let held = ground.count(ground.primary(), &held).await;
    assert!(held > 7, "some are held by their lines: {held}");
    let lines_held = format!(
        "{} AS l WHERE l.order_id IN (SELECT h.order_id FROM {schema}.held AS h) OR l.order_id IN \
         (SELECT o.id FROM {old} AND o.id IN (SELECT t.order_id FROM {} AS t WHERE t.what LIKE 'two%'))",
        ground.lines, ground.lines
    );
    let lines_held = lines_held.replace(".orders WHERE", ".orders AS o WHERE");
    let lines_held = ground.count(ground.primary(), &lines_held).await;

    // The first look of `serve` finds nothing due; a month later by its clock, and another that was missed, the rule is run once.
    let (status, output) = planned(&ground, &["serve", "--once"]).await;
    assert!(status == Some(0) && !output.contains("is due"), "{output}");
    let state = ground.looking.folder.path().join(".daybreak").join("trim");
    let last = jiff::Zoned::now()
        .checked_sub(jiff::Span::new().months(3))
        .expect("a moment")
        .timestamp();
    std::fs::write(state.join("schedule.json"), format!("{{\"orders\":\"{last}\"}}")).expect("put back");
    let (status, output) = planned(&ground, &["serve", "--once"]).await;
    assert!(
        status == Some(0) && output.contains("before it were missed"),
        "{output}"
    );
    assert_eq!(ground.count(ground.primary(), &old).await, held, "{output}");
    // An order stays as it is: all of its lines are there.
    let lines = format!(
        "{} AS l WHERE l.order_id IN (SELECT o.id FROM {old})",
        ground.lines
    );
    let lines = lines.replace(".orders WHERE", ".orders AS o WHERE");
    assert_eq!(
        ground.count(ground.primary(), &lines).await,
        lines_held,
        "{output}"
    );
    let (status, output) = planned(&ground, &["serve", "--once"]).await;
    assert!(status == Some(0) && !output.contains("is due"), "{output}");
    let page = ground.looking.folder.path().join("report.html");
    let (status, output) = planned(&ground, &["report", "--output", page.to_str().expect("UTF-8")]).await;
    let page = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(
        status == Some(0) && page.contains("Old rows that were taken out"),
        "{output}"
    );
    let runs = std::fs::read_to_string(state.join("runs.jsonl")).expect("the list of runs");
    assert_eq!(runs.lines().count(), 1, "{runs}");

    unqualified_tables_are_of_the_rules_schema(&ground, &url).await;

    // A row that somebody holds open keeps nobody else's: it stays, and is told.
    run(
        ground.primary(),
        "shop",
        &format!("CREATE TABLE {schema}.drafts (id INT PRIMARY KEY, old INT NOT NULL); INSERT INTO {schema}.drafts VALUES (1, 1), (2, 1), (3, 0)"),
    )
    .await;
    if schema == "public" {
        run(ground.primary(), "shop", "GRANT ALL ON public.drafts TO trimmer").await;
    }
    plan(
        &ground,
        &url,
        &format!(
            "[trim]\nchunk_rows = 1\n[[trim.rules]]\nname = \"drafts\"\ntable = \"{schema}.drafts\"\nwhere = \"old = 1\"\narchive = false\n"
        ),
    );
    let sleep = if schema == "public" {
        "pg_sleep(25)"
    } else {
        "SLEEP(25)"
    };
    let holding = {
        let estate = Arc::clone(&ground.estate);
        let hold = format!(
            "BEGIN; UPDATE {schema}.drafts SET old = 1 WHERE id = 2; SELECT * FROM {schema}.drafts WHERE id = 2 FOR UPDATE; SELECT {sleep}"
        );
        tokio::spawn(async move {
            let _ = estate.primary.rows_in("shop", &hold).await;
        })
    };
    let asleep = if schema == "public" {
        "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(25)' AND pid <> pg_backend_pid() AND wait_event = 'PgSleep'"
    } else {
        "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User sleep'"
    };
    ground
        .primary()
        .wait_for(asleep, "1", Duration::from_secs(30))
        .await
        .expect("the row is held");
    let (status, output) = planned(&ground, &["trim", "--execute"]).await;
    assert!(
        status == Some(0) && output.contains("1 stay because transactions of others hold them"),
        "{output}"
    );
    holding.abort();
    let left = ground
        .primary()
        .rows_in("shop", &format!("SELECT id FROM {schema}.drafts ORDER BY id"))
        .await
        .expect("told");
    assert_eq!(left.len(), 2, "{output}");

    // Rows that others refer to stay, and the rest of a table that refers to itself goes from its leaves on.
    run(
        ground.primary(),
        "shop",
        &format!(
            "CREATE TABLE {schema}.notes (id INT PRIMARY KEY, above INT REFERENCES {schema}.notes (id), old INT NOT NULL); \
             INSERT INTO {schema}.notes VALUES (1, NULL, 1), (2, 1, 1), (3, 2, 1), (4, 4, 1), (5, NULL, 1), (6, 5, 0)"
        ),
    )
    .await;
    if schema == "shop" {
        let key =
            "ALTER TABLE shop.notes ADD CONSTRAINT above FOREIGN KEY (above) REFERENCES shop.notes (id)";
        run(ground.primary(), "shop", key).await;
    }
    if schema == "public" {
        run(ground.primary(), "shop", "GRANT ALL ON public.notes TO trimmer").await;
    }
    plan(
        &ground,
        &url,
        &format!("[[trim.rules]]\nname = \"notes\"\ntable = \"{schema}.notes\"\nwhere = \"old = 1\"\n"),
    );
    let (status, output) = planned(&ground, &["trim", "--execute"]).await;
    assert_eq!(status, Some(0), "{output}");
    let left = ground
        .primary()
        .rows_in("shop", &format!("SELECT id FROM {schema}.notes ORDER BY id"))
        .await
        .expect("told");
    let left: Vec<&str> = left.iter().filter_map(|row| row[0].as_deref()).collect();
    // InnoDB lets no row go that refers to itself.
    let stay: &[&str] = if schema == "public" {
        &["5", "6"]
    } else {
        &["4", "5", "6"]
    };
    assert_eq!(left, stay, "{output}");
    let (status, output) = planned(&ground, &["trim", "schedule"]).await;
    assert!(status == Some(2) && output.contains("no rule"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_a_plan_on_mysql() {
    rules_of_a_plan(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_a_plan_on_postgres() {
    rules_of_a_plan(ServerKind::Postgres(17)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_a_plan_on_mariadb() {
    rules_of_a_plan(ServerKind::MariaDb1011).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_killed_twice_under_writes() {
    exactly_the_rows_of_a_rule(ServerKind::MariaDb1011).await;
}
