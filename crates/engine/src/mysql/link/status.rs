//! What a link is doing, and waiting for it.

use std::time::Duration;

use daybreak_model::{Behind, Position, ReplicationStatus};
use tokio::time::{Instant, sleep, timeout};

use super::super::topology::ReplicaStatus;
use super::super::{faults, quote};
use super::{Link, stuck};
use crate::{EngineError, ErrorKind};

/// Pauses between looks while waiting: short at first, for the last transactions of a cut-over arrive within milliseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

impl Link {
    pub(super) async fn read_status(&self) -> Result<ReplicationStatus, EngineError> {
        let Some(status) = self.replica().await? else {
            return Ok(ReplicationStatus {
                configured: false,
                receiving: false,
                applying: false,
                lag_seconds: None,
                behind: Behind::Unknown,
                applied: None,
                fault: None,
            });
        };
        let (receiving, applying) = (status.io_running == "Yes", status.sql_running == "Yes");
        let by_gtid = self.settings.gtid;
        let applied = if by_gtid {
            Position::Gtid(self.to.gtid_executed().await?)
        } else {
            let (file, offset) = status.applied.clone();
            Position::BinlogFile { file, offset }
        };
        let behind = self.behind(&applied).await;
        let caught_up = matches!(behind, Behind::Transactions(0) | Behind::Bytes(0));
        let lag_seconds = if !(receiving && applying) {
            None
        } else if caught_up {
            Some(0.0)
        } else {
            let applying_since = self.finer_lag().await;
            applying_since.or(status
                .seconds_behind
                .map(|seconds| Duration::from_secs(seconds).as_secs_f64()))
        };
        Ok(ReplicationStatus {
            configured: true,
            receiving,
            applying,
            lag_seconds,
            behind,
            applied: Some(applied),
            fault: fault(&status),
        })
    }

    /// The channel's name as a literal.
    fn channel(&self) -> String {
        quote::text(self.settings.channel())
    }

    /// How much is missing; unknown while the leader does not answer.
    async fn behind(&self, applied: &Position) -> Behind {
        let leader = async {
            if let Position::Gtid(applied) = applied {
                let ahead = self.from.gtid_executed().await?.minus(applied);
                return Ok::<_, EngineError>(Behind::Transactions(ahead.count()));
            }
            let mut conn = self.from.borrow().await?;
            let (file, offset) = self.from.binary_log_end(&mut conn).await?;
            self.from.keep(conn);
            Ok(match applied {
                Position::BinlogFile {
                    file: at,
                    offset: done,
                } if *at == file => Behind::Bytes(offset.saturating_sub(*done)),
                _ => Behind::Unknown,
            })
        };
        match timeout(Duration::from_secs(5), leader).await {
            Ok(Ok(behind)) => behind,
            Ok(Err(_)) | Err(_) => Behind::Unknown,
        }
    }

    /// Seconds since the transaction now applied was committed on the leader, where the server keeps that (MySQL 8.0); between two
    /// transactions what the last one had. `Seconds_Behind_Source` counts from where a transaction was made first, which may be a
    /// server before the leader that is late itself.
    async fn finer_lag(&self) -> Option<f64> {
        if !self.to.flavor().await.ok()?.appends_gtid_purged() {
            return None;
        }
        let ask = include_str!("../sql/lag.sql").replace("{channel}", &self.channel());
        let rows: Vec<(Option<f64>,)> = self
            .to
            .rows("failed to read the appliers' progress", &ask)
            .await
            .ok()?;
        rows.first()?.0
    }

