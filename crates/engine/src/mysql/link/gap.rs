//! Whether a leader still has what came after a position.

use daybreak_model::{GtidSet, Position, Refusal};

use super::Link;
use crate::EngineError;

/// What to do where changes are gone.
const GONE: &str = "load again, from a newer state: what came after this one cannot be had from the source any more; \
                    let the source keep its binary logs longer meanwhile";

impl Link {
    /// Why the follower cannot start there: no position of the leader's, or what came after it is purged.
    pub(super) async fn gap_after(&self, position: &Position) -> Result<Option<Refusal>, EngineError> {
        let refuse = |(reason, hint): (String, &str)| Refusal {
            object: format!("replication from {} at {position}", self.from.name()),
            reason,
            hint: hint.to_owned(),
        };
        let found = match position {
            Position::Gtid(set) => self.purged_after(set).await?,
            Position::BinlogFile { file, offset } => self.log_without(file, *offset).await?,
            Position::Lsn(_) => Some((
                "it is a position of PostgreSQL".to_owned(),
                "name a GTID set, or FILE:OFFSET",
            )),
        };
        Ok(found.map(refuse))
    }

    async fn purged_after(&self, set: &GtidSet) -> Result<Option<(String, &'static str)>, EngineError> {
        if !self.settings.gtid {
            let hint = "name FILE:OFFSET, or set `replication.gtid = true`";
            return Ok(Some(("the plan replicates by file positions".to_owned(), hint)));
        }
        let what = "failed to ask which transactions its binary log has";
        let ask = "SELECT @@GLOBAL.gtid_executed, @@GLOBAL.gtid_purged";
        let (executed, purged) = self.from.row::<(String, String)>(what, ask).await?;
        let strange = set.minus(&self.from.gtid_set(&executed)?);
        if !strange.is_empty() {
            let hint = "name the position of a state of this server, as the backup or tool told it";
            return Ok(Some((format!("it never executed {strange}"), hint)));
        }
        let gone = self.from.gtid_set(&purged)?.minus(set);
        Ok((!gone.is_empty()).then(|| (format!("it has purged {gone}"), GONE)))
    }

    async fn log_without(
        &self,
        file: &str,
        offset: u64,
    ) -> Result<Option<(String, &'static str)>, EngineError> {
        if self.settings.gtid {
            let hint = "name the GTID set of that state, or set `replication.gtid = false`";
            return Ok(Some(("the plan replicates by GTID".to_owned(), hint)));
        }
        // A column more since MySQL 8.0.14.
        let logs: Vec<mysql_async::Row> = self
            .from
            .rows("failed to list the binary logs", "SHOW BINARY LOGS")
            .await?;
        let listed = logs.iter().find_map(|row| {
            let name: String = row.get(0)?;
            (name == file).then(|| row.get::<u64, _>(1).unwrap_or(0))
        });
        Ok(match listed {
            None => Some(("it has no such binary log any more".to_owned(), GONE)),
            Some(bytes) if bytes < offset => {
                let hint = "name the position of a state of this server, as the backup or tool told it";
                Some((format!("that binary log has {bytes} bytes"), hint))
            }
            Some(_) => None,
        })
    }
}
