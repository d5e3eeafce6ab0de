//! What an account sees that is no superuser: either the same, or it says that it could not tell.

use std::collections::BTreeSet;
use std::sync::Arc;

use daybreak_assess::{assess, postgresql_grants};
use daybreak_engine::database;
use daybreak_model::{AuroraLine, Endpoint, Finding, Told};
use daybreak_sandbox::{AuroraOptions, AuroraStandIn, Sandbox, available};

use crate::defects::plant;
use crate::ground::{DATABASE, ids, lay};
use crate::planted::On;

/// Check and object of everything found, but of the accounts that the test itself made.
fn found(findings: &[Finding]) -> BTreeSet<(&str, &str)> {
    let found = findings.iter().filter(|finding| finding.told == Told::Found);
    found
        .map(|finding| (finding.id.as_str(), finding.object.as_str()))
        .collect()
}

async fn on_major(major: u8) {
    let sandbox = Sandbox::open().expect("a sandbox");
    let settings = [
        ("max_prepared_transactions", "10"),
        ("allow_in_place_tablespaces", "on"),
    ];
    let Some(ground) = lay(&sandbox, major, &settings, "18").await else {
        return;
    };
    let ground = Arc::new(ground);
    plant(&ground, On::Major(major)).await;
    let schemas = ["s".to_owned(), "cron".to_owned()];
    ground
        .admit("looker", &postgresql_grants("looker", DATABASE, &schemas))
        .await;
    ground.admit("nobody_special", &[]).await;
    let whole = ground.assess(DATABASE).await;
    // The account that the program's own grants describe reads neither rows nor passwords, and says so.
    let least = ground.assess_as(DATABASE, "looker").await;
    let hidden = ids(&least.findings, Told::CouldNotTell);
    assert_eq!(
        hidden,
        ["postgresql.extension.rows", "postgresql.role.md5_password"].into(),
        "{:?}",
        least.findings
    );
    let expected: BTreeSet<_> = found(&whole.findings)
        .into_iter()
        .filter(|(id, _)| !hidden.contains(id))
        .collect();
    assert_eq!(found(&least.findings), expected);
    // An account without any sees the same, or says that it could not tell, with the grant.
    let bare = ground.assess_as(DATABASE, "nobody_special").await;
    let hidden = ids(&bare.findings, Told::CouldNotTell);
    for id in [
        "postgresql.connection.md5",
        "postgresql.parameter.preload_libraries",
        "postgresql.role.md5_password",
        "postgresql.sequence.near_end",
        "postgresql.transaction.long",
    ] {
        assert!(hidden.contains(id), "{id} is not among {hidden:?}");
    }
    let expected: BTreeSet<_> = found(&whole.findings)
        .into_iter()
        .filter(|(id, _)| !hidden.contains(id))
        .collect();
    assert_eq!(found(&bare.findings), expected);
    for finding in bare
        .findings
        .iter()
        .filter(|finding| finding.told == Told::CouldNotTell)
    {
        let grant = finding.statement.as_deref().unwrap_or_default();
        assert!(
            grant.starts_with("GRANT ") && grant.ends_with("\"nobody_special\""),
            "{finding:?}"
        );
        for statement in grant.split("; ") {
            ground.run(DATABASE, statement).await;
        }
    }
    // With what it asked for, it sees everything.
    let granted = ground.assess_as(DATABASE, "nobody_special").await;
    assert_eq!(
        ids(&granted.findings, Told::CouldNotTell),
        [].into(),
        "{:?}",
        granted.findings
    );
    assert_eq!(found(&granted.findings), found(&whole.findings));
}

/// A cluster of Amazon's, where nobody is a superuser, is looked at like any other server; what it keeps for itself it is asked
/// for in vain.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_amazon_s() {
    let sandbox = Sandbox::open().expect("a sandbox");
    let Some(cluster) = available(AuroraStandIn::start(&sandbox, AuroraOptions::postgres(17)).await) else {
        return;
    };
    let url = format!("{}?tls=require", cluster.admin_url());
    let endpoint = Endpoint::parse("source", &url).expect("a URL");
    let line = AuroraLine::named("18").expect("a line");
    let verdict = assess(&database(endpoint.clone()), line)
        .await
        .expect("it answers");
    assert!(verdict.flavor.is_managed());
    let hidden = ids(&verdict.findings, Told::CouldNotTell);
    let closed = [
        "postgresql.connection.external",
        "postgresql.connection.md5",
        "postgresql.connection.trust",
        "postgresql.role.md5_password",
    ];
    assert_eq!(hidden, closed.into(), "{:?}", verdict.findings);
    assert!(!ids(&verdict.findings, Told::Found).contains("postgresql.role.reserved_name"));
    cluster
        .sql("CREATE TABLE no_key (a integer)")
        .await
        .expect("made");
    let verdict = assess(&database(endpoint), line).await.expect("it answers");
    assert!(ids(&verdict.findings, Told::Found).contains("postgresql.table.no_key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_13() {
    on_major(13).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_17() {
    on_major(17).await;
}
