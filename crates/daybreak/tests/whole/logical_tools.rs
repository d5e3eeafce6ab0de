//! `load.method = "logical-tools"`: the servers' own programs bring everything while an application writes; killed, they begin anew.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use daybreak_sandbox::{AuroraOptions, Engine, EstateOptions, ServerKind, available};

use crate::ground::{self, Ground};

/// The programs of a kind's kit: one dumps, one loads. `None`, with a notice, where its kit has none.
async fn programs(ground: &Ground) -> Option<[PathBuf; 2]> {
    let kind = ground.estate.primary.kind();
    let [dump, load] = match kind.engine() {
        Engine::Mysql => ["mysqldump", "mysql"],
        Engine::Postgres => ["pg_dump", "psql"],
    };
    Some([
        available(ground.sandbox.program(kind, dump).await)?,
        available(ground.sandbox.program(kind, load).await)?,
    ])
}

fn by_tools(plan: &str, dump: &Path, load: &Path) -> String {
    let tools = format!(
        "\n[load.tools]\ndump = \"{}\"\nload = \"{}\"\n\n[check]\n",
        dump.display(),
        load.display()
    );
    plan.replace("workers = 4", "workers = 4\nmethod = \"logical-tools\"")
        .replace("\n[check]\n", &tools)
}

/// A program that waits long after its first lines, in the place of the real one.
fn slow(ground: &Ground, real: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = ground.folder.path().join("slow.sh");
    let script = format!(
        "#!/bin/bash\nif [ \"$1\" = --version ]; then exec {real} --version; fi\n{real} \"$@\" | (head -c 20000; touch {mark}; exec sleep 60 <&-)\n",
        real = real.display(),
        mark = ground.folder.path().join("begun").display()
    );
    std::fs::write(&path, script).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("allowed");
    path
}

async fn tools_bring_it(estate: EstateOptions, cluster: AuroraOptions, gtid: bool) {
    let Some(mut ground) = ground::lay(estate, cluster).await else {
        return;
    };
    ground.found(2_000).await;
    let Some([dump, load]) = programs(&ground).await else {
        return;
    };
    let wanted = format!("gtid = {gtid}");
    ground
        .init(|plan| by_tools(&plan.replace("gtid = true", &wanted), &dump, &load))
        .await;
    let plan = std::fs::read_to_string(ground.plan()).expect("the plan");
    ground.start_gate().await;
    let bank = ground.open_bank(8);
    let execute = ["load", "--execute"];

    let shown = ground.succeed(&["--format", "json", "load"]).await;
    let command = shown[0]["command"].as_str().expect("a command");
    assert!(
        command.contains(&*dump.display().to_string()) && command.contains(" | "),
        "{command}"
    );
    // A program that is not there, or fails, is said; nothing was changed by the first.
    for (program, words) in [
        ("/nowhere/dump", "failed to run /nowhere/dump"),
        ("/bin/false", "false"),
    ] {
        std::fs::write(ground.plan(), by_tools_again(&plan, &dump, Path::new(program))).expect("the plan");
        let refused = ground.run(&execute).await;
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            !refused.status.success() && said.contains(words) && said.contains("hint:"),
            "{program}: {said}"
        );
    }
    // Killed in the middle: no password was seen, and the next try begins anew.
    let script = slow(&ground, &dump);
    std::fs::write(ground.plan(), by_tools_again(&plan, &dump, &script)).expect("the plan");
    let mut child = ground
        .daybreak(&execute)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let begun = Instant::now();
    while !ground.folder.path().join("begun").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it gets there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for process in std::fs::read_dir("/proc").expect("processes").flatten() {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        for login in [&ground.estate.admin, &ground.cluster.admin] {
            assert!(!line.contains(login.password()), "{line}");
        }
    }
    child.kill().await.expect("killed");
    std::fs::write(ground.plan(), &plan).expect("the plan");

    ground.succeed(&["--format", "json", "run", "--yes"]).await;
    assert!(!ground.folder.path().join(".daybreak/tools-login").exists());
    assert_eq!(ground.writable().await, [false, true]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    ground.succeed(&["--format", "json", "failback", "--yes"]).await;
    assert_eq!(ground.writable().await, [true, false]);
    let ledger = bank.close().await;
    ground.assert_books(&ledger).await;
}

/// The same plan with another program that dumps.
fn by_tools_again(plan: &str, usual: &Path, other: &Path) -> String {
    let named = |program: &Path| format!("dump = \"{}\"", program.display());
    plan.replace(&named(usual), &named(other))
}

#[tokio::test(flavor = "multi_thread")]
async fn mysqldump_by_gtid() {
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    tools_bring_it(estate, AuroraOptions::mysql().gtid(true), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysqldump_by_file_position() {
    let estate = EstateOptions::new(ServerKind::Mysql97);
    tools_bring_it(estate, AuroraOptions::mysql(), false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_dump_15_to_17() {
    let estate = EstateOptions::new(ServerKind::Postgres(15));
    tools_bring_it(estate, AuroraOptions::postgres(17), false).await;
}

/// From MariaDB, which nothing follows there: with writes stopped, and every row the same.
#[tokio::test(flavor = "multi_thread")]
async fn mariadb_dump_into_mysql() {
    let estate = EstateOptions::new(ServerKind::MariaDb1011);
    let Some(ground) = ground::lay(estate, AuroraOptions::mysql()).await else {
        return;
    };
    ground.found(2_000).await;
    // mariadb-dump writes values of generated columns, which MySQL refuses.
    let without = format!(
        "ALTER TABLE {}.products DROP COLUMN with_tax",
        ground.estate.database
    );
    ground.estate.primary.rows(&without).await.expect("altered");
    let dump = ground
        .sandbox
        .program(ServerKind::MariaDb1011, "mariadb-dump")
        .await;
    let load = ground.sandbox.program(ServerKind::Mysql97, "mysql").await;
    let (Some(dump), Some(load)) = (available(dump), available(load)) else {
        return;
    };
    ground
        .init(|plan| {
            let plan = plan.replace("native = true", "native = false");
            by_tools(&plan.replace("way_back = true", "way_back = false"), &dump, &load)
        })
        .await;
    let until = ["--format", "json", "run", "--yes", "--until", "data.check"];
    ground.succeed(&until).await;
    assert_eq!(ground.writable().await, [false, false], "both sides stand still");
}