    pub(super) async fn wait(&self, position: &Position, deadline: Duration) -> Result<(), EngineError> {
        let end = Instant::now() + deadline;
        let mut pause = FIRST_PAUSE;
        let mut looks = 0_u32;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let reached = match timeout(left.max(FIRST_PAUSE), self.has_reached(position)).await {
                Ok(reached) => reached?,
                Err(_) => false,
            };
            if reached {
                return Ok(());
            }
            if Instant::now() >= end {
                return Err(stuck(
                    &self.to,
                    format!(
                        "did not reach position {position} within {} ms",
                        deadline.as_millis()
                    ),
                    Some(
                        "look at the replication status: lag, and the error that stopped it if any"
                            .to_owned(),
                    ),
                ));
            }
            looks += 1;
            if looks.is_multiple_of(25) {
                self.refuse_if_stopped().await?;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn has_reached(&self, position: &Position) -> Result<bool, EngineError> {
        match position {
            Position::Gtid(set) => {
                let sql = format!(
                    "SELECT GTID_SUBSET({}, @@GLOBAL.gtid_executed)",
                    quote::text(&set.to_string())
                );
                let (reached,) = self
                    .to
                    .row::<(u8,)>("failed to read its executed transactions", &sql)
                    .await?;
                Ok(reached == 1)
            }
            Position::BinlogFile { file, offset } => {
                let status = self.replica().await?;
                let status =
                    status.ok_or_else(|| stuck(&self.to, "does not replicate at all".to_owned(), None))?;
                self.refuse_fault(&status)?;
                Ok(is_at_or_after(&status.applied, file, *offset)
                    || self.a_worker_has_reached(file, *offset).await?)
            }
            Position::Lsn(_) => Err(self
                .to
                .error(ErrorKind::Unsupported, "cannot wait for a PostgreSQL position")),
        }
    }

    /// Whether an applier has committed up to there, where appliers commit in the source's order. The position in
    /// `SHOW REPLICA STATUS` may lag behind by `replica_checkpoint_period`, 300 ms unless set otherwise; each applier's own
    /// is written in the transaction it stands for. False where the server or the account's privileges do not tell.
    async fn a_worker_has_reached(&self, file: &str, offset: u64) -> Result<bool, EngineError> {
        if !self.to.flavor().await?.names_commit_order() {
            return Ok(false);
        }
        let workers: Result<Vec<(String, u64)>, _> = self
            .to
            .rows(
                "failed to read the appliers' positions",
                &format!(
                    "SELECT Master_log_name, Master_log_pos FROM mysql.slave_worker_info \
                     WHERE Channel_name = {} AND @@GLOBAL.replica_preserve_commit_order = 1",
                    self.channel()
                ),
            )
            .await;
        match workers {
            Ok(workers) => Ok(workers.iter().any(|at| is_at_or_after(at, file, offset))),
            Err(error) if matches!(error.kind, ErrorKind::Privilege | ErrorKind::SchemaChanged) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn refuse_if_stopped(&self) -> Result<(), EngineError> {
        match self.replica().await? {
            None => Err(stuck(&self.to, "does not replicate at all".to_owned(), None)),
            Some(status) => self.refuse_fault(&status),
        }
    }

    fn refuse_fault(&self, status: &ReplicaStatus) -> Result<(), EngineError> {
        match fault(status) {
            Some(fault) if status.sql_running == "No" || status.io_running == "No" => Err(EngineError {
                code: Some(fault.code),
                ..stuck(
                    &self.to,
                    format!("replication stopped: {} ({})", fault.meaning, fault.message),
                    Some(fault.hint),
                )
            }),
            None if status.sql_running == "No" => Err(stuck(
                &self.to,
                "replication is stopped".to_owned(),
                Some("start it again".to_owned()),
            )),
            _ => Ok(()),
        }
    }
}

/// The error that stopped a link, or keeps it from connecting.
fn fault(status: &ReplicaStatus) -> Option<daybreak_model::ReplicationFault> {
    [&status.sql_error, &status.io_error]
        .into_iter()
        .find(|(code, _)| *code != 0)
        .map(|(code, message)| faults::explain(*code, message))
}

/// Binary logs are numbered: `binlog.000042`.
fn is_at_or_after(applied: &(String, u64), file: &str, offset: u64) -> bool {
    let number = |file: &str| {
        file.rsplit_once('.')
            .and_then(|(_, number)| number.parse::<u64>().ok())
    };
    match (number(&applied.0), number(file)) {
        (Some(at), Some(wanted)) => (at, applied.1) >= (wanted, offset),
        _ => applied.0 == file && applied.1 >= offset,
    }
}

#[cfg(test)]
mod tests {
    use super::is_at_or_after;

    #[test]
    fn positions_are_compared_by_number() {
        let at = |file: &str, offset| (file.to_owned(), offset);
        assert!(is_at_or_after(&at("b.000010", 4), "b.000009", 900));
        assert!(is_at_or_after(&at("b.999999", 5), "b.999999", 5));
        assert!(is_at_or_after(&at("b.1000000", 4), "b.999999", 5));
        assert!(!is_at_or_after(&at("b.000009", 4), "b.000009", 5));
        assert!(!is_at_or_after(&at("", 0), "b.000009", 5));
    }
}
