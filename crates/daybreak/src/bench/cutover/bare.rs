//! The bare sequence: fence, read position, wait, stop, unfence, by the servers' own clients. Traffic does not move: what was
//! written stays the writer, and everything is put back as it was. Clients that write meanwhile are refused, which a move of
//! ours spares them.

use std::time::{Duration, Instant};

use super::session::Session;
use crate::demo::ground::Ground;
use crate::exit::Trouble;

/// How long the other side may take to reach the position.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sessions on both sides, ready.
pub(super) struct Bare {
    postgres: bool,
    database: String,
    application: String,
    source: Session,
    target: Session,
}

impl Bare {
    pub(super) async fn prepare(ground: &Ground, postgres: bool) -> Result<Self, Trouble> {
        let (source, target) = (&ground.estate.primary, ground.cluster.writer());
        let (sandbox, database) = (&ground.sandbox, &ground.estate.database);
        let (source, target) = if postgres {
            (
                Session::postgres(sandbox, source, database).await?,
                Session::postgres(sandbox, target, database).await?,
            )
        } else {
            (
                Session::mysql(sandbox, source).await?,
                Session::mysql(sandbox, target).await?,
            )
        };
        Ok(Self {
            postgres,
            database: database.clone(),
            application: ground.estate.app.name().to_owned(),
            source,
            target,
        })
    }

    /// Stops writes on the side that is written (the target's, after a move out), as briefly as the statements allow, and
    /// puts everything back. From the first statement sent to the last answered.
    pub(super) async fn pause(&mut self, target_is_written: bool) -> Result<Duration, Trouble> {
        let (old, new) = if target_is_written {
            (&mut self.target, &mut self.source)
        } else {
            (&mut self.source, &mut self.target)
        };
        if self.postgres {
            postgres(old, new, &self.database, &self.application).await
        } else {
            mysql(old, new).await
        }
    }

    /// Closes the sessions.
    pub(super) async fn end(self) -> Result<(), Trouble> {
        self.source.end().await?;
        self.target.end().await
    }
}

async fn mysql(old: &mut Session, new: &mut Session) -> Result<Duration, Trouble> {
    let fenced = new
        .value("SELECT CONCAT(@@GLOBAL.read_only, ' ', @@GLOBAL.super_read_only)")
        .await?;
    let (read_only, super_read_only) = fenced.split_once(' ').unwrap_or(("1", "0"));
    let started = Instant::now();
    old.run("SET GLOBAL super_read_only = ON").await?;
    let position = old
        .value("SELECT REPLACE(@@GLOBAL.gtid_executed, '\\n', '')")
        .await?;
    let reached = new
        .value(&format!(
            "SELECT WAIT_FOR_EXECUTED_GTID_SET('{position}', {})",
            PATIENCE.as_secs()
        ))
        .await?;
    new.run("STOP REPLICA").await?;
    new.run("SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF")
        .await?;
    let pause = started.elapsed();
    // Nobody was sent there: it is closed again as it was.
    new.run(&format!(
        "SET GLOBAL read_only = {read_only}; SET GLOBAL super_read_only = {super_read_only}; START REPLICA"
    ))
    .await?;
    old.run("SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF")
        .await?;
    if reached != "0" {
        return Err(anyhow::anyhow!(
            "bare: the position was not reached within {} s",
            PATIENCE.as_secs()
        )
        .into());
    }
    Ok(pause)
}

async fn postgres(
    old: &mut Session,
    new: &mut Session,
    database: &str,
    application: &str,
) -> Result<Duration, Trouble> {
    let set = format!("ALTER DATABASE \"{database}\" SET default_transaction_read_only = on");
    let reset = format!("ALTER DATABASE \"{database}\" RESET default_transaction_read_only");
    // The new side is fenced by the same setting, so the sessions here take it off for themselves before they write.
    let slot = "SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'logical' AND active LIMIT 1";
    let slot = old.value(slot).await?;
    let subscription = new
        .value("SELECT subname FROM pg_subscription WHERE subenabled AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1")
        .await?;
    if slot.is_empty() || subscription.is_empty() {
        return Err(anyhow::anyhow!("bare: nothing replicates from the side that is written").into());
    }
    let started = Instant::now();
    old.run(&format!(
        "SET default_transaction_read_only = off; {set}; \
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{application}'"
    ))
    .await?;
    let position = old.value("SELECT pg_current_wal_insert_lsn()").await?;
    let reached = format!(
        "SELECT confirmed_flush_lsn >= '{position}' FROM pg_replication_slots WHERE slot_name = '{slot}'"
    );
    while old.value(&reached).await? != "t" {
        if started.elapsed() > PATIENCE {
            old.run(&reset).await?;
            return Err(
                anyhow::anyhow!("bare: {position} was not reached within {} s", PATIENCE.as_secs()).into(),
            );
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    new.run(&format!(
        "SET default_transaction_read_only = off; ALTER SUBSCRIPTION \"{subscription}\" DISABLE"
    ))
    .await?;
    new.run(&reset).await?;
    let pause = started.elapsed();
    new.run(&format!("{set}; ALTER SUBSCRIPTION \"{subscription}\" ENABLE"))
        .await?;
    old.run(&reset).await?;
    Ok(pause)
}
