//! Every way to log in that a self-managed server may ask for.

use daybreak_engine::{ErrorKind, database};
use daybreak_model::{ClientCertificate, Endpoint, Secret, Tls};
use daybreak_sandbox::{Estate, EstateOptions, Sandbox, ServerKind, available};

#[tokio::test(flavor = "multi_thread")]
async fn by_password_and_by_certificate() {
    let sandbox = Sandbox::open_with(|message| eprintln!("{message}")).unwrap();
    let options = EstateOptions::new(ServerKind::Postgres(15));
    let Some(estate) = available(Estate::start(&sandbox, options).await) else {
        return;
    };
    let primary = &estate.primary;
    // The first line that fits is the one that counts.
    let rules = primary.value("SHOW hba_file").await.unwrap().unwrap();
    let before = std::fs::read_to_string(&rules).unwrap();
    let ours = "host all md5er 127.0.0.1/32 md5\n\
                host all plain 127.0.0.1/32 password\n\
                hostssl all certified 127.0.0.1/32 cert\n";
    std::fs::write(&rules, format!("{ours}{before}")).unwrap();
    primary.rows("SELECT pg_reload_conf()").await.unwrap();
    for statement in [
        "SET password_encryption = 'md5'; CREATE ROLE md5er LOGIN PASSWORD 'Hunter-2-hunter2'",
        "CREATE ROLE plain LOGIN PASSWORD 'Hunter-2-hunter2'",
        "CREATE ROLE scram LOGIN PASSWORD 'Hunter-2-hunter2'",
        "CREATE ROLE certified LOGIN",
    ] {
        primary.rows(statement).await.unwrap();
    }
    let (chain, key) = sandbox.client_certificate().await.unwrap();
    let by_admin = Endpoint::parse("source", &estate.admin_url()).unwrap();
    for user in ["md5er", "plain", "scram", "certified"] {
        let mut endpoint = Endpoint {
            user: user.to_owned(),
            password: Secret::new("Hunter-2-hunter2"),
            tls: Tls::Require,
            ..by_admin.clone()
        };
        if user == "certified" {
            let refused = database(endpoint.clone()).schemas().await.unwrap_err();
            assert_eq!(refused.kind, ErrorKind::Authentication, "{refused:?}");
            endpoint.certificate = Some(ClientCertificate {
                chain: chain.clone(),
                key: key.clone(),
            });
        }
        let logged_in = database(endpoint).schemas().await;
        assert!(logged_in.is_ok(), "{user}: {logged_in:?}");
    }
}

/// The servers' own client programs log in by our files, whatever the password holds, and check the server as we do.
#[tokio::test(flavor = "multi_thread")]
async fn clients_log_in_by_files() {
    const ODD: &str = "a:b\\c'd\"e f#;$(id)`%";
    let sandbox = Sandbox::open_with(|message| eprintln!("{message}")).unwrap();
    let kind = ServerKind::Postgres(15);
    let Some(estate) = available(Estate::start(&sandbox, EstateOptions::new(kind)).await) else {
        return;
    };
    let quoted = ODD.replace('\'', "''");
    let make = format!("CREATE ROLE odd LOGIN PASSWORD '{quoted}'");
    estate.primary.rows(&make).await.unwrap();
    let Some(program) = available(sandbox.program(kind, "psql").await) else {
        return;
    };
    let ca = sandbox.certificate_authority().await.unwrap();
    let logs_in = |tls: Tls| {
        let endpoint = Endpoint {
            user: "odd".to_owned(),
            password: Secret::new(ODD),
            tls,
            ..Endpoint::parse("source", &estate.admin_url()).unwrap()
        };
        let folder = tempfile::tempdir().unwrap();
        let login = daybreak_engine::client_login(&endpoint, folder.path()).unwrap();
        let output = std::process::Command::new(&program)
            .args([
                "--no-psqlrc",
                "--no-password",
                "--tuples-only",
                "--no-align",
                "--command=SELECT current_user",
            ])
            .envs(login.environment)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).trim().to_owned(),
        )
    };
    assert_eq!(logs_in(Tls::Verify { ca: Some(ca) }), (true, "odd".to_owned()));
    assert_eq!(logs_in(Tls::Require), (true, "odd".to_owned()));
    let (done, said) = logs_in(Tls::Verify { ca: None });
    assert!(!done && said.contains("certificate"), "{said}");
}
