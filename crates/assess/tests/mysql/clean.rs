//! Servers without any defect that an operator could mend.

use daybreak_assess::Verdict;
use daybreak_model::{Severity, Told};
use daybreak_sandbox::{Login, Server, ServerKind};

use crate::ground::{self, Options};
use crate::{maria_db, new, old, silent};

const MODES: &str = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

/// What the sandbox sets for speed, and what older servers have as their default.
const TIDY: Options = &[
    ("sql_mode", MODES),
    ("innodb_flush_log_at_trx_commit", "1"),
    ("local_infile", "OFF"),
    ("innodb_autoinc_lock_mode", "2"),
    ("innodb_flush_neighbors", "0"),
    ("innodb_max_dirty_pages_pct_lwm", "10"),
    ("innodb_change_buffering", "none"),
    ("innodb_adaptive_hash_index", "OFF"),
    ("innodb_strict_mode", "ON"),
    ("max_error_count", "1024"),
    ("eq_range_index_dive_limit", "200"),
    ("event_scheduler", "ON"),
    ("group_concat_max_len", "1024"),
];

/// What a kind of server cannot be without: nobody mends these but by the move. Each is planted on that kind and absent
/// from another.
const BY_NATURE_OLD: &[&str] = &[
    "mysql.setting.charset",
    "mysql.setting.tls_off",
    "mysql.setting.tls_optional",
    "mysql.setting.authentication",
    "mysql.charset.way_back",
    "mysql.version.jump",
];
const BY_NATURE_MARIA_DB: &[&str] = &[
    "mysql.setting.charset",
    "mysql.charset.way_back",
    "mysql.gtid.maria_db",
    "mysql.version.maria_db",
];
const BY_NATURE_NEW: &[&str] = &["mysql.version.newer"];

/// A server of this kind, tidied up.
async fn tidy(kind: ServerKind) -> Option<(Server, Login)> {
    let setup = ground::set(ground::sandbox().server(kind).gtid(true), TIDY);
    let setup = setup.require_tls(kind != ServerKind::Mysql56);
    let setup = match kind {
        ServerKind::MariaDb1011 => setup.setting("character_set_server", "utf8mb4"),
        _ => setup,
    };
    let server = daybreak_sandbox::available(setup.start().await)?;
    if kind == ServerKind::Mysql56 {
        let nameless = server
            .rows("SELECT Host FROM mysql.user WHERE User = ''")
            .await
            .unwrap();
        for host in nameless.into_iter().flatten().flatten() {
            ground::sql(&server, &format!("DROP USER ''@'{host}'")).await;
        }
    }
    let login = ground::assessor(&server).await;
    Some((server, login))
}

/// Nothing blocks, nothing is unknown, and nothing is found but what such a server is by nature. Our own account may be
/// spoken of.
fn assert_clean(verdict: &Verdict, by_nature: &[&str]) {
    let left: Vec<_> = verdict
        .findings
        .iter()
        .filter(|finding| finding.told == Told::CouldNotTell || !finding.object.contains("'assess'"))
        .filter(|finding| !by_nature.contains(&finding.id.as_str()))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    let blocking: Vec<_> = verdict
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Blocks)
        .collect();
    assert!(blocking.is_empty(), "{blocking:#?}");
    assert_eq!(verdict.score.could_not_tell, 0);
    assert!(verdict.score.clean > 90, "{:?}", verdict.score);
}

#[tokio::test]
async fn nothing_is_found_on_a_clean_mysql_5_6() {
    let Some((server, login)) = tidy(ServerKind::Mysql56).await else {
        return;
    };
    let verdict = ground::verdict(&server, &login, "aurora-mysql 8.4").await;
    assert_clean(&verdict, BY_NATURE_OLD);
}

#[tokio::test]
async fn nothing_is_found_on_a_clean_mysql_9_7() {
    let Some((server, login)) = tidy(ServerKind::Mysql97).await else {
        return;
    };
    for target in ["aurora-mysql 8.4", "aurora-mysql 3.10"] {
        let verdict = ground::verdict(&server, &login, target).await;
        assert_clean(&verdict, BY_NATURE_NEW);
    }
    let older = ground::verdict(&server, &login, "aurora-mysql 2.12").await;
    for (id, ..) in new::PLANTED_FOR_57 {
        assert_eq!(ground::found(&older, id), Vec::<&daybreak_model::Finding>::new());
    }
}

#[tokio::test]
async fn nothing_is_found_on_a_clean_maria_db() {
    let Some((server, login)) = tidy(ServerKind::MariaDb1011).await else {
        return;
    };
    let verdict = ground::verdict(&server, &login, "aurora-mysql 8.4").await;
    assert_clean(&verdict, BY_NATURE_MARIA_DB);
}

/// A check that a kind of server cannot be clean of is absent from another kind.
#[test]
fn what_is_by_nature_is_planted_there() {
    let planted = |table: &[ground::Planted], id: &str| table.iter().any(|(planted, ..)| *planted == id);
    for id in BY_NATURE_OLD {
        assert!(
            planted(old::PLANTED, id) || planted(new::PLANTED, id) || planted(silent::PLANTED, id),
            "{id}"
        );
    }
    for id in BY_NATURE_MARIA_DB {
        assert!(
            planted(maria_db::PLANTED, id) || planted(old::PLANTED, id),
            "{id}"
        );
        assert!(!BY_NATURE_NEW.contains(id), "{id}");
    }
    for id in BY_NATURE_NEW {
        assert!(!BY_NATURE_OLD.contains(id), "{id}");
    }
}
