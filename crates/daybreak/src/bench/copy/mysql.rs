//! MySQL 9.7 to a stand-in for Aurora on MySQL 9.7, both with the same settings.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use daybreak_sandbox::{
    AuroraOptions, AuroraStandIn, Estate, EstateOptions, Login, Sandbox, SandboxError, Server, ServerKind,
    Tool, ToolPrograms,
};
use futures_util::future::try_join_all;
use tokio::process::Command;

use super::super::program;
use super::{CONNECTIONS, Case, Ground, LARGE_BYTES, Shape};
use crate::exit::Trouble;

/// What both servers are set to, beyond what the sandbox sets: room enough that the disk decides nothing.
const SETTINGS: [(&str, &str); 6] = [
    ("innodb_buffer_pool_size", "512M"),
    ("innodb_redo_log_capacity", "1G"),
    ("innodb_flush_log_at_trx_commit", "2"),
    ("sync_binlog", "0"),
    ("max_allowed_packet", "1G"),
    ("innodb_stats_auto_recalc", "ON"),
];

/// How long an emptied target is given to clean up.
const CLEANING_UP: std::time::Duration = std::time::Duration::from_secs(30);

const MYDUMPER: &str = "mydumper + myloader";
const DUMP: &str = "mariadb-dump | mariadb";

pub(super) struct Pair {
    sandbox: Sandbox,
    source: Estate,
    target: AuroraStandIn,
    /// A folder of ours: option files with the peers' passwords, and what they write.
    scratch: tempfile::TempDir,
}

impl Pair {
    pub(super) async fn start(sandbox: &Sandbox) -> Result<Self, Trouble> {
        let source = EstateOptions::new(ServerKind::Mysql97).gtid(true);
        let source = SETTINGS
            .iter()
            .fold(source, |it, (name, value)| it.setting(name, value));
        let target = AuroraOptions::mysql().gtid(true);
        let target = SETTINGS
            .iter()
            .fold(target, |it, (name, value)| it.setting(name, value));
        let (source, target) = tokio::join!(
            Estate::start(sandbox, source),
            AuroraStandIn::start(sandbox, target)
        );
        let pair = Self {
            sandbox: sandbox.clone(),
            source: source?,
            target: target?,
            scratch: tempfile::tempdir()?,
        };
        pair.write_options("source", pair.source.primary.port(), &pair.source.admin)?;
        pair.write_options("target", pair.target.writer().port(), &pair.target.admin)?;
        Ok(pair)
    }

    fn options(&self, side: &str) -> PathBuf {
        self.scratch.path().join(format!("{side}.cnf"))
    }

    fn write_options(&self, side: &str, port: u16, login: &Login) -> Result<(), Trouble> {
        let same = format!(
            "host=127.0.0.1\nport={port}\nuser={}\npassword={}\n",
            login.name(),
            login.password()
        );
        let text: String = ["client", "mydumper", "myloader"]
            .map(|group| format!("[{group}]\n{same}"))
            .concat();
        std::fs::write(self.options(side), text)?;
        Ok(())
    }

    /// Where rows lie ready for the table, as the source's server writes and the target's reads them.
    fn ready_file(&self, table: usize) -> PathBuf {
        self.source.primary.data_dir().join(format!("bench-t{table}.tsv"))
    }

    async fn mydumper(&self, tool: &ToolPrograms) -> Result<(), Trouble> {
        let folder = self.scratch.path().join("dump");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let command = |name: &str, side: &str| {
            let mut command = Command::new(tool.program(name));
            if let Some(plugins) = &tool.client_plugins {
                command.env("MARIADB_PLUGIN_DIR", plugins);
            }
            command
                .arg(format!("--defaults-file={}", self.options(side).display()))
                .arg(format!("--threads={CONNECTIONS}"));
            command
        };
        let mut dump = command("mydumper", "source");
        dump.args(["--database=bench", "--outputdir"]).arg(&folder);
        program::run(&mut dump).await?;
        let mut load = command("myloader", "target");
        load.arg("--directory").arg(&folder);
        program::run(&mut load).await?;
        Ok(())
    }

