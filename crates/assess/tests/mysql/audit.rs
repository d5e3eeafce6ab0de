//! An audit finds every hole that was planted, each at its place, and nothing on a server without.

use daybreak_assess::{Crossing, Engine, Verdict, all_checks, audit};
use daybreak_model::{Severity, Told};
use daybreak_sandbox::{Login, Server, ServerKind, available};

use crate::ground;

async fn audited(server: &Server, login: &Login) -> Verdict {
    match audit(&ground::connect(server, login)).await {
        Ok(verdict) => verdict,
        Err(error) => panic!("{error}: {:?}", error.source),
    }
}

/// Holes that every kind of server can have: id, object, statements.
const HOLES: &[ground::Planted] = &[
    (
        "mysql.account.anonymous",
        "''@'127.0.0.9'",
        "CREATE USER ''@'127.0.0.9' IDENTIFIED BY 'Wx-73-long'",
    ),
    (
        "mysql.account.any_host",
        "'wide'@'%'",
        "CREATE USER wide IDENTIFIED BY 'Wx-73-long'",
    ),
    (
        "mysql.account.empty_password",
        "'open'@'127.0.0.1'",
        "CREATE USER open@'127.0.0.1'",
    ),
    (
        "mysql.account.file",
        "'files'@'127.0.0.1'",
        "CREATE USER files@'127.0.0.1' IDENTIFIED BY 'Wx-73-long'; GRANT FILE ON *.* TO files@'127.0.0.1'",
    ),
    (
        "mysql.account.super",
        "'boss'@'127.0.0.1'",
        "CREATE USER boss@'127.0.0.1' IDENTIFIED BY 'Wx-73-long'; GRANT SUPER ON *.* TO boss@'127.0.0.1'",
    ),
    ("mysql.setting.files_anywhere", "secure_file_priv", ""),
    ("mysql.setting.slow_log_off", "slow_query_log", ""),
    ("mysql.setting.tls_not_required", "require_secure_transport", ""),
];

/// Holes of servers that know `mysql_native_password`.
const NATIVE: &[ground::Planted] = &[
    (
        "mysql.account.weak_password",
        "'weak'@'127.0.0.1'",
        "CREATE USER weak@'127.0.0.1' IDENTIFIED BY 'weak'",
    ),
    (
        "mysql.account.weak_password",
        "'common'@'127.0.0.1'",
        "CREATE USER common@'127.0.0.1' IDENTIFIED BY 'changeme'",
    ),
];

async fn holes_are_found(kind: ServerKind, native: bool) {
    let setup = ground::sandbox()
        .server(kind)
        .setting("secure_file_priv", "")
        .setting("slow_query_log", "OFF");
    let Some(server) = available(setup.start().await) else {
        return;
    };
    let mut planted = HOLES.to_vec();
    if native {
        planted.extend(NATIVE);
    }
    let folder = std::path::Path::new("/");
    let login = ground::plant(&server, &planted, folder).await;
    let verdict = audited(&server, &login).await;
    ground::assert_all_found(&verdict, &planted);
    let untold: Vec<_> = verdict
        .findings
        .iter()
        .filter(|finding| finding.told == Told::CouldNotTell)
        .collect();
    assert!(untold.is_empty(), "{untold:#?}");
    let weighty = |id: &str| {
        ground::found(&verdict, id)
            .iter()
            .all(|finding| finding.severity == Severity::Blocks)
    };
    assert!(weighty("mysql.account.anonymous") && weighty("mysql.account.empty_password"));
}

#[tokio::test]
async fn mysql_9_7() {
    holes_are_found(ServerKind::Mysql97, false).await;
}

#[tokio::test]
async fn mysql_5_6() {
    holes_are_found(ServerKind::Mysql56, true).await;
}

#[tokio::test]
async fn maria_db() {
    holes_are_found(ServerKind::MariaDb1011, true).await;
}

/// On its first day a server cannot tell.
#[tokio::test]
async fn who_never_came_is_not_named_at_once() {
    let Some(server) = available(ground::sandbox().server(ServerKind::Mysql97).start().await) else {
        return;
    };
    ground::sql(&server, "CREATE USER idle@'127.0.0.1' IDENTIFIED BY 'Wx-73-long'").await;
    let login = ground::assessor(&server).await;
    let young = audited(&server, &login).await;
    assert!(
        ground::found(&young, "mysql.account.unused").is_empty(),
        "{:#?}",
        young.findings
    );
}

#[tokio::test]
async fn nothing_is_found_where_nothing_is() {
    let folder = ground::open_folder("audited");
    let setup = ground::sandbox()
        .server(ServerKind::Mysql97)
        .require_tls(true)
        .setting("secure_file_priv", &folder.display().to_string())
        .setting("slow_query_log", "ON");
    let Some(server) = available(setup.start().await) else {
        return;
    };
    ground::sql(
        &server,
        "CREATE USER app@'10.1.%' IDENTIFIED BY 'Wx-73-long' REQUIRE SSL",
    )
    .await;
    let login = ground::assessor(&server).await;
    let verdict = audited(&server, &login).await;
    assert!(verdict.findings.is_empty(), "{:#?}", verdict.findings);
    assert!(verdict.score.checks >= 10, "{:?}", verdict.score);
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn every_check_of_an_audit_is_planted() {
    // The server has to have run for a day.
    let decided = ["mysql.account.unused"];
    let named =
        |id: &str| HOLES.iter().chain(NATIVE).any(|(planted, ..)| *planted == id) || decided.contains(&id);
    for about in all_checks() {
        if about.crossing == Crossing::Audit && !about.engines.contains(&Engine::Postgresql) {
            assert!(named(about.id), "{}", about.id);
        }
    }
}
