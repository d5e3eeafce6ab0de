//! Waiting for the receiving side.

use std::time::Duration;

use daybreak_model::Lsn;
use tokio::time::{Instant, sleep};

use super::Link;
use crate::postgres::classify::trouble;
use crate::postgres::quote;
use crate::{EngineError, ErrorKind};

/// How long to sleep between looks: as in a pause, and once it has taken longer than any pause may.
const LOOK: Duration = Duration::from_millis(2);
const LATER_LOOK: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_secs(5);

/// How many looks go by between pokes, and between questions for a fault.
const POKE_EVERY: u32 = 8;
const FAULT_EVERY: u32 = 128;

/// Brings everything that was committed before to the disk, whichever session committed it without waiting.
const FLUSH: &str =
    "BEGIN; SET LOCAL synchronous_commit = on; SELECT pg_logical_emit_message(true, 'daybreak', ''); COMMIT";

impl Link {
    /// Waits until the receiving side has applied, visible to everybody and on its disk, all up to `wanted`.
    ///
    /// The receiver reports what it applied in `replay_lsn`: the end of the last transaction it committed, or the end of
    /// everything it received when nothing of that is waiting for its disk. The worker commits without waiting for the disk, and
    /// the server may take three times `wal_writer_delay` (0.6 s) to get there by itself, so it is told to. The receiver reports
    /// when something comes in. So while the sender is idle it is poked: an empty transaction is written to its log, which also
    /// brings everything before it to the sender's disk, without which it would not be sent.
    pub(super) async fn catch_up(&self, wanted: Lsn, patience: Duration) -> Result<(), EngineError> {
        let began = Instant::now();
        let deadline = began + patience;
        let what = || format!("failed to see {wanted} applied by `{}`", self.name());
        let (from, to) = tokio::try_join!(self.from.lease(), self.to.lease())?;
        let look = format!(
            "SELECT r.replay_lsn::text FROM pg_replication_slots AS s JOIN pg_stat_replication AS r ON r.pid = s.active_pid
             WHERE s.slot_name = {}",
            quote::literal(self.name())
        );
        let mut looks = 0_u32;
        loop {
            if looks.is_multiple_of(POKE_EVERY) {
                to.execute(FLUSH, what()).await?;
                from.execute(FLUSH, what()).await?;
            }
            let replayed = from.value(&look, what()).await?;
            let replayed: Option<Lsn> = replayed.and_then(|text| text.parse().ok());
            if replayed.is_some_and(|replayed| replayed >= wanted) {
                break;
            }
            if Instant::now() >= deadline {
                let at = replayed.map_or_else(|| "nothing".to_owned(), |lsn| lsn.to_string());
                let what = format!("{} within {patience:?}: it reports {at}", what());
                let hint = "look at the replication's status: it may be stopped, or a long transaction is being applied";
                return Err(trouble(
                    &self.to.endpoint.to_string(),
                    what,
                    ErrorKind::Interrupted,
                    Some(hint),
                ));
            }
            looks += 1;
            if looks.is_multiple_of(FAULT_EVERY) {
                self.no_fault().await?;
            }
            let in_a_pause = began.elapsed() < PAUSE;
            sleep(if in_a_pause { LOOK } else { LATER_LOOK }).await;
        }
        from.give_back();
        // What came in last is on the disk, too, before anybody relies on it.
        to.execute(FLUSH, what()).await?;
        to.give_back();
        Ok(())
    }

    async fn no_fault(&self) -> Result<(), EngineError> {
        let (sending, receiving) = (self.sending_side().await?, self.receiving_side().await?);
        let Some(fault) = self.fault(&sending, &receiving).await? else {
            return Ok(());
        };
        Err(EngineError {
            server: self.to.endpoint.to_string(),
            what: format!(
                "replication `{}` has stopped: {} ({})",
                self.name(),
                fault.message,
                fault.meaning
            ),
            kind: ErrorKind::Other,
            code: Some(fault.code),
            hint: Some(fault.hint),
            source: None,
        })
    }
}
