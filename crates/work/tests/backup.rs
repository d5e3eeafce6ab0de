//! A real backup program's stream: taken in parts while the server is written, whole or nothing, and a server again afterwards.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use daybreak_engine::{Database, database};
use daybreak_model::Endpoint;
use daybreak_sandbox::{Estate, EstateOptions, Sandbox, ServerKind, available};
use daybreak_work::{
    BackupError, BackupManifest, BackupProgram, BackupReport, BackupSettings, Depot, Observe, Silent, back_up,
};

/// So that there are many parts.
const PART: u64 = 3 << 20;

struct Ground {
    sandbox: Sandbox,
    estate: Estate,
    server: Arc<dyn Database>,
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Ground {
    async fn lay() -> Option<Self> {
        let sandbox = Sandbox::open().expect("a sandbox");
        let kind = ServerKind::MariaDb1011;
        let estate = available(Estate::start(&sandbox, EstateOptions::new(kind)).await)?;
        let program = available(sandbox.program(kind, "mariadb-backup").await)?;
        let made = estate
            .primary
            .rows_in(
                &estate.database,
                "CREATE TABLE numbers (id INT PRIMARY KEY, note VARCHAR(200));
                 INSERT INTO numbers SELECT seq, REPEAT('x', 150) FROM seq_1_to_20000",
            )
            .await;
        made.expect("a table");
        let url = estate.admin_url();
        let url = url.split('?').next().unwrap_or_default();
        let endpoint = Endpoint::parse("source", &format!("{url}?tls=off")).expect("a URL");
        Some(Self {
            server: database(endpoint),
            folder: tempfile::tempdir().expect("a folder"),
            sandbox,
            estate,
            program,
        })
    }

    fn depot(&self, name: &str) -> Depot {
        Depot::directory(&self.folder.path().join(name)).expect("a directory")
    }

    async fn back_up(&self, program: &Path, place: &str) -> Result<BackupReport, BackupError> {
        let settings = BackupSettings {
            program: BackupProgram {
                path: program.to_owned(),
                arguments: Vec::new(),
                parallel: 2,
            },
            part_bytes: PART,
            scratch: self.folder.path().join("scratch"),
        };
        let silent: Arc<dyn Observe> = Arc::new(Silent);
        let made = back_up(&self.server, &settings, &self.depot(place), &silent).await;
        assert!(!settings.scratch.exists(), "how to log in is not left behind");
        made
    }

    /// A program that stands before the real one.
    fn wrapped(&self, name: &str, script: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{name}.sh"));
        let script = script.replace("REAL", &self.program.display().to_string());
        std::fs::write(&path, format!("#!/bin/bash\n{script}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("allowed");
        path
    }
}

fn ran(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The parts, one after the other, as the backup program's own reader takes them; then made ready. What a server finds there.
async fn restored(ground: &Ground, manifest: &BackupManifest, place: &str) -> String {
    let kind = ServerKind::MariaDb1011;
    let program = async |name: &str| ground.sandbox.program(kind, name).await.expect(name);
    let data = ground.folder.path().join("restored");
    std::fs::create_dir(&data).expect("a directory");
    let stream = ground.folder.path().join("stream");
    let mut whole = Vec::new();
    for part in &manifest.parts {
        let bytes = std::fs::read(ground.folder.path().join(place).join(&part.name)).expect("a part");
        assert_eq!(bytes.len() as u64, part.bytes, "{}", part.name);
        whole.extend(bytes);
    }
    std::fs::write(&stream, whole).expect("written");
    ran(Command::new(program("mbstream").await)
        .args(["-x", "-C"])
        .arg(&data)
        .stdin(std::fs::File::open(&stream).expect("open")));
    ran(Command::new(&ground.program)
        .arg("--prepare")
        .arg(format!("--target-dir={}", data.display())));
    let answer = ground.folder.path().join("answer");
    let mut server = Command::new(program("mariadbd").await);
    server
        .args([
            "--no-defaults",
            "--bootstrap",
            "--user=root",
            "--skip-log-bin",
            "--innodb-buffer-pool-size=16M",
        ])
        .arg(format!("--datadir={}", data.display()))
        .arg(format!(
            "--log-error={}",
            ground.folder.path().join("log").display()
        ));
    let mut server = server.stdin(Stdio::piped()).spawn().expect("a server");
    let ask = format!(
        "SELECT COUNT(*), MAX(id) FROM {}.numbers INTO OUTFILE '{}';\n",
        ground.estate.database,
        answer.display()
    );
    std::io::Write::write_all(&mut server.stdin.take().expect("its input"), ask.as_bytes()).expect("asked");
    assert!(server.wait().expect("it ends").success());
    std::fs::read_to_string(answer).expect("an answer")
}

/// Taken while somebody writes, it restores to exactly the state of the position that it names.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restores_to_its_position() {
    let Some(ground) = Ground::lay().await else { return };
    let over = std::sync::atomic::AtomicBool::new(false);
    let write = async {
        let mut id = 20_000;
        while !over.load(std::sync::atomic::Ordering::Relaxed) {
            id += 1;
            let insert = format!(
                "SET SESSION binlog_format = 'STATEMENT'; INSERT INTO numbers VALUES ({id}, 'later')"
            );
            let written = ground
                .estate
                .primary
                .rows_in(&ground.estate.database, &insert)
                .await;
            written.expect("written");
        }
        id
    };
    let back_up = async {
        let report = ground.back_up(&ground.program, "whole").await;
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        report.expect("a backup")
    };
    let (written, report) = tokio::join!(write, back_up);
    assert!(written > 20_001, "somebody wrote");

    let manifest = BackupManifest::read(&ground.depot("whole"))
        .await
        .expect("read")
        .expect("one");
    assert_eq!(manifest, report.manifest);
    assert!(manifest.parts.len() > 2 && manifest.files > 20, "{manifest:?}");
    assert_eq!(manifest.program_version, manifest.source.version);
    let answer = restored(&ground, &manifest, "whole").await;
    let (count, last) = answer.trim().split_once('\t').expect("two numbers");
    let (count, last): (u64, u64) = (count.parse().expect("a count"), last.parse().expect("an id"));
    assert_eq!(count, last, "all that was written up to there");
    let position = manifest.starts_at(&manifest.server, false).expect("a position");
    let (file, offset) = (&manifest.position.file, manifest.position.offset);
    assert_eq!(position.to_string(), format!("{file}:{offset}"));
    if last < written {
        let after = ground
            .estate
            .primary
            .rows(&format!("SHOW BINLOG EVENTS IN '{file}' FROM {offset} LIMIT 20"))
            .await
            .expect("events");
        let first = after
            .iter()
            .filter_map(|event| event[5].clone())
            .find(|info| info.contains("INSERT INTO numbers"))
            .expect("an insert");
        assert!(first.contains(&format!("({},", last + 1)), "{last}: {first}");
    }

    // A whole backup is not written over.
    let again = ground
        .back_up(&ground.program, "whole")
        .await
        .expect_err("refused");
    assert!(matches!(again, BackupError::Whole { .. }), "{again}");
}

/// What is broken off leaves no backup behind, and is begun anew; what is not ours is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_or_none() {
    let Some(ground) = Ground::lay().await else { return };
    let none = async |place: &str| {
        let manifest = BackupManifest::read(&ground.depot(place)).await.expect("read");
        assert_eq!(manifest, None, "{place}");
    };
    let version = "if [ \"$1\" = --version ]; then exec REAL --version; fi";
    for (name, script, words) in [
        // Its stream ends early, and it says that all is well.
        (
            "short",
            "REAL \"$@\" 2> /dev/null | head -c 5000000; echo 'completed OK!' >&2",
            "ends in the middle",
        ),
        // A byte changed on the way.
        (
            "damaged",
            "REAL \"$@\" 2> /dev/null | sed 's/xxxxxxxxxxxxxx/xxxxxxyxxxxxxx/'; echo 'completed OK!' >&2",
            "is damaged at",
        ),
        // It fails after its stream.
        (
            "failed",
            "REAL \"$@\"; echo 'Error: out of luck' >&2; exit 3",
            "out of luck",
        ),
        // It is another program.
        (
            "other",
            "echo 'a plain text, of some length'; echo 'completed OK!' >&2",
            "at byte 0 there is no chunk",
        ),
    ] {
        let program = ground.wrapped(name, &format!("{version}\n{script}"));
        let error = ground.back_up(&program, name).await.expect_err("no backup");
        let said = [error.to_string(), format!("{:?}", error.hint())].concat();
        assert!(said.contains(words), "{name}: {said}");
        none(name).await;
    }
    let no_version = ground.wrapped("mute", "echo hello");
    let error = ground.back_up(&no_version, "mute").await.expect_err("refused");
    assert!(matches!(error, BackupError::NoVersion { .. }), "{error}");
    let error = ground
        .back_up(Path::new("/nowhere/xtrabackup"), "mute")
        .await
        .expect_err("refused");
    assert!(matches!(error, BackupError::NoProgram { .. }), "{error}");
    // The place of one that was broken off is taken again, without what that left.
    let left = ground.folder.path().join("short/files/backup.xbstream000099");
    std::fs::write(&left, "left").expect("written");
    ground.back_up(&ground.program, "short").await.expect("a backup");
    assert!(!left.exists());
    // Files of another server, where this one's are said to be, are not backed up in its name.
    let name = ground.estate.primary.data_dir().join("auto.cnf");
    std::fs::write(
        &name,
        "[auto]\nserver-uuid=3e11fa47-71ca-11e1-9e33-c80aa9429562\n",
    )
    .expect("written");
    let error = ground
        .back_up(&ground.program, "another")
        .await
        .expect_err("refused");
    assert!(matches!(error, BackupError::Elsewhere { .. }), "{error}");
    std::fs::remove_file(&name).expect("removed");
    // A place that holds something else is not.
    let depot = ground.folder.path().join("theirs");
    std::fs::create_dir(&depot).expect("a directory");
    std::fs::write(depot.join("ledger.csv"), "1,2,3").expect("written");
    let error = ground
        .back_up(&ground.program, "theirs")
        .await
        .expect_err("refused");
    assert!(error.to_string().contains("ledger.csv"), "{error}");
    assert_eq!(std::fs::read_dir(&depot).expect("there").count(), 1);
}
