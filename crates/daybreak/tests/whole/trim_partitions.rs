//! `daybreak trim` on tables that are divided by time: whole partitions go at once, archived, and come back; whatever bounds do not prove goes row
//! by row; killed at any line of its manifest, no row is lost.

use std::path::PathBuf;
use std::process::Stdio;

use daybreak_sandbox::{Estate, Server, ServerKind};
use serde_json::Value;

use crate::looking::{Looking, list, run};

const MYSQL: &str = "
    CREATE TABLE visits (id INT NOT NULL, made DATETIME NOT NULL, page VARCHAR(40), PRIMARY KEY (id, made))
        PARTITION BY RANGE (TO_DAYS(made)) (
            PARTITION p2019 VALUES LESS THAN (TO_DAYS('2020-01-01')), PARTITION p2020 VALUES LESS THAN (TO_DAYS('2021-01-01')),
            PARTITION p2021 VALUES LESS THAN (TO_DAYS('2022-01-01')), PARTITION later VALUES LESS THAN MAXVALUE);
    CREATE TABLE digits (d INT);
    INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
    INSERT INTO visits SELECT n, DATE_ADD('2019-01-01', INTERVAL n % 2900 DAY), CONCAT('p', n) FROM
        (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d AS n FROM digits AS a, digits AS b, digits AS c, digits AS d, digits AS e) AS n";

const POSTGRES: &str = "
    CREATE TABLE public.visits (id int NOT NULL, made timestamptz NOT NULL, page text, PRIMARY KEY (id, made)) PARTITION BY RANGE (made);
    CREATE TABLE public.\"p 2019\" (page text, gone int, made timestamptz NOT NULL, id int NOT NULL);
    ALTER TABLE public.\"p 2019\" DROP COLUMN gone;
    ALTER TABLE public.visits ATTACH PARTITION public.\"p 2019\" FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
    CREATE TABLE public.p2020 PARTITION OF public.visits FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
    CREATE TABLE public.p2021 PARTITION OF public.visits FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
    CREATE TABLE public.later PARTITION OF public.visits DEFAULT;
    INSERT INTO public.visits (id, made, page)
        SELECT n, '2019-01-01'::timestamptz + make_interval(days => n % 2900), 'p' || n FROM generate_series(0, 99999) AS n";

struct Ground {
    looking: Looking,
    estate: Estate,
    table: &'static str,
}

impl Ground {
    async fn new(kind: ServerKind) -> Option<Self> {
        let looking = Looking::new();
        let estate = looking.with_replica(kind).await?;
        let postgres = matches!(kind, ServerKind::Postgres(_));
        run(&estate.primary, "shop", if postgres { POSTGRES } else { MYSQL }).await;
        let own = Self {
            looking,
            estate,
            table: if postgres { "public.visits" } else { "shop.visits" },
        };
        let whole = own.rows("1 = 1").await;
        assert_eq!(whole, 100_000);
        Some(own)
    }

    fn primary(&self) -> &Server {
        &self.estate.primary
    }

    async fn rows(&self, condition: &str) -> u64 {
        let question = format!("SELECT COUNT(*) FROM {} WHERE {condition}", self.table);
        let rows = self.primary().rows_in("shop", &question).await.expect("told");
        rows[0][0]
            .as_deref()
            .and_then(|count| count.parse().ok())
            .expect("a count")
    }

    /// Every row, in one number.
    async fn digest(&self) -> String {
        let sum = match self.primary().kind() {
            ServerKind::Postgres(_) => {
                "SELECT sum(hashtext(id || ' ' || extract(epoch from made) || page))::text FROM public.visits"
            }
            _ => "SELECT SUM(CRC32(CONCAT(id, ' ', made, page))) FROM shop.visits",
        };
        self.primary().rows_in("shop", sql(sum)).await.expect("told")[0][0]
            .clone()
            .expect("a sum")
    }

    async fn partitions(&self) -> Vec<String> {
        let question = match self.primary().kind() {
            ServerKind::Postgres(_) => {
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'public.visits'::regclass ORDER BY 1"
            }
            _ => {
                "SELECT PARTITION_NAME FROM information_schema.PARTITIONS WHERE TABLE_NAME = 'visits' ORDER BY 1"
            }
        };
        let rows = self.primary().rows_in("shop", question).await.expect("told");
        rows.into_iter()
            .filter_map(|row| row.into_iter().next().flatten())
            .collect()
    }

