//! Getting a direction ready before the pause, so that one statement lets it flow inside.
//!
//! An armed direction is a whole running replication whose publication publishes no kind of change: the worker is connected,
//! the slot moves on with the log, nothing is applied. Engaging publishes all kinds again. So the pause waits for no worker to
//! start, and an armed slot holds no log back.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Link;
use crate::postgres::classify::trouble;
use crate::postgres::connection::Connection;
use crate::postgres::quote;
use crate::{EngineError, ErrorKind};

/// How long transactions that are open on the sending side may keep an arming waiting.
const OPEN_TRANSACTIONS: Duration = Duration::from_secs(60);

/// How long to wait for the worker; it starts within moments, or when `wal_retrieve_retry_interval` (5 s) is over.
const WORKER: Duration = Duration::from_secs(15);

impl Link {
    /// Silence, slot, subscription, worker, in this order. Leaves a direction that already flows as it is.
    pub(super) async fn make_ready(&self) -> Result<(), EngineError> {
        let (sending, receiving) = (self.sending_side().await?, self.receiving_side().await?);
        if receiving.enabled && sending.slot {
            // Flowing, or armed before.
            return self.warm_up().await;
        }
        let from = self.from.lease().await?;
        self.silence(&from).await?;
        if sending.slot {
            self.advance(&from).await?;
        } else {
            let what = format!("failed to create the replication slot `{}`", self.name());
            let create = format!(
                "SELECT pg_create_logical_replication_slot({}, 'pgoutput')",
                quote::literal(self.name())
            );
            from.execute(&create, what).await?;
        }
        from.give_back();
        if !receiving.exists {
            self.make_subscription().await?;
        }
        self.enable().await?;
        self.wait_for_worker().await?;
        self.warm_up().await
    }

    /// Publishes every kind of change from now on.
    pub(super) async fn let_flow(&self) -> Result<(), EngineError> {
        let from = self.from.lease().await?;
        let what = format!("failed to let changes flow through `{}`", self.name());
        let ask = format!(
            "SELECT slot_name FROM pg_replication_slots WHERE slot_name = {}",
            quote::literal(self.name())
        );
        if from.value(&ask, what.clone()).await?.is_none() {
            let hint = "arm this direction first: without its slot changes would be lost";
            return Err(trouble(from.server(), what, ErrorKind::Other, Some(hint)));
        }
        from.execute(&publish(self.name(), "insert, update, delete, truncate"), what)
            .await?;
        from.give_back();
        Ok(())
    }

    /// Publishes nothing from now on. Only where no transaction that writes is open, as inside the pause.
    pub(super) async fn hush(&self) -> Result<(), EngineError> {
        let from = self.from.lease().await?;
        let what = format!("failed to silence the publication `{}`", self.name());
        from.execute(&publish(self.name(), ""), what).await?;
        from.give_back();
        Ok(())
    }

    /// Publishes nothing from now on, and waits for transactions that began before: their changes would be judged by what
    /// was published then.
    async fn silence(&self, from: &Connection) -> Result<(), EngineError> {
        let what = format!("failed to silence the publication `{}`", self.name());
        let sql = format!(
            "BEGIN; {}; SELECT txid_current(); COMMIT",
            publish(self.name(), "")
        );
        let own = from.value(&sql, what.clone()).await?.unwrap_or_default();
        let ask = format!("SELECT txid_snapshot_xmin(txid_current_snapshot()) > {own}");
        let deadline = Instant::now() + OPEN_TRANSACTIONS;
        while from.value(&ask, what.clone()).await?.as_deref() != Some("t") {
            if Instant::now() > deadline {
                let hint = "a transaction has been open for a minute: end it (`pg_stat_activity`, oldest `backend_xid`), then try again";
                return Err(trouble(from.server(), what, ErrorKind::Lock, Some(hint)));
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Lets the slot forget everything up to now. What was acknowledged is brought to the disk first: a slot goes no further.
    async fn advance(&self, from: &Connection) -> Result<(), EngineError> {
        let sql = format!(
            "BEGIN; SELECT pg_logical_emit_message(true, 'daybreak', ''); COMMIT;
             SELECT pg_replication_slot_advance(slot_name, greatest(pg_current_wal_flush_lsn(), confirmed_flush_lsn))
             FROM pg_replication_slots WHERE slot_name = {}",
            quote::literal(self.name())
        );
        let what = format!("failed to advance the replication slot `{}`", self.name());
        let deadline = Instant::now() + super::ENDING;
        loop {
            match from.execute(&sql, what.clone()).await {
                // The walsender of a subscription just stopped has not noticed yet.
                Err(error) if error.code.as_deref() == Some("55006") && Instant::now() < deadline => {
                    sleep(Duration::from_millis(10)).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// A worker that is late is no error: it comes, or the status says why not.
    async fn wait_for_worker(&self) -> Result<(), EngineError> {
        let deadline = Instant::now() + WORKER;
        while Instant::now() < deadline {
            if self.receiving_side().await?.worker && self.sending_side().await?.active {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    async fn warm_up(&self) -> Result<(), EngineError> {
        self.from.warm(2).await?;
        self.to.warm(2).await
    }
}

fn publish(name: &str, kinds: &str) -> String {
    format!(
        "ALTER PUBLICATION {} SET (publish = {})",
        quote::identifier(name),
        quote::literal(kinds)
    )
}
