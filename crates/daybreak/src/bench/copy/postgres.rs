//! PostgreSQL 17 to a stand-in for Aurora on PostgreSQL 17, both with the same settings.

use std::path::PathBuf;

use async_trait::async_trait;
use daybreak_sandbox::{
    AuroraOptions, AuroraStandIn, Estate, EstateOptions, Login, Sandbox, SandboxError, Server, ServerKind,
    Tool,
};
use futures_util::future::try_join_all;
use tokio::process::Command;

use super::super::program;
use super::{CONNECTIONS, Case, Ground, LARGE_BYTES, Shape};
use crate::exit::Trouble;
use crate::private;

/// What both servers are set to, beyond what the sandbox sets: room enough that the disk decides nothing.
const SETTINGS: [(&str, &str); 4] = [
    ("shared_buffers", "256MB"),
    ("max_wal_size", "8GB"),
    ("maintenance_work_mem", "128MB"),
    ("synchronous_commit", "off"),
];

const PGCOPYDB: &str = "pgcopydb clone";
const MAJOR: u8 = 17;
/// The estate's database, and the target's empty one, of which each contender gets a copy.
const DATABASE: &str = "shop";

pub(super) struct Pair {
    sandbox: Sandbox,
    source: Estate,
    target: AuroraStandIn,
    /// How many databases were made on the target; the last is the contender's.
    databases: usize,
    /// A folder of ours: the password file, and what pgcopydb writes.
    scratch: tempfile::TempDir,
}

impl Pair {
    pub(super) async fn start(sandbox: &Sandbox) -> Result<Self, Trouble> {
        let source = EstateOptions::new(ServerKind::Postgres(MAJOR));
        let source = SETTINGS
            .iter()
            .fold(source, |it, (name, value)| it.setting(name, value));
        let target = AuroraOptions::postgres(MAJOR);
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
            databases: 0,
            scratch: tempfile::tempdir()?,
        };
        pair.write_passwords()?;
        Ok(pair)
    }

    fn write_passwords(&self) -> Result<(), Trouble> {
        let line = |server: &Server, login: &Login| {
            format!(
                "127.0.0.1:{}:*:{}:{}\n",
                server.port(),
                login.name(),
                login.password()
            )
        };
        let text =
            line(&self.source.primary, &self.source.admin) + &line(self.target.writer(), &self.target.admin);
        // libpq passes over a file that others may read.
        Ok(private::write(&self.password_file(), text)?)
    }

    fn password_file(&self) -> PathBuf {
        self.scratch.path().join("pgpass")
    }

    /// The database that the contender fills.
    fn database(&self) -> String {
        format!("{DATABASE}_{}", self.databases)
    }

    /// A client of the superuser's, over the socket.
    async fn psql(&self, server: &Server, database: &str) -> Result<Command, Trouble> {
        let mut command = Command::new(self.sandbox.program(ServerKind::Postgres(MAJOR), "psql").await?);
        command
            .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
            .arg(server.root_url(database));
        Ok(command)
    }

    /// Two clients between which a script flows: statements that the first says, and rows that its server says between them.
    async fn small_tables(
        &self,
        case: &Case,
        connection: usize,
        tables: impl Iterator<Item = usize>,
    ) -> Result<(Command, Command), Trouble> {
        let mut script = String::new();
        for table in tables {
            script += &format!(
                "\\echo 'BEGIN; {}; COPY bench.t{table} FROM STDIN;'\nCOPY bench.t{table} TO STDOUT;\n\\echo '\\\\.'\n\\echo '{}; COMMIT;'\n",
                create(case, table).replace('\'', "''"),
                indexes(table).join("; ")
            );
        }
        let file = self.scratch.path().join(format!("tables-{connection}.sql"));
        std::fs::write(&file, script)?;
        let mut from = self.psql(&self.source.primary, DATABASE).await?;
        from.arg("--file").arg(file);
        Ok((from, self.psql(self.target.writer(), &self.database()).await?))
    }
}

