//! Native replication in one direction.
//!
//! The two directions of a pair run at once: a change that comes back to where it was made is recognised there by its
//! GTID, or without GTIDs by its `server_id`.
//!
//! *By GTID.* The follower is told which of the leader's transactions it must never fetch: forward those that the snapshot
//! holds, by adding them to its `gtid_purged`; backward those that exist only at the target (its load), for which the source
//! commits empty transactions, so that its own replicas have them, too. Backward this happens once, when the link is first
//! made, while every transaction of the target's own is load or administration; a link that exists is never told again, so
//! that a write by an application cannot be passed over.
//!
//! *By file and offset.* The follower starts at the snapshot's position; backward at the end of the target's log.
//!
//! The account: without TLS a follower needs `mysql_native_password` or, since MySQL 8.0, the leader's public key. The
//! `mysql.rds_*` procedures cannot ask for the key, so towards a managed follower the link is encrypted whenever the
//! leader prefers `caching_sha2_password`.

mod follow;
mod gap;
mod only;
mod settings;
mod status;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{Endpoint, Flavor, LinkSettings, Position, Product, Refusal, ReplicationStatus, Scope};
use mysql_async::prelude::Queryable;

use self::settings::Start;
use super::connection::Server;
use super::topology::ReplicaStatus;
use super::{account, classify, quote};
use crate::{EngineError, ErrorKind, Replication, Statement};

/// Server error: no global privilege.
const NO_PRIVILEGE: u16 = 1227;

/// One direction between two servers.
#[derive(Debug)]
pub(crate) struct Link {
    from: Arc<Server>,
    to: Arc<Server>,
    settings: LinkSettings,
}

impl Link {
    pub(crate) fn new(from: Endpoint, to: Endpoint, settings: LinkSettings) -> Self {
        Self {
            from: Arc::new(Server::new(from)),
            to: Arc::new(Server::new(to)),
            settings,
        }
    }

    /// What the follower does for this link; `None` where it is not set up.
    async fn replica(&self) -> Result<Option<ReplicaStatus>, EngineError> {
        self.to.replica_status_on(self.settings.channel()).await
    }

    /// A statement about the follower's replication, for this link's channel.
    fn on_channel(&self, statement: &str) -> String {
        match self.settings.channel() {
            "" => statement.to_owned(),
            channel => format!("{statement} FOR CHANNEL {}", quote::text(channel)),
        }
    }

    fn account(&self) -> String {
        format!("{}@'%'", quote::text(&self.settings.user))
    }

    /// Makes the account on the leader, outside its binary log where that is permitted.
    async fn make_account(&self) -> Result<(), EngineError> {
        let what = format!("failed to make the replication account `{}`", self.settings.user);
        let flavor = self.from.flavor().await?;
        let mut conn = self.from.borrow().await?;
        match conn.query_drop("SET SESSION sql_log_bin = 0").await {
            Ok(()) => {}
            Err(error) if classify::code(&error) == Some(NO_PRIVILEGE) => {}
            Err(error) => return Err(self.from.failed(&what, error)),
        }
        let native = !settings::encrypted(&self.settings, flavor, self.to.flavor().await?);
        let account = self.account();
        let mut statements = account::statements(flavor, &account, self.settings.password.expose(), native);
        statements.push(format!(
            "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {account}"
        ));
        for sql in &statements {
            account::run(&self.from, &mut conn, &what, sql).await?;
        }
        drop(conn.disconnect().await);
        Ok(())
    }
}

