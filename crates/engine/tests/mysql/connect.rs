//! Connecting: what goes wrong is said, and never with a password in it.

use daybreak_engine::{ErrorKind, database};
use daybreak_model::{ClientCertificate, Endpoint, Secret, Tls};
use daybreak_sandbox::{Estate, EstateOptions, ServerKind, available};

use crate::ground::{endpoint, lone, sandbox, sql};

async fn error(endpoint: &Endpoint) -> (ErrorKind, String) {
    let error = database(endpoint.clone()).schemas().await.unwrap_err();
    let text = format!("{error} {error:?} {}", error.hint().unwrap_or_default());
    assert!(!text.contains("hunter2"), "{text}");
    (error.kind, text)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_said() {
    let sandbox = sandbox();
    let options = EstateOptions::new(ServerKind::Mysql97).require_tls(true);
    let Some(estate) = available(Estate::start(&sandbox, options).await) else {
        return;
    };
    let plain = endpoint("source", &estate.admin_url());
    assert_eq!(error(&plain).await.0, ErrorKind::Tls);
    let with = |tls| Endpoint { tls, ..plain.clone() };
    database(with(Tls::Require)).schemas().await.unwrap();
    assert_eq!(error(&with(Tls::Verify { ca: None })).await.0, ErrorKind::Tls);
    let ca = sandbox.certificate_authority().await.unwrap();
    database(with(Tls::Verify { ca: Some(ca) }))
        .schemas()
        .await
        .unwrap();
    let missing = Tls::Verify {
        ca: Some("/nowhere/ca.pem".into()),
    };
    let (kind, text) = error(&with(missing)).await;
    assert_eq!(kind, ErrorKind::Tls);
    assert!(text.contains("/nowhere/ca.pem"), "{text}");

    let wrong = Endpoint {
        password: Secret::new("hunter2"),
        ..with(Tls::Require)
    };
    assert_eq!(error(&wrong).await.0, ErrorKind::Authentication);
    let nobody = Endpoint {
        port: 1,
        ..with(Tls::Require)
    };
    let (kind, text) = error(&nobody).await;
    assert_eq!(kind, ErrorKind::Unreachable);
    assert!(text.contains("source (127.0.0.1:1)"), "{text}");
    estate.primary.stop().await.unwrap();
    assert_eq!(error(&with(Tls::Require)).await.0, ErrorKind::Unreachable);
}

/// Logs in with each account that the statements make.
async fn logs_in(kind: ServerKind, accounts: &[(&str, &[&str])], tls: Tls) {
    let Some((sandbox, estate, server)) = lone(kind, false).await else {
        return;
    };
    let (chain, key) = sandbox.client_certificate().await.unwrap();
    for (user, statements) in accounts {
        sql(&estate.primary, "mysql", statements).await;
        let mut endpoint = Endpoint {
            user: (*user).to_owned(),
            password: Secret::new("Hunter-2-hunter2"),
            tls: tls.clone(),
            ..server.endpoint().clone()
        };
        if *user == "certified" {
            assert_eq!(error(&endpoint).await.0, ErrorKind::Authentication, "{kind}");
            endpoint.certificate = Some(ClientCertificate {
                chain: chain.clone(),
                key: key.clone(),
            });
        }
        let logged_in = database(endpoint).schemas().await;
        assert!(logged_in.is_ok(), "{kind} {user}: {logged_in:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_log_in() {
    let certified = [
        "CREATE USER certified@'%' IDENTIFIED BY 'Hunter-2-hunter2' REQUIRE X509",
        "GRANT SELECT ON *.* TO certified@'%'",
    ];
    let current: &[(&str, &[&str])] = &[
        (
            "sha2",
            &["CREATE USER sha2@'%' IDENTIFIED WITH caching_sha2_password BY 'Hunter-2-hunter2'"],
        ),
        ("certified", &certified),
    ];
    logs_in(ServerKind::Mysql97, &current[..1], Tls::Off).await;
    logs_in(ServerKind::Mysql97, current, Tls::Require).await;
    let mariadb: &[(&str, &[&str])] = &[
        (
            "curve",
            &[
                "INSTALL SONAME 'auth_ed25519'",
                "CREATE USER curve@'%' IDENTIFIED VIA ed25519 USING PASSWORD('Hunter-2-hunter2')",
            ],
        ),
        (
            "native",
            &["CREATE USER native@'%' IDENTIFIED BY 'Hunter-2-hunter2'"],
        ),
    ];
    logs_in(ServerKind::MariaDb1011, mariadb, Tls::Off).await;
    let old: &[(&str, &[&str])] = &[(
        "native",
        &["CREATE USER native@'%' IDENTIFIED BY 'Hunter-2-hunter2'"],
    )];
    logs_in(ServerKind::Mysql56, old, Tls::Off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_file_that_is_none_is_named() {
    let Some((sandbox, _estate, server)) = lone(ServerKind::Mysql97, false).await else {
        return;
    };
    let authority = sandbox.certificate_authority().await.unwrap();
    let mut endpoint = Endpoint {
        tls: Tls::Require,
        ..server.endpoint().clone()
    };
    for (chain, key, named) in [
        ("/nowhere/dba.pem".into(), authority.clone(), "/nowhere/dba.pem"),
        (authority.clone(), "/nowhere/dba.key".into(), "/nowhere/dba.key"),
    ] {
        endpoint.certificate = Some(ClientCertificate { chain, key });
        let (kind, text) = error(&endpoint).await;
        assert_eq!(kind, ErrorKind::Tls, "{text}");
        assert!(text.contains(named), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_is_replaced() {
    for kind in [ServerKind::Mysql97, ServerKind::Mysql56, ServerKind::MariaDb1011] {
        let Some((_sandbox, estate, server)) = lone(kind, false).await else {
            return;
        };
        server.schemas().await.unwrap();
        estate.primary.restart().await.unwrap();
        // The connection kept from before may be found dead once.
        if let Err(error) = server.schemas().await {
            assert!(error.is_transient(), "{error:?}");
        }
        assert_eq!(server.schemas().await.unwrap(), ["shop"].map(str::to_owned));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_privileges_are_named() {
    for kind in [ServerKind::Mysql97, ServerKind::Mysql56, ServerKind::MariaDb1011] {
        let Some((_sandbox, estate, server)) = lone(kind, false).await else {
            return;
        };
        for job in ["read", "write", "follow", "lead", "fence"] {
            assert_eq!(
                server.missing_privileges(job).await.unwrap(),
                Vec::<String>::new(),
                "{kind} {job}"
            );
        }
        assert!(server.missing_privileges("nonsense").await.is_err());
        sql(
            &estate.primary,
            "mysql",
            &[
                "CREATE USER reader@'%' IDENTIFIED BY 'Reader-1'",
                "GRANT SELECT, SHOW VIEW ON *.* TO reader@'%'",
            ],
        )
        .await;
        let mut account = server.endpoint().clone();
        account.user = "reader".to_owned();
        account.password = Secret::new("Reader-1");
        let reader = database(account);
        let missing = reader.missing_privileges("read").await.unwrap();
        assert!(missing.contains(&"PROCESS".to_owned()), "{kind}: {missing:?}");
        assert!(!missing.contains(&"SELECT".to_owned()), "{kind}: {missing:?}");
        let refused = reader.identity().await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Privilege, "{kind}: {refused:?}");
        assert!(refused.hint().is_some());
    }
}