fn create(case: &Case, table: usize) -> String {
    if case.shape == Shape::Large {
        return format!(
            "CREATE TABLE bench.t{table} (id integer PRIMARY KEY, body bytea NOT NULL);
             ALTER TABLE bench.t{table} ALTER COLUMN body SET STORAGE EXTERNAL"
        );
    }
    format!(
        "CREATE TABLE bench.t{table} (id integer NOT NULL, k integer NOT NULL DEFAULT 0, \
         c char(120) NOT NULL DEFAULT '', pad char(60) NOT NULL DEFAULT '')"
    )
}

/// The statements that build key and index, after the rows.
fn indexes(table: usize) -> [String; 2] {
    [
        format!("ALTER TABLE bench.t{table} ADD CONSTRAINT t{table}_pkey PRIMARY KEY (id)"),
        format!("CREATE INDEX k_{table} ON bench.t{table} (k)"),
    ]
}

fn fill(case: &Case, table: usize) -> Vec<String> {
    let number = case.rows_per_table;
    if case.shape == Shape::Large {
        let body = format!("decode(repeat(md5(n::text), {}), 'hex')", LARGE_BYTES / 16);
        return vec![format!(
            "INSERT INTO bench.t{table} SELECT n, {body} FROM generate_series(1, {number}) AS n"
        )];
    }
    vec![format!(
        "INSERT INTO bench.t{table} SELECT n, 1 + floor(random() * {number}), \
         left(md5(random()::text) || md5(random()::text) || md5(random()::text) || md5(random()::text), 119), \
         left(md5(random()::text) || md5(random()::text), 59) FROM generate_series(1, {number}) AS n"
    )]
}

#[async_trait]
impl Ground for Pair {
    async fn fill(&mut self, case: &Case) -> Result<(), Trouble> {
        let server = &self.source.primary;
        server
            .rows_in(
                DATABASE,
                "DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench",
            )
            .await?;
        let tables: Vec<usize> = (1..=case.tables).collect();
        for tables in tables.chunks(50) {
            let statements: Vec<String> = tables
                .iter()
                .flat_map(|&table| {
                    let mut statements = vec![create(case, table)];
                    statements.extend(fill(case, table));
                    if case.shape != Shape::Large {
                        statements.extend(indexes(table));
                    }
                    statements
                })
                .collect();
            server.rows_in(DATABASE, &statements.join(";\n")).await?;
        }
        server
            .rows_in(
                DATABASE,
                &format!("ALTER SCHEMA bench OWNER TO {}", self.source.admin.name()),
            )
            .await?;
        // Else autovacuum does it while contenders run, and a publication waits a second until it gives way.
        server.rows_in(DATABASE, "VACUUM (ANALYZE)").await?;
        Ok(())
    }

    /// The target's next database. Those before it stay: without a journal ext4 gives no inode out again for minutes after a file
    /// was removed, and looks at each that was, so that a contender would pay for the tables dropped before it.
    async fn empty(&mut self) -> Result<(), Trouble> {
        self.databases += 1;
        let server = self.target.writer();
        server
            .rows(&format!(
                "CREATE DATABASE {} TEMPLATE {DATABASE} OWNER {}",
                self.database(),
                self.target.admin.name()
            ))
            .await?;
        server.rows("CHECKPOINT").await?;
        // What an earlier load of ours made for replication.
        self.source
            .primary
            .rows_in(DATABASE, "DROP PUBLICATION IF EXISTS bench")
            .await?;
        self.source
            .primary
            .rows_in(
                DATABASE,
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active",
            )
            .await?;
        Ok(())
    }

    async fn count(&self, case: &Case) -> Result<(u64, u64), Trouble> {
        let server = self.target.writer();
        let number = |rows: Vec<daybreak_sandbox::Row>| {
            let first = rows
                .into_iter()
                .next()
                .and_then(|row| row.into_iter().next().flatten());
            first.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
        };
        let tables: Vec<usize> = (1..=case.tables).collect();
        let mut rows = 0;
        for tables in tables.chunks(50) {
            let counts: Vec<String> = tables
                .iter()
                .map(|table| format!("(SELECT count(*) FROM bench.t{table})"))
                .collect();
            rows += number(
                server
                    .rows_in(&self.database(), &format!("SELECT {}", counts.join(" + ")))
                    .await?,
            );
        }
        let indexes = "SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indrelid \
                       WHERE relnamespace = to_regnamespace('bench') AND NOT indisprimary AND indisvalid";
        Ok((rows, number(server.rows_in(&self.database(), indexes).await?)))
    }

