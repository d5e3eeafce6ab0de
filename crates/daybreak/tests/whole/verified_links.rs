//! Replication verifies the other side by a file on each server's own host: with the wrong one it does not connect, and nobody is
//! moved; with the right one writes go out and home. So do those of an application that talks by TLS alone: the gate asks the
//! servers' session lists which of its connections may be moved.

use daybreak_sandbox::{AuroraOptions, EstateOptions, Server, ServerKind};

use crate::ground;
use crate::refusals::refused;

const RUN: [&str; 4] = ["--format", "json", "run", "--yes"];

/// Names the source's file, which is commented out in a new plan.
fn source_trusts(plan: &str, file: &str) -> String {
    let named = plan
        .lines()
        .find(|line| line.starts_with("# ca_on_source") || line.starts_with("ca_on_source"));
    let named = named.expect("the plan has a place for it");
    plan.replace(named, &format!("ca_on_source = \"{file}\""))
}

async fn value(server: &Server, question: &str) -> String {
    server.value(question).await.expect("asked").unwrap_or_default()
}

async fn verifies(
    estate: EstateOptions,
    cluster: AuroraOptions,
    target_verifies: bool,
    [question, wanted, refusal]: [&str; 3],
) {
    let Some(mut ground) = ground::lay(estate, cluster).await else {
        return;
    };
    ground.found(100).await;
    let authority = ground
        .sandbox
        .certificate_authority()
        .await
        .expect("an authority");
    ground
        .init(|plan| {
            let plan = source_trusts(&plan, "/nowhere/authorities.pem");
            let on_target = format!("ca_on_target = \"{}\"", authority.display());
            if target_verifies {
                plan.replace("# ca_on_target = \"/etc/ssl/certs/company.pem\"", &on_target)
            } else {
                plan
            }
        })
        .await;
    ground.start_gate().await;
    let bank = ground.open_bank_by_tls(4).await;
    ground
        .succeed(&["--format", "json", "run", "--yes", "--until", "data.check"])
        .await;
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(said.contains(refusal), "{said}");
    assert_eq!(ground.writable().await, [true, false], "{said}");

    // What was armed by the wrong file is taken back, and armed anew.
    ground.succeed(&["--format", "json", "rollback"]).await;
    let right = authority.display().to_string();
    ground.change(|plan| source_trusts(&plan, &right));
    ground.succeed(&RUN).await;
    assert_eq!(ground.writable().await, [false, true]);
    let verified = value(&ground.estate.primary, question).await;
    assert!(verified.contains(wanted), "{question}: {verified}");
    ground.succeed(&["--format", "json", "failback", "--yes"]).await;
    assert_eq!(ground.writable().await, [true, false]);
    if target_verifies {
        let verified = value(ground.cluster.writer(), question).await;
        assert!(verified.contains(wanted), "{question}: {verified}");
    }
    ground.assert_follows(&bank.close().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql() {
    let question = "SELECT CONCAT(SSL_CA_FILE, ' ', SSL_VERIFY_SERVER_CERTIFICATE) FROM performance_schema.replication_connection_configuration";
    let cluster = AuroraOptions::mysql().gtid(true);
    let estate = EstateOptions::new(ServerKind::Mysql97).gtid(true);
    verifies(
        estate,
        cluster,
        false,
        [
            question,
            "pem YES",
            "the way back is not armed: Error connecting to source",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_managed_mysql_verifies_by_no_file() {
    let cluster = AuroraOptions::mysql().gtid(true);
    let Some(ground) = ground::lay(EstateOptions::new(ServerKind::Mysql97).gtid(true), cluster).await else {
        return;
    };
    ground.found(50).await;
    ground.init(|plan| plan).await;
    ground.change(|plan| plan.replace("# ca_on_target", "ca_on_target"));
    let said = refused(&ground, &["run", "--yes"], 1).await;
    assert!(
        said.contains("verifies nobody by a file") && said.contains("rds_import_binlog_ssl_material"),
        "{said}"
    );
    ground.change(|plan| plan.replace("tls = true", "tls = false"));
    let said = refused(&ground, &["run", "--yes"], 2).await;
    assert!(said.contains("replication.tls"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    let question = "SELECT subconninfo FROM pg_subscription";
    let estate = EstateOptions::new(ServerKind::Postgres(15));
    verifies(
        estate,
        AuroraOptions::postgres(17),
        true,
        [
            question,
            "sslmode='verify-full'",
            "root certificate file \"/nowhere/authorities.pem\" does not exist",
        ],
    )
    .await;
}
