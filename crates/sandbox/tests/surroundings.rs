//! What surrounds a server can be as bad as in life: a full disk, a client that insists on TLS.

use std::path::PathBuf;

use daybreak_sandbox::{Estate, EstateOptions, Sandbox, ServerKind, SmallDisk, available};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts};

#[tokio::test]
async fn a_disk_can_be_full() {
    let Some(disk) = available(SmallDisk::mount(120)) else {
        return;
    };
    let sandbox = Sandbox::open().unwrap();
    let setup = sandbox
        .postgres(15)
        .data_dir_on(disk.path())
        .setting("max_wal_size", "32MB");
    let Some(server) = available(setup.start().await) else {
        return;
    };
    assert!(server.data_dir().starts_with(disk.path()));
    let much = "CREATE TABLE much AS SELECT repeat('x', 1000) FROM generate_series(1, 500000)";
    let answer = server.rows(much).await.unwrap_err();
    // Either the statement is refused (disk_full), or the server, which cannot write its log, gives up and the connection with it.
    let full = answer.code() == Some("53100") || server.log_tail(200).contains("No space left on device");
    assert!(full, "{answer}");
    let data = server.data_dir();
    drop(server);
    assert!(!data.exists());
}

#[tokio::test]
async fn certificates_stand_up_to_verification() {
    let sandbox = Sandbox::open().unwrap();
    let options = EstateOptions::new(ServerKind::Mysql97).require_tls(true);
    let Some(estate) = available(Estate::start(&sandbox, options).await) else {
        return;
    };
    let plain = Opts::from_url(&estate.app_url()).unwrap();
    let refused = Conn::new(plain.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("3159"), "{refused}");
    let strict = |trust: Vec<PathBuf>| {
        let tls = SslOpts::default().with_root_certs(trust.into_iter().map(Into::into).collect());
        OptsBuilder::from_opts(plain.clone())
            .ssl_opts(tls)
            .prefer_socket(false)
    };
    Conn::new(strict(Vec::new()))
        .await
        .expect_err("nobody vouches for our authority");
    let authority = sandbox.certificate_authority().await.unwrap();
    let mut connection = Conn::new(strict(vec![authority])).await.unwrap();
    let cipher: Option<(String, String)> = connection
        .query_first("SHOW STATUS LIKE 'Ssl_cipher'")
        .await
        .unwrap();
    assert!(!cipher.unwrap().1.is_empty());
}
