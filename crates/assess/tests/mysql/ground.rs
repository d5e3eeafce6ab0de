//! Servers, and the few moves every test makes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybreak_assess::{Verdict, assess, mysql_grants};
use daybreak_engine::{Database, database};
use daybreak_model::{AuroraLine, Endpoint, Finding, Told};
use daybreak_sandbox::{Login, Sandbox, Server, ServerKind, ServerSetup, available};

/// What a check must find: its id, the object, and the statements that plant it. Several statements may stand in one text.
pub(crate) type Planted = (&'static str, &'static str, &'static str);

/// Lines of a server's configuration.
pub(crate) type Options = &'static [(&'static str, &'static str)];

/// Where the assessment comes from.
pub(crate) const HOST: &str = "127.0.0.%";

pub(crate) fn sandbox() -> Sandbox {
    Sandbox::open_with(|notice| eprintln!("{notice}")).unwrap()
}

/// A server with these options, if its kind can be had here.
pub(crate) async fn server(kind: ServerKind, options: Options) -> Option<Server> {
    available(set(sandbox().server(kind), options).start().await)
}

/// A server to be, with these options.
pub(crate) fn set(setup: ServerSetup, options: Options) -> ServerSetup {
    options
        .iter()
        .fold(setup, |setup, (name, value)| setup.setting(name, value))
}

/// Plants defects in the database `shop` of a server, which it makes, and admits who is to find them before. `{folder}` in a
/// statement stands for this folder.
pub(crate) async fn plant(server: &Server, planted: &[Planted], folder: &Path) -> Login {
    sql(server, "CREATE DATABASE shop").await;
    let login = assessor(server).await;
    for (_, _, statements) in planted.iter().filter(|(.., statements)| !statements.is_empty()) {
        let statements = statements.replace("{folder}", &folder.display().to_string());
        sql(server, &format!("USE shop; {statements}")).await;
    }
    login
}

/// A folder outside every data directory that a server's own account can write to.
pub(crate) fn open_folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("daybreak-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

/// Runs statements as root.
pub(crate) async fn sql(server: &Server, statements: &str) {
    if let Err(error) = server.rows(statements).await {
        panic!("{statements}: {error}: {:?}", std::error::Error::source(&error));
    }
}

/// An account that may do exactly what the program says an assessment needs.
pub(crate) async fn assessor(server: &Server) -> Login {
    let login = Login::new("assess", "Asse-ss0r");
    sql(
        server,
        &format!("CREATE USER 'assess'@'{HOST}' IDENTIFIED BY 'Asse-ss0r'"),
    )
    .await;
    let flavor = connect(server, &login).flavor().await.unwrap();
    for grant in mysql_grants(&flavor, "assess", HOST) {
        sql(server, &grant).await;
    }
    login
}

/// The server as an account sees it.
pub(crate) fn connect(server: &Server, login: &Login) -> Arc<dyn Database> {
    let tls = if server.kind() == ServerKind::Mysql56 {
        "off"
    } else {
        "require"
    };
    let url = server.url(login, "");
    database(Endpoint::parse("server", &format!("{url}?tls={tls}")).unwrap())
}

/// What is said of a server on its way to an Aurora line.
pub(crate) async fn verdict(server: &Server, login: &Login, target: &str) -> Verdict {
    let target = AuroraLine::named(target).unwrap();
    match assess(&connect(server, login), target).await {
        Ok(verdict) => verdict,
        Err(error) => panic!("{error}: {:?}", error.source),
    }
}

/// What a check found.
pub(crate) fn found<'a>(verdict: &'a Verdict, id: &str) -> Vec<&'a Finding> {
    verdict
        .findings
        .iter()
        .filter(|finding| finding.told == Told::Found && finding.id == id)
        .collect()
}

/// Every planted defect is found, at the object it was planted at.
pub(crate) fn assert_all_found(verdict: &Verdict, planted: &[Planted]) {
    let mut missed = Vec::new();
    for (id, object, _) in planted {
        let hits = found(verdict, id);
        if !hits
            .iter()
            .any(|finding| finding.object.eq_ignore_ascii_case(object))
        {
            let said: Vec<_> = verdict
                .findings
                .iter()
                .filter(|finding| finding.id == *id)
                .collect();
            missed.push(format!("{id} at {object}: {said:?}"));
        }
    }
    assert!(
        missed.is_empty(),
        "{} of {} missed:\n{}",
        missed.len(),
        planted.len(),
        missed.join("\n")
    );
}