#[async_trait]
impl Replication for Link {
    async fn refusal(&self) -> Result<Option<Refusal>, EngineError> {
        let (from, to) = (self.from.identity().await?, self.to.identity().await?);
        let refuse = |reason: String, hint: &str| {
            Some(Refusal {
                object: format!("replication from {} to {}", self.from.name(), self.to.name()),
                reason,
                hint: hint.to_owned(),
            })
        };
        if from.unique_id == to.unique_id {
            return Ok(refuse(
                "both addresses lead to the same server".to_owned(),
                "name two different servers",
            ));
        }
        if let Some(refusal) = version_refusal(&from.flavor, &to.flavor) {
            return Ok(refuse(refusal.0, refusal.1));
        }
        if let Some(check) = from.cannot_be_followed {
            return Ok(refuse(
                format!("{} has {}", self.from.name(), check.found),
                &check.hint,
            ));
        }
        if let Some(part) = &self.settings.part {
            let source = if self.settings.back { &to } else { &from };
            if source.flavor.is_managed() {
                return Ok(refuse(
                    format!("{} alone would move from a managed server", part.name),
                    "from there everything moves at once: a fence around some tables needs triggers outside the binary log",
                ));
            }
        }
        if to.flavor.is_managed() && self.settings.ca_on_follower().is_some() {
            return Ok(refuse(
                format!(
                    "{} verifies nobody by a file: it has none of ours",
                    self.to.name()
                ),
                "take `replication.ca_on_target` out; where it must verify its source, give it the authority by \
                 mysql.rds_import_binlog_ssl_material (Aurora user guide)",
            ));
        }
        if let Some((why, hint)) = self.cannot_filter().await? {
            return Ok(refuse(format!("{}: {why}", self.to.name()), &hint));
        }
        if from.server_id == to.server_id {
            return Ok(refuse(
                format!(
                    "both servers have server_id {}",
                    from.server_id.unwrap_or_default()
                ),
                "give each server a `server_id` of its own",
            ));
        }
        if settings::encrypted(&self.settings, &from.flavor, &to.flavor) && !self.from.offers_tls().await? {
            return Ok(refuse(
                format!(
                    "replication is to be encrypted, and {} offers no TLS",
                    self.from.name()
                ),
                "give the server a certificate, or set `replication.tls = false` where the network between the sides is safe",
            ));
        }
        if self.settings.gtid && !(from.gtid && to.gtid) {
            let side = if from.gtid {
                self.to.name()
            } else {
                self.from.name()
            };
            return Ok(refuse(
                format!("the plan wants GTIDs and {side} has gtid_mode other than ON"),
                "turn GTIDs on there, or plan with file positions",
            ));
        }
        let purges = if to.flavor.is_managed() {
            to.flavor.rds_purges_gtid()
        } else {
            to.flavor.appends_gtid_purged()
        };
        if self.settings.gtid && !purges {
            return Ok(refuse(
                format!("{} cannot be told which GTIDs it holds after a load", to.flavor),
                "plan with file positions for this pair",
            ));
        }
        let assigns = if to.flavor.is_managed() {
            to.flavor.rds_assigns_gtids()
        } else {
            to.flavor.says_replication_source()
        };
        if to.gtid && !from.gtid && !(assigns && from.flavor.logs_anonymous_gtids()) {
            return Ok(refuse(
                format!(
                    "{} has gtid_mode = ON and takes no changes without GTIDs from {}",
                    self.to.name(),
                    from.flavor
                ),
                "set gtid_mode alike on both sides, or OFF_PERMISSIVE on the target (Aurora: in the cluster parameter group)",
            ));
        }
        if from.gtid && !to.gtid {
            return Ok(refuse(
                format!(
                    "{} has gtid_mode = ON and {} has not",
                    self.from.name(),
                    self.to.name()
                ),
                "set gtid_mode alike on both sides (Aurora: in the cluster parameter group, then restart)",
            ));
        }
        Ok(None)
    }

    fn prepare_statements(&self) -> Vec<(String, Statement)> {
        settings::shown_to_prepare(self)
    }

    fn start_statements(&self) -> Vec<(String, Statement)> {
        settings::shown_to_start(self)
    }

    async fn prepare(&self, _scope: &Scope) -> Result<(), EngineError> {
        match self.make_account().await {
            // Held read-only, a server of the company's own takes no account any more: it has the one made before.
            Err(error) if error.kind == ErrorKind::ReadOnly && self.is_prepared().await? => Ok(()),
            made => made,
        }
    }

    async fn is_prepared(&self) -> Result<bool, EngineError> {
        let ask = format!(
            "SELECT COUNT(*) FROM mysql.user WHERE User = {} AND Host = '%' AND Repl_slave_priv = 'Y'",
            quote::text(&self.settings.user)
        );
        let what = format!(
            "failed to look for the replication account `{}`",
            self.settings.user
        );
        let (found,) = self.from.row::<(u64,)>(&what, &ask).await?;
        Ok(found > 0)
    }

    async fn cannot_start_at(&self, position: &Position) -> Result<Option<Refusal>, EngineError> {
        self.gap_after(position).await
    }

    async fn start(&self, from: Option<&Position>) -> Result<(), EngineError> {
        match from {
            Some(position) => self.follow(Start::At(position.clone())).await,
            None => self.follow(Start::Now).await,
        }
    }