    async fn dump(&self) -> Result<(), Trouble> {
        let program = |name| self.sandbox.program(ServerKind::MariaDb1011, name);
        let (dump, client) = (program("mariadb-dump").await?, program("mariadb").await?);
        let plugins = plugins_beside(&dump);
        let command = |path: &Path, side: &str| {
            let mut command = Command::new(path);
            command.arg(format!("--defaults-file={}", self.options(side).display()));
            command.args(
                plugins
                    .iter()
                    .map(|folder| format!("--plugin-dir={}", folder.display())),
            );
            command
        };
        let mut from = command(&dump, "source");
        from.args(["--single-transaction", "--databases", "bench"]);
        program::pipe(&mut from, &mut command(&client, "target")).await
    }
}

/// Where MariaDB's client plugins lie, in packages unpacked beside the system.
fn plugins_beside(program: &Path) -> Option<PathBuf> {
    let usr = program.parent()?.parent()?;
    let triplets = std::fs::read_dir(usr.join("lib")).ok()?;
    triplets
        .flatten()
        .map(|entry| entry.path().join("libmariadb3/plugin"))
        .find(|folder| folder.exists())
}

/// `CREATE TABLE` of one table of the case; a table of many rows gets its index afterwards.
fn create(case: &Case, table: usize, with_index: bool) -> String {
    if case.shape == Shape::Large {
        return format!("CREATE TABLE bench.t{table} (id INT NOT NULL PRIMARY KEY, body LONGBLOB NOT NULL)");
    }
    let index = if with_index { ", KEY k_1 (k)" } else { "" };
    format!(
        "CREATE TABLE bench.t{table} (id INT NOT NULL AUTO_INCREMENT, k INT NOT NULL DEFAULT '0', \
         c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '', PRIMARY KEY (id){index})"
    )
}

/// Statements that fill one table with rows of the case's shape.
fn rows(case: &Case, table: usize) -> Vec<String> {
    let number = case.rows_per_table;
    if case.shape == Shape::Large {
        return (1..=number)
            .map(|id| {
                format!(
                    "INSERT INTO bench.t{table} VALUES ({id}, REPEAT(RANDOM_BYTES(1024), {}))",
                    LARGE_BYTES / 1024
                )
            })
            .collect();
    }
    let digits = "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 \
                  UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    // Digits that follow no order, as sysbench's.
    let group = |step: usize| {
        format!(
            "LPAD((n * {}) % 100000000000, 11, '0')",
            7_907_920_619 + 1_299_709 * step
        )
    };
    let groups = |from: usize, count: usize| (from..from + count).map(group).collect::<Vec<_>>().join(", ");
    // As many digits as the number of rows has.
    let places = number.to_string().len();
    let (mut from, mut value) = (Vec::new(), Vec::new());
    for place in 0..places {
        from.push(format!("{digits} d{place}"));
        value.push(format!(
            "d{place}.d * {}",
            10_u64.pow(u32::try_from(place).unwrap_or(0))
        ));
    }
    vec![format!(
        "INSERT INTO bench.t{table} (id, k, c, pad) SELECT n, 1 + (n * 2654435761) % {number}, \
         CONCAT_WS('-', {}), CONCAT_WS('-', {}) \
         FROM (SELECT 1 + {} AS n FROM {}) numbers WHERE n <= {number} ORDER BY n",
        groups(0, 10),
        groups(10, 5),
        value.join(" + "),
        from.join(", ")
    )]
}

#[async_trait]
impl Ground for Pair {
    async fn fill(&mut self, case: &Case) -> Result<(), Trouble> {
        let server = &self.source.primary;
        let unlogged = "SET SESSION sql_log_bin = 0";
        server
            .rows(&format!(
                "{unlogged}; DROP DATABASE IF EXISTS bench; CREATE DATABASE bench"
            ))
            .await?;
        let tables: Vec<usize> = (1..=case.tables).collect();
        for tables in tables.chunks(50) {
            for table in tables {
                // `INTO OUTFILE` overwrites nothing.
                let _ = std::fs::remove_file(self.ready_file(*table));
            }
            let statements = tables.iter().flat_map(|&table| {
                let mut statements = vec![create(case, table, true)];
                statements.extend(rows(case, table));
                if self.has_limit(case) {
                    let file = self.ready_file(table);
                    statements.push(format!(
                        "SELECT * FROM bench.t{table} INTO OUTFILE '{}'",
                        file.display()
                    ));
                }
                statements.push(format!("ANALYZE TABLE bench.t{table}"));
                statements
            });
            let all: Vec<String> = std::iter::once(unlogged.to_owned()).chain(statements).collect();
            server.rows(&all.join(";\n")).await?;
        }
        Ok(())
    }

