//! An audit finds every hole that was planted, each at its place, and nothing on a server without.

use std::collections::BTreeSet;

use daybreak_assess::{Crossing, Engine, Verdict, all_checks, audit};
use daybreak_model::Told;
use daybreak_sandbox::Sandbox;

use crate::ground::{self, DATABASE, Ground};

async fn audited(ground: &Ground) -> Verdict {
    let verdict = audit(&ground.database(DATABASE, "postgres")).await;
    verdict.unwrap_or_else(|error| panic!("{error}: {error:?}"))
}

/// Puts lines before those of the server's access file.
async fn admit_lines(ground: &Ground, lines: &str) {
    let file = ground
        .server
        .value("SHOW hba_file")
        .await
        .expect("told")
        .expect("a file");
    let own = std::fs::read_to_string(&file).expect("an access file");
    std::fs::write(&file, format!("{lines}\n{own}")).expect("written");
}

const HOLES: &[(&str, &str)] = &[
    ("postgresql.connection.everywhere", "pg_hba.conf, line 1"),
    ("postgresql.connection.md5", "pg_hba.conf, line 1"),
    ("postgresql.connection.tls_not_required", "pg_hba.conf, line 1"),
    ("postgresql.connection.trust", "pg_hba.conf, line 2"),
    ("postgresql.parameter.connections_not_logged", "log_connections"),
    ("postgresql.role.md5_password", "role weak"),
    ("postgresql.role.superuser", "role boss"),
    ("postgresql.role.weak_password", "role common"),
    ("postgresql.role.weak_password", "role weak"),
];

#[tokio::test]
async fn holes_are_found() {
    let sandbox = Sandbox::open().expect("a sandbox");
    for major in [13, 17] {
        let off = [("log_connections", "off")];
        let Some(ground) = ground::lay(&sandbox, major, &off, &format!("aurora-postgresql {major}")).await
        else {
            continue;
        };
        ground.run("postgres", "SET password_encryption = 'md5'; CREATE ROLE weak LOGIN PASSWORD 'weak'; CREATE ROLE common LOGIN PASSWORD 'changeme'").await;
        ground.run("postgres", "CREATE ROLE boss SUPERUSER LOGIN").await;
        admit_lines(
            &ground,
            "host all nobody 0.0.0.0/0 md5\nhostssl all nobody 10.0.0.0/8 trust",
        )
        .await;
        let verdict = audited(&ground).await;
        let found: BTreeSet<(&str, &str)> = verdict
            .findings
            .iter()
            .filter(|finding| finding.told == Told::Found)
            .map(|finding| (finding.id.as_str(), finding.object.as_str()))
            .collect();
        for hole in HOLES {
            assert!(found.contains(hole), "{major}: {hole:?} in {found:#?}");
        }
        assert!(
            verdict.findings.iter().all(|finding| finding.told == Told::Found),
            "{:#?}",
            verdict.findings
        );
    }
}

#[tokio::test]
async fn nothing_is_found_where_nothing_is() {
    let sandbox = Sandbox::open().expect("a sandbox");
    let on = [("log_connections", "on")];
    let Some(ground) = ground::lay(&sandbox, 17, &on, "aurora-postgresql 17").await else {
        return;
    };
    let verdict = audited(&ground).await;
    assert!(verdict.findings.is_empty(), "{:#?}", verdict.findings);
    assert!(verdict.score.checks >= 10, "{:?}", verdict.score);
}

#[test]
fn every_check_of_an_audit_is_planted() {
    for about in all_checks() {
        if about.crossing == Crossing::Audit && about.engines.contains(&Engine::Postgresql) {
            assert!(HOLES.iter().any(|(id, _)| *id == about.id), "{}", about.id);
        }
    }
}
