//! Pointing a follower at its leader, and starting it.

use daybreak_model::{GtidSet, Position};
use futures_util::future::try_join_all;
use mysql_async::prelude::Queryable;

use super::super::topology::ReplicaStatus;
use super::settings::{self, Start};
use super::{Link, stuck};
use crate::EngineError;

/// Server error: a procedure got another number of arguments than it has.
const ARGUMENT_COUNT: &str = "1318";

const HOLDS: &str = "failed to tell it which transactions it holds";

/// More transactions than these are not committed one by one.
const MOST_EMPTY: u64 = 200_000;
/// How many go in one round trip, and through how many sessions at once: their commits reach the disk together.
const EMPTY_AT_ONCE: usize = 200;
const EMPTY_SESSIONS: usize = 8;

impl Link {
    /// Commits nothing under the name of each of these transactions, so that the follower never fetches them and has them in its
    /// own binary log: what follows it by GTID could not connect any more if they were in its `gtid_purged` (error 1236).
    async fn commit_empty(&self, set: &GtidSet) -> Result<(), EngineError> {
        let all: Vec<String> = set.each().collect();
        let texts: Vec<String> = all
            .chunks(EMPTY_AT_ONCE)
            .map(|some| some.iter().map(|name| settings::empty(name)).collect())
            .collect();
        let share = texts.len().div_ceil(EMPTY_SESSIONS).max(1);
        let sessions = texts.chunks(share).map(|texts| async move {
            let mut conn = self.to.borrow().await?;
            for text in texts {
                self.to
                    .while_it_lives(HOLDS, conn.query_drop(text.as_str()))
                    .await?;
            }
            // Its next transaction would have to be named, too.
            drop(conn.disconnect().await);
            Ok(())
        });
        try_join_all(sessions).await.map(drop)
    }

    /// Configures the follower unless it is configured already, and starts it.
    pub(super) async fn follow(&self, start: Start) -> Result<(), EngineError> {
        match self.replica().await? {
            Some(status) if self.is_ours(&status) => {}
            Some(status) => {
                return Err(stuck(
                    &self.to,
                    format!(
                        "cannot start replication from {}: it replicates from {}:{} already",
                        self.from.name(),
                        status.source_host,
                        status.source_port
                    ),
                    Some("end that replication first, or name another target".to_owned()),
                ));
            }
            None => self.configure(start).await?,
        }
        self.run_replica().await
    }

    fn is_ours(&self, status: &ReplicaStatus) -> bool {
        let (host, port) = self.from.endpoint.replication_address();
        status.source_host == host && status.source_port == port
    }

    async fn configure(&self, start: Start) -> Result<(), EngineError> {
        let (from, to) = (self.from.flavor().await?, self.to.flavor().await?);
        let (from_gtid, to_gtid) = (self.from.has_gtid_on().await?, self.to.has_gtid_on().await?);
        let position = match start {
            Start::At(position) => position,
            Start::Now if self.settings.gtid => self.from.position().await?,
            Start::Now => {
                let mut conn = self.from.borrow().await?;
                let (file, offset) = self.from.binary_log_end(&mut conn).await?;
                self.from.keep(conn);
                Position::BinlogFile { file, offset }
            }
        };
        if let Position::Gtid(set) = &position {
            // Asked after the leader's set, so that nothing that came from the follower is in the difference.
            let executed = self.to.gtid_executed().await?;
            let missing = set.minus(&executed);
            if !missing.is_empty() {
                if settings::commits_empty(self, to) && missing.count() <= MOST_EMPTY {
                    self.commit_empty(&missing).await?;
                } else {
                    self.to.run(HOLDS, &settings::purge(to, &missing)).await?;
                }
            }
        }
        let mut alternatives = settings::configure(self, from, to, &position, from_gtid, to_gtid)
            .into_iter()
            .peekable();
        while let Some(calls) = alternatives.next() {
            match self.run_all(&calls).await {
                Err(error)
                    if error.code.as_deref() == Some(ARGUMENT_COUNT) && alternatives.peek().is_some() => {}
                other => return other,
            }
        }
        Ok(())
    }

    async fn run_all(&self, calls: &[String]) -> Result<(), EngineError> {
        for sql in calls {
            let what = format!("failed to point it at {}", self.from.name());
            let mut conn = self.to.borrow().await?;
            match conn.query_drop(sql.as_str()).await {
                Ok(()) => self.to.keep(conn),
                Err(error) => {
                    let mut failed = self.to.failed(what, error);
                    // A syntax error quotes the statement, which holds the password.
                    if failed.code.as_deref() == Some("1064") {
                        failed.source = None;
                    }
                    return Err(failed);
                }
            }
        }
        Ok(())
    }

    /// Starts a configured follower; one that runs goes on.
    pub(super) async fn run_replica(&self) -> Result<(), EngineError> {
        let running = self.replica().await?;
        let running = running.is_some_and(|status| status.io_running != "No" && status.sql_running == "Yes");
        if self.takes_only_its_part().await? {
            if running {
                return Ok(());
            }
        } else {
            self.take_only_its_part().await?;
        }
        let to = self.to.flavor().await?;
        let sql = if to.is_managed() {
            settings::start(to).to_owned()
        } else {
            self.on_channel(settings::start(to))
        };
        self.to.run("failed to start replication", &sql).await
    }
}

impl super::Server {
    /// Transactions executed; empty where there are no GTIDs.
    pub(super) async fn gtid_executed(&self) -> Result<GtidSet, EngineError> {
        if !self.flavor().await?.has_gtid() {
            return Ok(GtidSet::default());
        }
        let (text,) = self
            .row::<(String,)>(
                "failed to read its executed transactions",
                "SELECT @@GLOBAL.gtid_executed",
            )
            .await?;
        self.gtid_set(&text)
    }

    /// Whether `gtid_mode` is `ON`.
    pub(super) async fn has_gtid_on(&self) -> Result<bool, EngineError> {
        if !self.flavor().await?.has_gtid() {
            return Ok(false);
        }
        let (mode,) = self
            .row::<(String,)>("failed to read gtid_mode", "SELECT @@GLOBAL.gtid_mode")
            .await?;
        Ok(mode == "ON")
    }
}
