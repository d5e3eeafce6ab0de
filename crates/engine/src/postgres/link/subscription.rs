//! The receiving side.

use std::time::Duration;

use daybreak_model::{Flavor, Lsn};
use tokio::time::{Instant, sleep};

use super::{ENDING, Link};
use crate::postgres::classify::trouble;
use crate::postgres::quote;
use crate::{EngineError, ErrorKind};

/// How long a worker is given to end by itself before it is ended.
const GENTLE: Duration = Duration::from_millis(500);

/// What the side that sends says.
#[derive(Debug)]
pub(crate) struct Sending {
    /// End of its log.
    pub(crate) current: Lsn,
    /// Whether the slot exists.
    pub(crate) slot: bool,
    /// Whether somebody reads from the slot.
    pub(crate) active: bool,
    /// `reserved`, `extended`, `unreserved`, `lost`; empty before PostgreSQL 13.
    pub(crate) wal_status: String,
    /// Whether the publication exists and sends every kind of change.
    pub(crate) publishing: bool,
    /// What the other side has on disk.
    pub(crate) confirmed: Option<Lsn>,
    /// What the other side has applied.
    pub(crate) replayed: Option<Lsn>,
    /// How long the newest change took to be applied, in seconds.
    pub(crate) lag_seconds: f64,
}

/// What the side that receives says.
#[derive(Debug)]
pub(crate) struct Receiving {
    /// Whether the subscription exists.
    pub(crate) exists: bool,
    /// Whether it is switched on.
    pub(crate) enabled: bool,
    /// Whether its worker runs.
    pub(crate) worker: bool,
}

impl Link {
    fn subscription_literal(&self) -> String {
        quote::literal(self.name())
    }

    /// `CREATE SUBSCRIPTION`, switched off, on the slot and publication that exist, without a copy of rows.
    pub(super) fn create_subscription(
        &self,
        password: &str,
        to: Option<&Flavor>,
        from: Option<&Flavor>,
    ) -> String {
        let (host, port) = self.from.endpoint.replication_address();
        let database = self
            .from
            .endpoint
            .database
            .as_deref()
            .unwrap_or(&self.from.endpoint.user);
        let authorities = self.settings.ca_on_follower();
        let mode = match (self.settings.tls, authorities) {
            (true, Some(_)) => "verify-full",
            (true, None) => "require",
            (false, _) => "prefer",
        };
        let port = port.to_string();
        let mut parts = vec![
            ("host", host.as_str()),
            ("port", &port),
            ("dbname", database),
            ("user", &self.settings.user),
            ("password", password),
            ("sslmode", mode),
            ("application_name", self.name()),
            ("connect_timeout", "10"),
            ("keepalives_idle", "15"),
        ];
        parts.extend(authorities.map(|file| ("sslrootcert", file)));
        let connection: Vec<_> = parts
            .iter()
            .map(|(key, value)| format!("{key}={}", parameter(value)))
            .collect();
        let mut options = vec![
            "create_slot = false",
            "copy_data = false",
            "enabled = false",
            "synchronous_commit = off",
        ];
        if to.is_none_or(Flavor::subscription_streams) {
            options.push("streaming = off");
        }
        if to.is_none_or(Flavor::subscription_chooses_role) {
            options.push("run_as_owner = true");
        }
        if to.is_none_or(Flavor::filters_by_origin) && from.is_none_or(Flavor::filters_by_origin) {
            options.push("origin = none");
        }
        let name = quote::identifier(self.name());
        format!(
            "CREATE SUBSCRIPTION {name} CONNECTION {} PUBLICATION {name} WITH ({}, slot_name = {name})",
            quote::literal(&connection.join(" ")),
            options.join(", "),
        )
    }

    pub(super) async fn make_subscription(&self) -> Result<(), EngineError> {
        let from = self.from.flavor().await?;
        let to = self.to.flavor().await?;
        let create = self.create_subscription(self.settings.password.expose(), Some(to), Some(from));
        let connection = self.to.lease().await?;
        // A superuser can keep the statement, which holds the password, out of the server's log.
        let quiet = "SELECT set_config('log_statement', 'none', false), set_config('log_min_duration_statement', '-1', false),
                            set_config('log_min_error_statement', 'panic', false)
                     WHERE current_setting('is_superuser') = 'on'";
        connection
            .execute(quiet, "failed to keep the password out of the log")
            .await?;
        let what = format!("failed to create the subscription `{}`", self.name());
        connection.execute(&create, what).await
    }

    pub(super) async fn has_subscription(&self) -> Result<bool, EngineError> {
        Ok(self.receiving_side().await?.exists)
    }

    pub(super) async fn enable(&self) -> Result<(), EngineError> {
        let connection = self.to.lease().await?;
        let sql = format!("ALTER SUBSCRIPTION {} ENABLE", quote::identifier(self.name()));
        let what = format!("failed to enable the subscription `{}`", self.name());
        connection.execute(&sql, what).await?;
        connection.give_back();
        Ok(())
    }