    /// Tables that a run set aside.
    async fn asides(&self) -> u64 {
        let question = "SELECT COUNT(*) FROM information_schema.tables WHERE table_name LIKE 'daybreak%'";
        let rows = self.primary().rows_in("shop", question).await.expect("told");
        rows[0][0]
            .as_deref()
            .and_then(|count| count.parse().ok())
            .expect("a count")
    }

    /// A place for old rows once more: PostgreSQL takes none where no partition is theirs.
    async fn make_room(&self) {
        if matches!(self.primary().kind(), ServerKind::Postgres(_)) {
            let old = "CREATE TABLE public.old PARTITION OF public.visits FOR VALUES FROM (MINVALUE) TO ('2022-01-01')";
            run(self.primary(), "shop", old).await;
        }
    }

    fn archive(&self) -> PathBuf {
        self.looking.folder.path().join("archive")
    }

    fn rule(&self, more: &[&str]) -> Vec<String> {
        let keep = format!(
            "{} days",
            (jiff::Timestamp::now().as_second() - 1_640_995_200) / 86_400 - 30
        );
        // Some of what is older than that lies in a partition that has younger rows, too.
        self.keeping(&keep, more)
    }

    fn keeping(&self, keep: &str, more: &[&str]) -> Vec<String> {
        let archive = self.archive();
        let also = self.estate.replicas[0].address().to_string();
        [
            "--format",
            "json",
            "trim",
            "--table",
            self.table,
            "--column",
            "made",
            "--keep",
            keep,
            "--partitions",
            "--also",
            &also,
            "--archive",
        ]
        .into_iter()
        .map(str::to_owned)
        .chain([archive.to_string_lossy().into_owned()])
        .chain(more.iter().map(|&more| more.to_owned()))
        .collect()
    }

    async fn trim(&self, more: &[&str], status: i32) -> Value {
        self.carry_out(&self.rule(more), status).await.0
    }

    /// What a command told in JSON, and what it said.
    async fn carry_out(&self, rule: &[String], status: i32) -> (Value, String) {
        let rule: Vec<&str> = rule.iter().map(String::as_str).collect();
        let output = self.looking.run(self.primary(), &self.estate.admin, &rule).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{said}");
        (
            serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            said,
        )
    }

    /// The partition of 2020 as a run leaves it that was killed once it had set it aside, or once all of it was in files.
    async fn left_aside(&self, run_of: &std::path::Path, all_in_files: bool) {
        let (statements, bound) = match self.primary().kind() {
            ServerKind::Postgres(_) => (
                "ALTER TABLE public.visits DETACH PARTITION public.p2020; ALTER TABLE public.p2020 RENAME TO daybreak_trim_left",
                "FOR VALUES FROM ('2020-01-01 00:00:00+00') TO ('2021-01-01 00:00:00+00')",
            ),
            _ => (
                "CREATE TABLE daybreak_trim_left LIKE visits; ALTER TABLE daybreak_trim_left REMOVE PARTITIONING; \
                 ALTER TABLE visits EXCHANGE PARTITION p2020 WITH TABLE daybreak_trim_left",
                "738156",
            ),
        };
        run(self.primary(), "shop", statements).await;
        let manifest = run_of.join("manifest.jsonl");
        let text = std::fs::read_to_string(&manifest).expect("read");
        let begun = text.lines().next().expect("a beginning");
        let told: Value = serde_json::from_str(begun).expect("JSON");
        let table = &told["begun"]["tables"][0]["table"]["name"];
        let schema = &table["schema"];
        let aside = serde_json::json!({"schema": schema, "name": "daybreak_trim_left"});
        let partition = serde_json::json!({"name": {"schema": schema, "name": "p2020"}, "bound": bound});
        let set = serde_json::json!({"set_aside": {"table": table, "partition": partition, "aside": aside}});
        let mut lines = vec![begun.to_owned(), set.to_string()];
        if all_in_files {
            lines.push(serde_json::json!({"held": {"aside": aside, "rows": 1}}).to_string());
        }
        std::fs::write(&manifest, lines.join("\n") + "\n").expect("written");
    }
}

