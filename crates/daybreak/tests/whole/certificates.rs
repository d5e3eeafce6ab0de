//! `daybreak certificates`: Amazon's authorities are brought, kept, and taken by every connection.

use std::path::PathBuf;
use std::sync::Arc;

use daybreak_sandbox::{Login, ServerKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::looking::Looking;

/// Answers every request over TLS as what is named by its path; the address. Ends with the test.
async fn publish(looking: &Looking, pages: [(&'static str, &'static str, Vec<u8>); 4]) -> String {
    let (certificate, key) = looking.sandbox.server_certificate().await.expect("a certificate");
    let chain = vec![CertificateDer::from_pem_file(certificate).expect("PEM")];
    let key = PrivateKeyDer::from_pem_file(key).expect("PEM");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(mut client) = acceptor.accept(client).await else {
                continue;
            };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n")
                && client.read_buf(&mut request).await.is_ok_and(|read| read > 0)
            {}
            let request = String::from_utf8_lossy(&request).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let page = pages.iter().find(|(name, ..)| *name == path);
            let (status, body) = page.map_or(("404 Not Found", &[][..]), |(_, status, body)| (*status, body));
            let head = format!(
                "HTTP/1.1 {status}\r\nlocation: /right\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let sent =
                client.write_all(head.as_bytes()).await.is_ok() && client.write_all(body).await.is_ok();
            // One that read enough has gone already.
            let _gone = sent && client.shutdown().await.is_err();
        }
    });
    format!("https://localhost:{port}")
}

/// A machine of one's own: what it trusts as its system's authorities, and where our copy lies.
struct Machine<'a> {
    looking: &'a Looking,
    home: PathBuf,
    trusted: PathBuf,
}

impl Machine<'_> {
    /// Exit status, and all that was said.
    async fn run(&self, url: &str, login: &Login, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = match arguments {
            ["certificates", ..] => {
                let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_daybreak"));
                command.args(arguments);
                command
            }
            _ => self.looking.command_at(url, login, arguments),
        };
        let output = command
            .current_dir(&self.home)
            .env("XDG_DATA_HOME", &self.home)
            .env("SSL_CERT_FILE", &self.trusted)
            .env_remove("SSL_CERT_DIR")
            .env_remove("DAYBREAK_RDS_CA")
            .output()
            .await
            .expect("the program runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    fn kept(&self) -> PathBuf {
        self.home.join("daybreak/rds-global-bundle.pem")
    }
}

/// What is fetched verifies a server that nobody vouched for before; what is not Amazon's, or not published by whom the system trusts, is never kept.
async fn fetched_once_and_taken_by_every_connection(kind: ServerKind) {
    let looking = Looking::new();
    let Some(estate) = looking.with_replica(kind).await else {
        return;
    };
    let authority = looking
        .sandbox
        .certificate_authority()
        .await
        .expect("an authority");
    let as_published = std::fs::read(&authority).expect("the authority");
    let (foreign, _) = looking.sandbox.client_certificate().await.expect("a certificate");
    let pages = [
        ("/right", "200 OK", as_published.clone()),
        (
            "/foreign",
            "200 OK",
            std::fs::read(foreign).expect("a certificate"),
        ),
        (
            "/empty",
            "200 OK",
            b"<html>log in to the hotel's network</html>".to_vec(),
        ),
        ("/elsewhere", "302 Found", Vec::new()),
    ];
    let site = publish(&looking, pages).await;
    let folder = tempfile::tempdir().expect("a folder");
    let nobody = folder.path().join("nobody.pem");
    std::fs::write(&nobody, "").expect("a file");
    let mut machine = Machine {
        looking: &looking,
        home: folder.path().to_owned(),
        trusted: authority.clone(),
    };
    let trusting = looking.url(&estate.primary, &estate.admin).await;
    let (url, _) = trusting.split_once("&ca=").expect("an authority");
    let run =
        async |machine: &Machine<'_>, arguments: &[&str]| machine.run(url, &estate.admin, arguments).await;

    let (status, said) = run(&machine, &["certificates"]).await;
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("daybreak certificates fetch"), "{said}");
    for (page, why) in [
        ("/foreign", "is not"),
        ("/empty", "it holds no certificate"),
        ("/elsewhere", "302 Found"),
        ("/nothing", "404 Not Found"),
    ] {
        let (status, said) = run(
            &machine,
            &["certificates", "fetch", "--url", &format!("{site}{page}")],
        )
        .await;
        assert!(
            status == Some(1) && said.contains(why) && said.contains("hint:"),
            "{page}: {said}"
        );
        assert!(!machine.kept().exists(), "{page}: {said}");
    }
    let plain = site.replace("https:", "http:");
    let (status, said) = run(
        &machine,
        &["certificates", "fetch", "--url", &format!("{plain}/right")],
    )
    .await;
    assert!(status == Some(1) && !machine.kept().exists(), "{said}");

    // From here on the system vouches for nobody.
    machine.trusted = nobody.clone();
    let right = format!("{site}/right");
    let (status, said) = run(&machine, &["certificates", "fetch", "--url", &right]).await;
    assert!(status == Some(1) && said.contains("ertificate"), "{said}");
    assert!(!machine.kept().exists(), "{said}");
    let (status, said) = run(&machine, &["topology"]).await;
    assert!(status != Some(0) && said.contains("ertificate"), "{said}");

    machine.trusted = authority;
    let (status, said) = run(&machine, &["certificates", "fetch", "--url", &right]).await;
    assert!(status == Some(0) && said.contains("1 authority"), "{said}");
    assert_eq!(std::fs::read(machine.kept()).expect("kept"), as_published);
    machine.trusted = nobody;
    let (status, said) = run(&machine, &["certificates"]).await;
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = run(&machine, &["topology"]).await;
    assert_eq!(status, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fetched_once_and_taken_by_every_connection_to_mysql() {
    fetched_once_and_taken_by_every_connection(ServerKind::Mysql97).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fetched_once_and_taken_by_every_connection_to_postgres() {
    fetched_once_and_taken_by_every_connection(ServerKind::Postgres(17)).await;
}