    fn addresses(&self) -> (String, String) {
        let url = |server: &Server, login: &Login, database: &str| {
            format!("{}?tls=off", server.url(login, database))
        };
        (
            url(&self.source.primary, &self.source.admin, DATABASE),
            url(self.target.writer(), &self.target.admin, &self.database()),
        )
    }

    fn peers(&self, case: &Case) -> Vec<&'static str> {
        if case.shape == Shape::Large {
            Vec::new()
        } else {
            vec![PGCOPYDB]
        }
    }

    async fn prepare_peer(&self, _name: &str) -> Result<(), SandboxError> {
        self.sandbox.tool(Tool::Pgcopydb).await.map(drop)
    }

    async fn peer(&self, _name: &str, _case: &Case) -> Result<(), Trouble> {
        let tool = self.sandbox.tool(Tool::Pgcopydb).await?;
        let clients = self
            .sandbox
            .program(ServerKind::Postgres(MAJOR), "pg_dump")
            .await?;
        let folder = self.scratch.path().join("pgcopydb");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let uri = |server: &Server, login: &Login, database: &str| {
            format!(
                "postgres://{}@127.0.0.1:{}/{database}?sslmode=disable",
                login.name(),
                server.port()
            )
        };
        // It finds pg_dump and pg_restore on PATH.
        let mut path = std::ffi::OsString::from(clients.parent().unwrap_or(&clients));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new(tool.program("pgcopydb"));
        command
            .env("PATH", path)
            .env("PGPASSFILE", self.password_file())
            .args(["clone", "--no-owner", "--no-acl", "--restart"])
            .arg(format!("--table-jobs={CONNECTIONS}"))
            .arg(format!("--index-jobs={CONNECTIONS}"))
            .arg("--dir")
            .arg(&folder)
            .arg("--source")
            .arg(uri(&self.source.primary, &self.source.admin, DATABASE))
            .arg("--target")
            .arg(uri(self.target.writer(), &self.target.admin, &self.database()));
        program::run(&mut command).await?;
        Ok(())
    }

    fn has_limit(&self, case: &Case) -> bool {
        case.shape != Shape::Large
    }

    /// `COPY` to `COPY` by pipes, a table each, then key and index; of small tables, where starting clients would be most of the
    /// time, each pipe carries its share one after the other.
    async fn limit(&self, case: &Case) -> Result<(), Trouble> {
        let target = self.target.writer();
        target.rows_in(&self.database(), "CREATE SCHEMA bench").await?;
        let mut work = Vec::new();
        for connection in 0..CONNECTIONS {
            let tables = (1..=case.tables).skip(connection).step_by(CONNECTIONS);
            let mut pipes = Vec::new();
            if case.shape == Shape::Small {
                pipes.push(self.small_tables(case, connection, tables).await?);
            } else {
                for table in tables {
                    let mut from = self.psql(&self.source.primary, DATABASE).await?;
                    from.arg(format!("--command=COPY bench.t{table} TO STDOUT (FORMAT binary)"));
                    let mut to = self.psql(target, &self.database()).await?;
                    to.arg(format!("--command={}", create(case, table)))
                        .arg(format!(
                            "--command=COPY bench.t{table} FROM STDIN (FORMAT binary)"
                        ))
                        .args(indexes(table).map(|index| format!("--command={index}")));
                    pipes.push((from, to));
                }
            }
            work.push(async move {
                for (mut from, mut to) in pipes {
                    program::pipe(&mut from, &mut to).await?;
                }
                Ok::<(), Trouble>(())
            });
        }
        try_join_all(work).await?;
        Ok(())
    }
}