/// What a run that was killed had set aside is looked at by the rule as it is now, which may spare it by now, and is back then.
async fn by_the_rule_as_it_is_now(ground: &Ground) {
    let (began, had) = (ground.digest().await, ground.partitions().await);
    let spares = ground.keeping("30 years", &["--execute"]);
    for all_in_files in [true, false] {
        ground.carry_out(&spares, 0).await;
        let rule = folders(&ground.archive()).remove(0);
        ground.left_aside(&folders(&rule)[0], all_in_files).await;
        assert_ne!(ground.digest().await, began, "the partition is set aside");
        let old = "INSERT INTO visits (id, made, page) VALUES (-1, '2020-05-05', 'came since')";
        run(ground.primary(), "shop", old).await;
        let (_, said) = ground.carry_out(&spares, 1).await;
        assert!(
            said.contains("daybreak_trim_left") && said.contains("hint: `INSERT INTO"),
            "{said}"
        );
        assert_eq!(ground.asides().await, 1, "nothing of it is lost: {said}");
        run(ground.primary(), "shop", "DELETE FROM visits WHERE id = -1").await;
        let (done, _) = ground.carry_out(&spares, 0).await;
        let table = &done[0]["tables"][0];
        assert_eq!(table["put_back"], serde_json::json!(["p2020"]), "{done}");
        assert_eq!(table["deleted"], 0, "{done}");
        assert_eq!(ground.digest().await, began, "{done}");
        assert_eq!(
            (ground.partitions().await, ground.asides().await),
            (had.clone(), 0)
        );
        std::fs::remove_dir_all(ground.archive()).expect("removed");
    }
}

fn folders(path: &std::path::Path) -> Vec<PathBuf> {
    std::fs::read_dir(path).map_or_else(
        |_| Vec::new(),
        |all| all.flatten().map(|entry| entry.path()).collect(),
    )
}

/// Keeps long lines of SQL out of the way.
fn sql(text: &str) -> &str {
    text
}

const OLD: &str = "made < '2022-01-01'";

async fn whole_partitions(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let (began, had) = (ground.digest().await, ground.partitions().await);
    let looked = ground.trim(&[], 0).await;
    let table = &looked["rules"][0]["tables"][0];
    assert_eq!(list(table, "partitions").len(), 3, "{looked}");
    assert_eq!(ground.digest().await, began, "looking changes nothing");
    by_the_rule_as_it_is_now(&ground).await;
    let old = ground.rows(OLD).await;
    let meant = table["rows"].as_u64().expect("a count");
    assert!(
        meant > old,
        "some are older and lie in a partition with others: {looked}"
    );
    // A trigger that waits for deletes would not be told.
    let (watch, enough) = if matches!(kind, ServerKind::Postgres(_)) {
        (
            "CREATE FUNCTION public.told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; \
             CREATE TRIGGER watch AFTER DELETE ON public.visits FOR EACH ROW EXECUTE FUNCTION public.told()",
            "DROP TRIGGER watch ON public.visits",
        )
    } else {
        (
            "CREATE TRIGGER watch AFTER DELETE ON visits FOR EACH ROW SET @told = OLD.id",
            "DROP TRIGGER watch",
        )
    };
    run(ground.primary(), "shop", watch).await;
    let watched = ground.trim(&[], 0).await;
    assert!(
        list(&watched["rules"][0]["tables"][0], "partitions").is_empty(),
        "{watched}"
    );
    run(ground.primary(), "shop", enough).await;
    let done = ground.trim(&["--execute"], 0).await;
    let table = &done[0]["tables"][0];
    assert_eq!(list(table, "partitions").len(), 3, "{done}");
    assert_eq!(table["deleted"], meant, "{done}");
    assert_eq!((ground.rows(OLD).await, ground.asides().await), (0, 0));
    assert_eq!(ground.rows("1 = 1").await, 100_000 - meant);
    assert_eq!(ground.partitions().await.len(), had.len() - 3);

    // They come back, once there is a place for them again.
    ground.make_room().await;
    let archive = ground.archive();
    let folder = std::fs::read_dir(&archive)
        .expect("a folder")
        .flatten()
        .next()
        .expect("a rule's")
        .path();
    let restore = ["trim", "restore", folder.to_str().expect("UTF-8"), "--execute"];
    let back = ground
        .looking
        .run(ground.primary(), &ground.estate.admin, &restore)
        .await;
    assert!(back.status.success(), "{}", String::from_utf8_lossy(&back.stderr));
    assert_eq!(ground.digest().await, began);

    // As if a run had been killed while it archived, and its table had been dropped by hand since: that is said, and nothing else is done.
    let run = std::fs::read_dir(&folder)
        .expect("a folder")
        .flatten()
        .next()
        .expect("a run")
        .path();
    let manifest = run.join("manifest.jsonl");
    let text = std::fs::read_to_string(&manifest).expect("read");
    let before: Vec<&str> = text
        .lines()
        .take_while(|line| !line.starts_with("{\"held\""))
        .collect();
    let end = text.lines().last().expect("an end");
    for more in [None, Some(end)] {
        let lines: Vec<&str> = before.iter().copied().chain(more).collect();
        std::fs::write(&manifest, lines.join("\n") + "\n").expect("written");
        let rule = ground.rule(&["--execute"]);
        let rule: Vec<&str> = rule.iter().map(String::as_str).collect();
        let refused = ground
            .looking
            .run(ground.primary(), &ground.estate.admin, &rule)
            .await;
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(
            refused.status.code() == Some(1) && said.contains("is gone, and not all of it is archived"),
            "{said}"
        );
        assert_eq!(ground.digest().await, began);
    }
}