    /// Switches the subscription off and waits until its worker has ended: only then can nothing more be applied.
    pub(super) async fn disable(&self) -> Result<(), EngineError> {
        let what = format!("failed to stop the subscription `{}`", self.name());
        let connection = self.to.lease().await?;
        let sql = format!("ALTER SUBSCRIPTION {} DISABLE", quote::identifier(self.name()));
        match connection.execute(&sql, what.clone()).await {
            Err(error) if error.code.as_deref() == Some("42704") => return Ok(()),
            outcome => outcome?,
        }
        // From PostgreSQL 16 on a worker told so ends at once, and its next start waits for nothing. Before, it notices within a
        // second; ended by force, at once.
        let gentle = self.to.flavor().await?.wakes_subscription_workers();
        let mut force = Instant::now() + if gentle { GENTLE } else { Duration::ZERO };
        let worker = format!(
            "SELECT pid::text FROM pg_stat_subscription WHERE subname = {} AND pid IS NOT NULL",
            self.subscription_literal()
        );
        let deadline = Instant::now() + ENDING;
        while let Some(pid) = connection.value(&worker, what.clone()).await? {
            if Instant::now() > force {
                connection
                    .execute(&format!("SELECT pg_terminate_backend({pid})"), what.clone())
                    .await?;
                force = Instant::now() + GENTLE;
            }
            if Instant::now() > deadline {
                let hint = "its worker does not end: look for it in pg_stat_activity";
                return Err(trouble(connection.server(), what, ErrorKind::Lock, Some(hint)));
            }
            sleep(Duration::from_millis(1)).await;
        }
        connection.give_back();
        Ok(())
    }

    pub(super) async fn drop_subscription(&self) -> Result<(), EngineError> {
        self.disable().await?;
        if !self.has_subscription().await? {
            return Ok(());
        }
        let what = format!("failed to drop the subscription `{}`", self.name());
        let name = quote::identifier(self.name());
        let connection = self.to.lease().await?;
        // Without its slot's name the subscription goes without asking the other side, which may be gone.
        let sql = format!("ALTER SUBSCRIPTION {name} SET (slot_name = NONE)");
        connection.execute(&sql, what.clone()).await?;
        connection
            .execute(&format!("DROP SUBSCRIPTION {name}"), what)
            .await?;
        connection.give_back();
        Ok(())
    }

    pub(super) async fn receiving_side(&self) -> Result<Receiving, EngineError> {
        let connection = self.to.lease().await?;
        let ask = format!(
            "SELECT s.subenabled::text, EXISTS (SELECT FROM pg_stat_subscription AS w
                                               WHERE w.subname = s.subname AND w.pid IS NOT NULL)::text
             FROM pg_subscription AS s
             WHERE s.subname = {} AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
            self.subscription_literal()
        );
        let rows = connection
            .simple(&ask, "failed to ask for the subscription")
            .await?;
        connection.give_back();
        let flag = |column| rows.first().and_then(|row| row.get(column)) == Some("true");
        Ok(Receiving {
            exists: !rows.is_empty(),
            enabled: flag(0),
            worker: flag(1),
        })
    }

    pub(super) async fn sending_side(&self) -> Result<Sending, EngineError> {
        let connection = self.from.lease().await?;
        // `wal_status` came with PostgreSQL 13.
        let ask = format!(
            "SELECT pg_current_wal_lsn()::text, (s.slot_name IS NOT NULL)::text, s.active::text,
                    to_jsonb(s) ->> 'wal_status', s.confirmed_flush_lsn::text, r.replay_lsn::text,
                    coalesce(extract(epoch FROM r.replay_lag), 0)::text,
                    EXISTS (SELECT FROM pg_publication WHERE pubname = {name} AND pubinsert AND pubupdate AND pubdelete)::text
             FROM (SELECT) AS one
             LEFT JOIN pg_replication_slots AS s ON s.slot_name = {name}
             LEFT JOIN pg_stat_replication AS r ON r.pid = s.active_pid",
            name = quote::literal(self.name())
        );
        let rows = connection
            .simple(&ask, "failed to ask for the replication slot")
            .await?;
        connection.give_back();
        let row = rows.first();
        let text = |column| row.and_then(|row| row.get(column)).unwrap_or_default();
        let lsn = |column| text(column).parse::<Lsn>().ok();
        Ok(Sending {
            current: lsn(0).unwrap_or(Lsn(0)),
            slot: text(1) == "true",
            active: text(2) == "true",
            wal_status: text(3).to_owned(),
            confirmed: lsn(4),
            replayed: lsn(5),
            lag_seconds: text(6).parse().unwrap_or(0.0),
            publishing: text(7) == "true",
        })
    }
}

/// A value of a connection string (PostgreSQL manual, "Connection Strings": keyword/value form).
fn parameter(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}