    async fn empty(&mut self) -> Result<(), Trouble> {
        let server = self.target.writer();
        server
            .rows("SET SESSION sql_log_bin = 0; DROP DATABASE IF EXISTS bench")
            .await?;
        server.rows("RESET BINARY LOGS AND GTIDS").await?;
        // What was dropped is cleaned up in the background: the next contender is not to pay for it.
        let begun = std::time::Instant::now();
        let left = "SELECT COUNT FROM information_schema.INNODB_METRICS WHERE NAME = 'trx_rseg_history_len'";
        while begun.elapsed() < CLEANING_UP {
            let left = server
                .value(left)
                .await?
                .and_then(|count| count.parse::<u64>().ok());
            if left.is_none_or(|left| left < 100) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        Ok(())
    }

    async fn count(&self, case: &Case) -> Result<(u64, u64), Trouble> {
        let server = self.target.writer();
        let number = |value: Option<String>| value.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let tables: Vec<usize> = (1..=case.tables).collect();
        let mut rows = 0;
        for tables in tables.chunks(50) {
            let counts: Vec<String> = tables
                .iter()
                .map(|table| format!("(SELECT COUNT(*) FROM bench.t{table})"))
                .collect();
            rows += number(server.value(&format!("SELECT {}", counts.join(" + "))).await?);
        }
        let indexes = "SELECT COUNT(*) FROM information_schema.STATISTICS \
                       WHERE TABLE_SCHEMA = 'bench' AND INDEX_NAME <> 'PRIMARY'";
        Ok((rows, number(server.value(indexes).await?)))
    }

    fn addresses(&self) -> (String, String) {
        let url = |server: &Server, login: &Login| format!("{}?tls=off", server.url(login, "bench"));
        (
            url(&self.source.primary, &self.source.admin),
            url(self.target.writer(), &self.target.admin),
        )
    }

    fn peers(&self, case: &Case) -> Vec<&'static str> {
        if case.shape == Shape::Large {
            Vec::new()
        } else {
            vec![MYDUMPER, DUMP]
        }
    }

    async fn prepare_peer(&self, name: &str) -> Result<(), SandboxError> {
        if name == MYDUMPER {
            self.sandbox.tool(Tool::Mydumper).await.map(drop)
        } else {
            self.sandbox
                .program(ServerKind::MariaDb1011, "mariadb-dump")
                .await
                .map(drop)
        }
    }

    async fn peer(&self, name: &str, _case: &Case) -> Result<(), Trouble> {
        if name == MYDUMPER {
            let tool = self.sandbox.tool(Tool::Mydumper).await?;
            self.mydumper(&tool).await
        } else {
            self.dump().await
        }
    }

    fn has_limit(&self, case: &Case) -> bool {
        case.shape != Shape::Large
    }

    /// `LOAD DATA INFILE` of ready files, each connection its share of the tables, then the index where tables are large.
    async fn limit(&self, case: &Case) -> Result<(), Trouble> {
        let server = self.target.writer();
        server.rows("CREATE DATABASE bench").await?;
        let client = self.sandbox.program(ServerKind::Mysql97, "mysql").await?;
        let superuser = server.root_url("mysql");
        let superuser = superuser
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('@'))
            .map_or("root", |(user, _)| user)
            .to_owned();
        let index_first = case.shape == Shape::Small;
        let connections = (0..CONNECTIONS).map(|connection| {
            let mut script =
                String::from("SET SESSION foreign_key_checks = 0, unique_checks = 0;\nSET NAMES binary;\n");
            for table in (1..=case.tables).skip(connection).step_by(CONNECTIONS) {
                script += &format!(
                    "{};\nLOAD DATA INFILE '{}' INTO TABLE bench.t{table} CHARACTER SET binary;\n",
                    create(case, table, index_first),
                    self.ready_file(table).display()
                );
                if !index_first {
                    script += &format!("ALTER TABLE bench.t{table} ADD KEY k_1 (k);\n");
                }
            }
            let mut command = Command::new(&client);
            command
                .arg("--no-defaults")
                .arg(format!("--socket={}", server.socket().display()))
                .arg(format!("--user={superuser}"));
            async move { program::feed(&mut command, &script).await }
        });
        try_join_all(connections).await?;
        Ok(())
    }
}
