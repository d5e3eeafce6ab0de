//! What the account may not see is said, never taken for nothing.

use daybreak_model::{AuroraLine, Endpoint, Finding, Severity, Told};
use daybreak_sandbox::{AuroraOptions, AuroraStandIn, Login, Server, ServerKind};

use crate::ground::{self, HOST};

/// An account with these privileges on everything.
async fn account(server: &Server, privileges: &str) -> Login {
    ground::sql(
        server,
        &format!("CREATE USER 'little'@'{HOST}' IDENTIFIED BY 'Lit-tle1'"),
    )
    .await;
    ground::sql(server, &format!("GRANT {privileges} TO 'little'@'{HOST}'")).await;
    Login::new("little", "Lit-tle1")
}

/// Each of the checks says that it could not tell, and how to give what is missing.
async fn assert_unknown(server: &Server, login: &Login, expected: &[(&str, &str)]) {
    let verdict = ground::verdict(server, login, "aurora-mysql 8.4").await;
    for (id, grant) in expected {
        let said: Vec<_> = verdict
            .findings
            .iter()
            .filter(|finding| finding.id == *id)
            .collect();
        assert_eq!(said.len(), 1, "{id}: {said:?}");
        assert_eq!(said[0].told, Told::CouldNotTell, "{id}");
        assert_eq!(
            said[0].statement.as_deref(),
            Some(*grant),
            "{id}: {}",
            said[0].evidence
        );
    }
    assert!(verdict.score.could_not_tell >= expected.len());
    assert!(verdict.score.could_not_tell < verdict.score.checks);
}

#[tokio::test]
async fn each_missing_privilege_is_named_on_mysql_9_7() {
    let Some(server) = ground::server(ServerKind::Mysql97, &[]).await else {
        return;
    };
    ground::sql(
        &server,
        "CREATE DATABASE shop; CREATE TABLE shop.keyless (id INT)",
    )
    .await;
    let login = account(&server, "SELECT ON shop.*").await;
    let grant = |privilege: &str| format!("GRANT {privilege} ON *.* TO 'little'@'{HOST}'");
    let expected = [
        ("mysql.table.no_primary_key", grant("SELECT")),
        ("mysql.account.empty_password", grant("SELECT")),
        ("mysql.definer.missing", grant("SELECT")),
        ("mysql.event.enabled", grant("EVENT")),
        ("mysql.table.general_tablespace", grant("PROCESS")),
        ("mysql.transaction.prepared", grant("XA_RECOVER_ADMIN")),
        ("mysql.replica.stopped", grant("REPLICATION CLIENT")),
    ];
    let expected: Vec<(&str, &str)> = expected.iter().map(|(id, grant)| (*id, grant.as_str())).collect();
    assert_unknown(&server, &login, &expected).await;
}

#[tokio::test]
async fn each_missing_privilege_is_named_on_maria_db() {
    let Some(server) = ground::server(ServerKind::MariaDb1011, &[]).await else {
        return;
    };
    let login = account(&server, "SELECT, SHOW VIEW ON *.*").await;
    let grant = |privilege: &str| format!("GRANT {privilege} ON *.* TO 'little'@'{HOST}'");
    let expected = [
        ("mysql.replica.stopped", grant("SLAVE MONITOR")),
        ("mysql.binlog.filter", grant("BINLOG MONITOR")),
        ("mysql.trigger.duplicate", grant("TRIGGER")),
        ("mysql.event.enabled", grant("EVENT")),
    ];
    let expected: Vec<(&str, &str)> = expected.iter().map(|(id, grant)| (*id, grant.as_str())).collect();
    assert_unknown(&server, &login, &expected).await;
}

/// To open a view of the invoker's rights that calls a function takes EXECUTE, which an assessment does not ask for: such a
/// view is not taken for a broken one.
#[tokio::test]
async fn a_view_that_we_may_not_open_is_not_broken() {
    let Some(server) = ground::server(ServerKind::Mysql56, &[]).await else {
        return;
    };
    ground::sql(
        &server,
        "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY); \
         CREATE FUNCTION shop.f () RETURNS INT DETERMINISTIC RETURN 1; \
         CREATE SQL SECURITY INVOKER VIEW shop.v AS SELECT shop.f() AS one FROM shop.t",
    )
    .await;
    let login = ground::assessor(&server).await;
    let verdict = ground::verdict(&server, &login, "aurora-mysql 8.4").await;
    let said: Vec<_> = verdict
        .findings
        .iter()
        .filter(|finding| finding.id == "mysql.view.invalid")
        .collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].told, Told::CouldNotTell);
    let grant = format!("GRANT EXECUTE ON `shop`.* TO 'assess'@'{HOST}'");
    assert_eq!(said[0].statement.as_deref(), Some(grant.as_str()));
    ground::sql(&server, &grant).await;
    let verdict = ground::verdict(&server, &login, "aurora-mysql 8.4").await;
    assert_eq!(
        verdict
            .findings
            .iter()
            .find(|finding| finding.id == "mysql.view.invalid"),
        None
    );
}

/// What an administrator of Aurora may do there is enough: nobody has SUPER.
#[tokio::test]
async fn aurora_is_assessed_by_its_administrator() {
    let sandbox = ground::sandbox();
    let started = AuroraStandIn::start(&sandbox, AuroraOptions::mysql().gtid(true)).await;
    let Some(cluster) = daybreak_sandbox::available(started) else {
        return;
    };
    let url = cluster.admin_url();
    let url = url.split('?').next().unwrap();
    let server = daybreak_engine::database(Endpoint::parse("aurora", &format!("{url}?tls=off")).unwrap());
    let target = AuroraLine::named("aurora-mysql 8.4").unwrap();
    let verdict = daybreak_assess::assess(&server, target).await.unwrap();
    let unknown: Vec<_> = verdict
        .findings
        .iter()
        .filter(|finding| finding.told == Told::CouldNotTell)
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    let blocking: Vec<_> = verdict
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Blocks)
        .collect();
    assert!(blocking.is_empty(), "{blocking:#?}");
}

#[tokio::test]
async fn a_role_gives_what_it_holds() {
    let Some(server) = ground::server(ServerKind::Mysql97, &[]).await else {
        return;
    };
    let login = ground::assessor(&server).await;
    ground::sql(
        &server,
        &format!(
            "REVOKE ALL, GRANT OPTION FROM 'assess'@'{HOST}'; CREATE ROLE looker; \
             GRANT SELECT, PROCESS, SHOW VIEW, TRIGGER, EVENT, REPLICATION CLIENT, XA_RECOVER_ADMIN, RESOURCE_GROUP_USER ON *.* TO looker; \
             GRANT looker TO 'assess'@'{HOST}'; SET DEFAULT ROLE ALL TO 'assess'@'{HOST}'"
        ),
    )
    .await;
    let verdict = ground::verdict(&server, &login, "aurora-mysql 8.4").await;
    assert_eq!(verdict.score.could_not_tell, 0, "{:?}", verdict.findings);
    // A role is no account that somebody logs in with.
    for id in [
        "mysql.account.expired",
        "mysql.account.any_host",
        "mysql.account.empty_password",
    ] {
        let of_role = |finding: &&Finding| finding.object.contains("looker");
        assert_eq!(ground::found(&verdict, id).into_iter().find(of_role), None);
    }
}
