//! The servers' own client programs log in by our files, whatever the password holds, and check the server as we do.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use daybreak_engine::client_login;
use daybreak_model::{Endpoint, Secret, Tls};
use daybreak_sandbox::{Sandbox, ServerKind, available};

use crate::ground::{endpoint, lone, sql};

const ODD: &str = "a#b\"c\\d'e f;=[x]%$(id)`\tä";

fn logs_in(program: &Path, endpoint: &Endpoint) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let login = client_login(endpoint, folder.path()).unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let output = Command::new(program)
        .args(&login.arguments)
        .args([
            "--batch",
            "--skip-column-names",
            "--execute=SELECT CURRENT_USER(); SHOW STATUS LIKE 'Ssl_cipher'",
        ])
        .envs(login.environment)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(said),
    }
}

async fn by_files(sandbox: &Sandbox, kind: ServerKind, program: &str, plain: &Endpoint) {
    let Some(program) = available(sandbox.program(kind, program).await) else {
        return;
    };
    let ca = sandbox.certificate_authority().await.unwrap();
    let odd = Endpoint {
        user: "odd".to_owned(),
        password: Secret::new(ODD),
        ..plain.clone()
    };
    for tls in [Tls::Verify { ca: Some(ca) }, Tls::Require] {
        let endpoint = Endpoint {
            tls: tls.clone(),
            ..odd.clone()
        };
        let told = logs_in(&program, &endpoint).unwrap_or_else(|said| panic!("{kind} {tls:?}: {said}"));
        let cipher = told.strip_prefix("odd@%\nSsl_cipher\t");
        assert!(
            cipher.is_some_and(|cipher| !cipher.is_empty()),
            "{kind} {tls:?}: {told}"
        );
    }
    // The system's authorities know nothing of the sandbox's.
    let distrusting = Endpoint {
        tls: Tls::Verify { ca: None },
        ..odd.clone()
    };
    let refused = logs_in(&program, &distrusting);
    assert!(
        refused.as_ref().is_err_and(|said| !said.contains("#b")),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_log_in_by_files() {
    for (kind, program) in [
        (ServerKind::Mysql97, "mysql"),
        (ServerKind::MariaDb1011, "mariadb"),
    ] {
        let Some((sandbox, estate, _)) = lone(kind, false).await else {
            continue;
        };
        let quoted = ODD.replace('\\', "\\\\").replace('\'', "''");
        let make = format!("CREATE USER odd@'%' IDENTIFIED BY '{quoted}'");
        sql(&estate.primary, "mysql", &[&make]).await;
        by_files(&sandbox, kind, program, &endpoint("source", &estate.admin_url())).await;
    }
}
