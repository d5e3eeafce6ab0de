//! What surrounds a server can be as bad as in life: a full disk, a client that insists on TLS.

use std::path::{Path, PathBuf};
use std::process::Command;

use daybreak_sandbox::{Estate, EstateOptions, Sandbox, ServerKind, available};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts};

/// A small file system in memory, unmounted at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, megabytes: u32) -> Option<Self> {
        let size = format!("size={megabytes}m,mode=755");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(at)
            .status();
        mounted
            .is_ok_and(|status| status.success())
            .then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_disk_can_be_full() {
    let place = tempfile::Builder::new()
        .prefix("daybreak-small-disk-")
        .tempdir()
        .unwrap();
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(place.path(), all).unwrap();
    let Some(disk) = SmallDisk::mount(place.path(), 120) else {
        return eprintln!("SKIPPED: only root can mount the small disk that this test fills");
    };
    let sandbox = Sandbox::open().unwrap();
    let setup = sandbox
        .postgres(15)
        .data_dir_on(&disk.0)
        .setting("max_wal_size", "32MB");
    let Some(server) = available(setup.start().await) else {
        return;
    };
    assert!(server.data_dir().starts_with(&disk.0));
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
