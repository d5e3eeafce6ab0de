//! Who may write.
//!
//! Self-managed servers are fenced by `super_read_only`, which binds every account and which a restart keeps
//! (`SET PERSIST_ONLY`, made right before the pause). MariaDB and MySQL 5.6 have `read_only` alone, which accounts with SUPER
//! pass: their sessions are ended. Managed servers are fenced by `mysql.rds_set_read_only`, which does not bind their
//! administrator and which a restart does not keep.
//!
//! Setting either variable waits for running commits; afterwards the COMMIT of a transaction that has written is refused.

use daybreak_model::{FenceProof, Flavor, Part, Secret, WriteState};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::sync::Mutex;

use super::connection::Server;
use super::{classify, part_fence, quote};
use crate::{EngineError, ErrorKind};

const PROBE_TABLE: [&str; 2] = [
    "CREATE DATABASE IF NOT EXISTS `daybreak`",
    "CREATE TABLE IF NOT EXISTS `daybreak`.`fence_probe` (`id` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     `tried` TINYINT NOT NULL) ENGINE = InnoDB",
];
/// What a restart reads.
const PERSIST: [&str; 2] = [
    "SET PERSIST_ONLY read_only = ON",
    "SET PERSIST_ONLY super_read_only = ON",
];
/// Server error: no global privilege.
const NO_PRIVILEGE: u16 = 1227;

/// The connection of the account that tries writes as an application could, and where it tries them.
#[derive(Debug)]
pub(crate) struct Probe {
    conn: Mutex<Option<Conn>>,
    table: String,
}

impl Probe {
    pub(crate) fn new(part: Option<&Part>) -> Self {
        Self {
            conn: Mutex::default(),
            table: part.map_or_else(|| "`daybreak`.`fence_probe`".to_owned(), part_fence::probe_table),
        }
    }

    /// The account's name on a server of this flavor.
    fn user(flavor: &Flavor) -> &'static str {
        let [on_own, on_managed] = PROBE_ACCOUNTS;
        if flavor.is_managed() { on_managed } else { on_own }
    }

    fn account_statements(&self, flavor: &Flavor, secret: &str) -> Vec<String> {
        let account = format!("{}@'%'", quote::text(Self::user(flavor)));
        let mut statements = super::account::statements(flavor, &account, secret, false);
        statements.push(format!("GRANT INSERT ON {} TO {account}", self.table));
        statements
    }

    /// The write that is tried.
    fn write(&self) -> String {
        format!("INSERT INTO {} (`tried`) VALUES (1)", self.table)
    }
}

/// Statements that close every path, by what the server knows.
pub(crate) fn fence_statements(flavor: &Flavor) -> Vec<String> {
    if flavor.is_managed() {
        return vec!["CALL mysql.rds_set_read_only(1)".to_owned()];
    }
    let mut statements = Vec::new();
    if flavor.persists_settings() {
        statements.extend(PERSIST.map(str::to_owned));
    }
    statements.push(fence_now(flavor).to_owned());
    statements
}

/// What is made for the account that tries writes, its password left open.
pub(crate) fn shown_to_prepare(flavor: &Flavor, probe: &Probe) -> Vec<String> {
    let mut statements: Vec<String> = PROBE_TABLE.map(str::to_owned).into();
    statements.extend(probe.account_statements(flavor, "…"));
    statements
}

/// The one statement of the pause.
fn fence_now(flavor: &Flavor) -> &'static str {
    if flavor.is_managed() {
        "CALL mysql.rds_set_read_only(1)"
    } else if flavor.has_super_read_only() {
        "SET GLOBAL super_read_only = ON"
    } else {
        "SET GLOBAL read_only = ON"
    }
}

/// Statements that take all of it back.
pub(crate) fn open_statements(flavor: &Flavor) -> Vec<String> {
    if flavor.is_managed() {
        return vec!["CALL mysql.rds_set_read_only(0)".to_owned()];
    }
    let mut statements = Vec::new();
    if flavor.persists_settings() {
        statements.push("RESET PERSIST IF EXISTS super_read_only".to_owned());
        statements.push("RESET PERSIST IF EXISTS read_only".to_owned());
    }
    if flavor.has_super_read_only() {
        statements.push("SET GLOBAL super_read_only = OFF".to_owned());
    }
    statements.push("SET GLOBAL read_only = OFF".to_owned());
    statements
}

/// The accounts that try the refused write: on a company's own server, and on a managed one.
pub(crate) const PROBE_ACCOUNTS: [&str; 2] = ["daybreak_probe", "daybreak_target"];