/// Killed again and again wherever it is; in the end all is as if it never had been.
async fn killed_anywhere(kind: ServerKind) {
    let Some(ground) = Ground::new(kind).await else {
        return;
    };
    let began = ground.digest().await;
    let old = ground.rows(OLD).await;
    let rule = ground.rule(&["--execute"]);
    let rule: Vec<&str> = rule.iter().map(String::as_str).collect();
    let url = ground.looking.url(ground.primary(), &ground.estate.admin).await;
    let mut kills = 0;
    // Each time it lives a little longer than the time before, until it comes to its end.
    for lives in 1..200 {
        let mut command = ground.looking.command_at(&url, &ground.estate.admin, &rule);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let lines = lives * 2;
        loop {
            if let Some(status) = child.try_wait().expect("asked") {
                assert!(status.success(), "{status}");
                break;
            }
            if written(&ground.archive()) >= lines {
                child.kill().await.expect("killed");
                kills += 1;
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        if ground.rows(OLD).await == 0 && ground.asides().await == 0 {
            break;
        }
    }
    assert!(kills >= 3, "{kills} kills");
    let last = ground.trim(&["--execute"], 0).await;
    assert_eq!(last[0]["whole"], true, "{last}");
    assert_eq!((ground.rows(OLD).await, ground.asides().await), (0, 0));
    ground.make_room().await;
    let folder = std::fs::read_dir(ground.archive())
        .expect("a folder")
        .flatten()
        .next()
        .expect("a rule's")
        .path();
    let place = folder.to_str().expect("UTF-8");
    let verify = ["--format", "json", "trim", "verify", place];
    let verified = ground.looking.plain(&verify).await;
    let reports: Vec<Value> = serde_json::from_slice(&verified.stdout).expect("JSON");
    let archived: u64 = reports.iter().filter_map(|report| report["rows"].as_u64()).sum();
    assert!(archived >= old, "{archived} of {old} rows are archived");
    let back = ground
        .looking
        .run(
            ground.primary(),
            &ground.estate.admin,
            &["trim", "restore", place, "--execute"],
        )
        .await;
    assert!(back.status.success(), "{}", String::from_utf8_lossy(&back.stderr));
    assert_eq!(ground.digest().await, began, "after {kills} kills");
}

/// Lines of all manifests so far.
fn written(archive: &std::path::Path) -> usize {
    let manifests = folders(archive).into_iter().flat_map(|rule| folders(&rule));
    manifests
        .filter_map(|run| std::fs::read_to_string(run.join("manifest.jsonl")).ok())
        .map(|text| text.lines().count())
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_partitions_of_mysql() {
    whole_partitions(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_partitions_of_mariadb() {
    whole_partitions(ServerKind::MariaDb1011).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_partitions_of_postgresql() {
    whole_partitions(ServerKind::Postgres(17)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_of_mysql_killed_anywhere() {
    killed_anywhere(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_of_postgresql_killed_anywhere() {
    killed_anywhere(ServerKind::Postgres(17)).await;
}