    async fn arm(&self) -> Result<(), EngineError> {
        self.follow(Start::Now).await
    }

    async fn engage(&self) -> Result<(), EngineError> {
        let status = self.replica().await?;
        match status {
            Some(status) if status.io_running != "No" && status.sql_running == "Yes" => Ok(()),
            Some(_) => self.run_replica().await,
            None => self.follow(Start::Now).await,
        }
    }

    async fn disengage(&self) -> Result<(), EngineError> {
        Ok(())
    }

    async fn reengage(&self) -> Result<(), EngineError> {
        Ok(())
    }

    async fn resume(&self) -> Result<(), EngineError> {
        if self.replica().await?.is_none() {
            return Err(stuck(
                &self.to,
                format!(
                    "failed to resume replication from {}: it was never set up",
                    self.from.name()
                ),
                Some("run the step that starts replication".to_owned()),
            ));
        }
        self.run_replica().await
    }

    async fn status(&self) -> Result<ReplicationStatus, EngineError> {
        self.read_status().await
    }

    async fn wait_for(&self, position: &Position, deadline: Duration) -> Result<(), EngineError> {
        self.wait(position, deadline).await
    }

    async fn stop(&self) -> Result<(), EngineError> {
        if self.replica().await?.is_none() {
            return Ok(());
        }
        let flavor = self.to.flavor().await?;
        let sql = if flavor.is_managed() {
            "CALL mysql.rds_stop_replication".to_owned()
        } else {
            self.on_channel(flavor.stop_replica())
        };
        self.to.run("failed to stop replication", &sql).await
    }

    async fn remove(&self) -> Result<(), EngineError> {
        self.stop().await?;
        if self.replica().await?.is_none() {
            return Ok(());
        }
        let flavor = self.to.flavor().await?;
        let sql = match (flavor.is_managed(), flavor.rds_says_source()) {
            (true, true) => "CALL mysql.rds_reset_external_source".to_owned(),
            (true, false) => "CALL mysql.rds_reset_external_master".to_owned(),
            (false, _) => self.on_channel(flavor.reset_replica()),
        };
        // While the channel is there: without one no filter can be set.
        self.take_everything().await?;
        self.to.run("failed to remove replication", &sql).await
    }
}

/// Why two flavors do not replicate, with what to do instead.
fn version_refusal(from: &Flavor, to: &Flavor) -> Option<(String, &'static str)> {
    if to.can_follow(from) {
        return None;
    }
    let mariadb = (from.product == Product::MariaDb, to.product == Product::MariaDb);
    Some(match mariadb {
        (true, false) => (
            format!(
                "{to} cannot follow {from}: it stops at the first of MariaDB's own log events (13121), by GTID and by file position alike"
            ),
            "go without: set `replication.native = false` and `replication.way_back = false`, then \
             `daybreak run --until data.check` stops writes on the source, loads and compares",
        ),
        (false, true) => (
            format!("{to} cannot follow {from}: MariaDB does not read binary logs of MySQL 8.0 and later"),
            "there is no native way back to MariaDB: keep the old servers as a frozen copy",
        ),
        _ => (
            format!("{to} cannot follow {from}: a replica must not be older than its source"),
            "there is no native way back to an older version: upgrade the source first, or keep it as a frozen copy",
        ),
    })
}

/// An error of a link that is not any statement's.
fn stuck(server: &Server, what: String, hint: Option<String>) -> EngineError {
    EngineError {
        hint,
        ..server.error(ErrorKind::Other, what)
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Flavor, Hosting, Product, Version};

    #[test]
    fn the_way_back_to_an_older_server_is_refused() {
        let flavor = |product, version| Flavor {
            product,
            version,
            hosting: Hosting::SelfManaged,
        };
        let new = flavor(Product::Mysql, Version::new(9, 7, 4));
        let old = flavor(Product::Mysql, Version::new(5, 6, 24));
        let mariadb = flavor(Product::MariaDb, Version::new(10, 11, 6));
        assert!(super::version_refusal(&old, &new).is_none());
        for (from, to, words) in [
            (&new, &old, "older"),
            (&new, &mariadb, "MariaDB does not read"),
            (&mariadb, &new, "MariaDB's own log events"),
        ] {
            let refusal = super::version_refusal(from, to).expect("refused");
            assert!(refusal.0.contains(words), "{}", refusal.0);
        }
    }
}