impl Server {
    /// Whether applications can write now.
    pub(crate) async fn write_state(&self) -> Result<WriteState, EngineError> {
        let flavor = self.flavor().await?;
        let all = if flavor.has_super_read_only() && !flavor.is_managed() {
            "@@GLOBAL.super_read_only + 0"
        } else {
            "@@GLOBAL.read_only + 0"
        };
        let reader = if flavor.is_managed() {
            "@@innodb_read_only + 0"
        } else {
            "0"
        };
        let (read_only, all, reader) = self
            .row::<(u8, u8, u8)>(
                "failed to read who may write",
                &format!("SELECT @@GLOBAL.read_only + 0, {all}, {reader}"),
            )
            .await?;
        Ok(match (reader, read_only, all) {
            (1, _, _) | (_, 1, 1) => WriteState::Fenced,
            (_, 1, _) => WriteState::Partly(
                "read_only is on and super_read_only is off: accounts with SUPER or CONNECTION_ADMIN can write".to_owned(),
            ),
            _ => WriteState::Writable,
        })
    }

    /// All that can be done before the pause.
    pub(crate) async fn prepare_fence(&self, probe: &Probe) -> Result<(), EngineError> {
        let flavor = self.flavor().await?;
        self.refuse_unfenceable(flavor)?;
        match self.probe_connection(probe).await {
            // It is fenced already, and every account of its own is bound as the probe's would be.
            Err(error) if error.kind == ErrorKind::ReadOnly => {}
            made => made?,
        }
        self.warm_up(2).await
    }

    /// What a restart keeps.
    pub(crate) async fn stay_fenced_after_restart(&self) -> Result<(), EngineError> {
        let flavor = self.flavor().await?;
        if flavor.is_managed() || !flavor.persists_settings() {
            return Ok(());
        }
        let statements = PERSIST.join("; ");
        self.run("failed to have a restart come up fenced", &statements)
            .await
    }

    fn refuse_unfenceable(&self, flavor: &Flavor) -> Result<(), EngineError> {
        if flavor.is_managed() && !flavor.rds_sets_read_only() {
            return Err(EngineError {
                hint: Some(
                    "upgrade to Aurora MySQL 3.06 or later, or set `read_only` in its parameter group"
                        .to_owned(),
                ),
                ..self.error(
                    ErrorKind::Unsupported,
                    format!("cannot set {flavor} read-only: mysql.rds_set_read_only came with Aurora 3.06"),
                )
            });
        }
        Ok(())
    }

    /// Refuses writes from now on.
    pub(crate) async fn fence(&self) -> Result<(), EngineError> {
        let flavor = self.flavor().await?;
        self.refuse_unfenceable(flavor)?;
        self.run_fence("failed to set the server read-only", fence_now(flavor))
            .await?;
        if !flavor.is_managed() && !flavor.has_super_read_only() {
            self.end_privileged_sessions().await?;
        }
        Ok(())
    }

    /// Ends sessions that `read_only` does not bind. Our own account's are left: it is the administrator's.
    async fn end_privileged_sessions(&self) -> Result<(), EngineError> {
        let privileged: Vec<(String,)> = self
            .rows(
                "failed to list accounts that read_only does not bind",
                "SELECT DISTINCT GRANTEE FROM information_schema.USER_PRIVILEGES \
                 WHERE PRIVILEGE_TYPE IN ('SUPER', 'READ_ONLY ADMIN', 'READ ONLY ADMIN')",
            )
            .await?;
        let bound = |user: &str| {
            let quoted = format!("'{user}'@");
            !privileged.iter().any(|(grantee,)| grantee.starts_with(&quoted))
        };
        let sessions = self.sessions().await?;
        let unbound = sessions
            .iter()
            .filter(|session| session.user != self.endpoint.user && !bound(&session.user));
        let ids: Vec<u64> = unbound.map(|session| session.id).collect();
        self.kill(&ids).await
    }

    /// Tries a write as an application could.
    pub(crate) async fn prove_fence(&self, probe: &Probe) -> Result<FenceProof, EngineError> {
        let kept = probe.conn.lock().await.take();
        let mut conn = match kept {
            Some(conn) => conn,
            // A process that did not prepare the fence makes the account anew; where even that is refused, its own
            // account is bound as well and proves more.
            None => match self.probe_connection(probe).await {
                Ok(()) => match probe.conn.lock().await.take() {
                    Some(conn) => conn,
                    None => self.borrow().await?,
                },
                Err(error) if error.kind == ErrorKind::ReadOnly => self.borrow().await?,
                Err(error) => return Err(error),
            },
        };
        let tried = async {
            conn.query_drop("START TRANSACTION").await?;
            let written = conn.query_drop(probe.write()).await;
            conn.query_drop("ROLLBACK").await?;
            written
        };
        match tried.await {
            Ok(()) => Err(EngineError {
                hint: Some(
                    "something has set the server writable again: fence it before anything else".to_owned(),
                ),
                ..self.error(
                    ErrorKind::Other,
                    "the fence is open: a write was accepted (and rolled back)",
                )
            }),
            Err(error) => {
                let code = classify::code(&error);
                let refused = self.failed("failed to try a write", error);
                match (refused.kind, code) {
                    (ErrorKind::ReadOnly, Some(code)) => {
                        *probe.conn.lock().await = Some(conn);
                        let message = refused
                            .source
                            .as_ref()
                            .map_or_else(String::new, ToString::to_string);
                        Ok(FenceProof {
                            statement: probe.write(),
                            refusal: if message.is_empty() {
                                code.to_string()
                            } else {
                                message
                            },
                        })
                    }
                    _ => Err(refused),
                }
            }
        }
    }

    /// Lets applications write.
    pub(crate) async fn open(&self) -> Result<(), EngineError> {
        let flavor = self.flavor().await?;
        self.refuse_unfenceable(flavor)?;
        self.forget_fencing().await?;
        let statements = open_statements(flavor).join("; ");
        self.run("failed to open the server for writes", &statements)
            .await
    }

    /// Makes the probe's table and account where they are missing, and connects as it. Kept out of the binary log where
    /// the account may do that; a managed server logs it, under a name of its own, so that the other side's probe is
    /// not touched when it arrives there.
    pub(crate) async fn probe_connection(&self, probe: &Probe) -> Result<(), EngineError> {
        let flavor = self.flavor().await?;
        let what = "failed to make the account that tries writes";
        let (secret,) = self
            .row::<(String,)>(
                what,
                "SELECT CONCAT('Dy1-', SUBSTRING(SHA2(CONCAT(UUID(), RAND()), 256), 1, 24))",
            )
            .await?;
        let mut conn = self.borrow().await?;
        match conn.query_drop("SET SESSION sql_log_bin = 0").await {
            Ok(()) => {}
            Err(error) if classify::code(&error) == Some(NO_PRIVILEGE) => {}
            Err(error) => return Err(self.failed(what, error)),
        }
        let mut statements: Vec<String> = PROBE_TABLE.iter().map(|sql| (*sql).to_owned()).collect();
        statements.extend(probe.account_statements(flavor, &secret));
        for sql in &statements {
            super::account::run(self, &mut conn, what, sql).await?;
        }
        drop(conn.disconnect().await);
        let mut endpoint = self.endpoint.clone();
        endpoint.user = Probe::user(flavor).to_owned();
        endpoint.password = Secret::new(secret);
        let conn = Self::new(endpoint).connect_bare().await?;
        *probe.conn.lock().await = Some(conn);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Version};

    fn flavor(product: Product, version: Version, hosting: Hosting) -> Flavor {
        Flavor {
            product,
            version,
            hosting,
        }
    }

    #[test]
    fn every_flavor_is_fenced_by_what_it_has() {
        let aurora = Hosting::Aurora {
            version: "3.10.0".to_owned(),
        };
        for (flavor, fence, open) in [
            (
                flavor(Product::Mysql, Version::new(5, 6, 24), Hosting::SelfManaged),
                "SET GLOBAL read_only = ON",
                "SET GLOBAL read_only = OFF",
            ),
            (
                flavor(Product::MariaDb, Version::new(10, 11, 6), Hosting::SelfManaged),
                "SET GLOBAL read_only = ON",
                "SET GLOBAL read_only = OFF",
            ),
            (
                flavor(Product::Mysql, Version::new(9, 7, 4), Hosting::SelfManaged),
                "SET PERSIST_ONLY read_only = ON; SET PERSIST_ONLY super_read_only = ON; SET GLOBAL super_read_only = ON",
                "RESET PERSIST IF EXISTS super_read_only; RESET PERSIST IF EXISTS read_only; \
                 SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF",
            ),
            (
                flavor(Product::Mysql, Version::new(8, 0, 42), aurora),
                "CALL mysql.rds_set_read_only(1)",
                "CALL mysql.rds_set_read_only(0)",
            ),
        ] {
            assert_eq!(super::fence_statements(&flavor).join("; "), fence);
            assert_eq!(super::open_statements(&flavor).join("; "), open);
        }
    }
}
