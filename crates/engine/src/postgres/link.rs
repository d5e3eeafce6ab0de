//! Native logical replication in one direction: publication and slot on one side, subscription on the other.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use daybreak_model::{
    Behind, Endpoint, LinkSettings, Lsn, Position, Refusal, ReplicationFault, ReplicationStatus, Scope,
};
use postgres_protocol::password::scram_sha_256;
use tokio::time::{Instant, sleep};

use super::classify::trouble;
use super::connection::Connection;
use super::server::Server;
use super::{identity, publication, quote};
use crate::{EngineError, ErrorKind, Replication, Statement};

mod arming;
mod catch_up;
mod subscription;

pub(crate) use subscription::{Receiving, Sending};

/// How long a worker or a walsender may take to end after it was told to.
const ENDING: Duration = Duration::from_secs(10);

/// A worker that does not run.
struct Down {
    since: Instant,
    /// How often it had failed when nothing was found to explain it.
    failures: Option<u64>,
}

impl Down {
    fn now() -> Self {
        Self {
            since: Instant::now(),
            failures: None,
        }
    }
}

/// What to do where a slot does not stand at a load's position.
const LOAD_AGAIN: &str = "load again: the changes since the load's snapshot cannot be had from this slot";

/// One direction.
pub(crate) struct Link {
    pub(crate) from: Server,
    pub(crate) to: Server,
    pub(crate) settings: LinkSettings,
    /// What is known of the subscription's being without a worker though switched on; `None` when last seen with one.
    down: Mutex<Option<Down>>,
}

impl Link {
    pub(crate) fn new(from: Endpoint, to: Endpoint, settings: LinkSettings) -> Self {
        Self {
            from: Server::new(from),
            to: Server::new(to),
            settings,
            down: Mutex::default(),
        }
    }

    fn name(&self) -> &str {
        &self.settings.name
    }

    /// Makes the account that the other side's server logs in with.
    async fn make_account(&self, connection: &Connection) -> Result<(), EngineError> {
        let what = format!(
            "failed to create the replication account `{}`",
            self.settings.user
        );
        let ask = format!(
            "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = {})::text, EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_replication')::text",
            quote::literal(&self.settings.user)
        );
        let rows = connection.simple(&ask, what.clone()).await?;
        let flag = |column| rows.first().and_then(|row| row.get(column)) == Some("true");
        let (exists, amazon) = (flag(0), flag(1));
        // The server stores a verifier of the password; sent as one, the password itself is in no log.
        let verifier = scram_sha_256(self.settings.password.expose().as_bytes());
        let verb = if exists { "ALTER" } else { "CREATE" };
        let role = quote::identifier(&self.settings.user);
        let account = |attribute| {
            format!(
                "{verb} ROLE {role} LOGIN {attribute} PASSWORD {}",
                quote::literal(&verifier)
            )
        };
        match connection.execute(&account("REPLICATION"), what.clone()).await {
            // Amazon's administrator cannot hand out the attribute; membership stands for it there.
            Err(error) if error.kind == ErrorKind::Privilege && amazon => {
                connection.execute(&account(""), what.clone()).await?;
            }
            outcome => outcome?,
        }
        if amazon {
            connection
                .execute(&format!("GRANT rds_replication TO {role}"), what)
                .await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Replication for Link {
    async fn refusal(&self) -> Result<Option<Refusal>, EngineError> {
        let from = self.from.lease().await?;
        let flavor = self.from.flavor().await?;
        let who = identity::identity(&from, flavor).await?;
        from.give_back();
        let object = format!("replication from {} to {}", self.from.endpoint, self.to.endpoint);
        let refuse = |reason: String, hint: &str| {
            Ok(Some(Refusal {
                object: object.clone(),
                reason,
                hint: hint.to_owned(),
            }))
        };
        if let Some(check) = who.cannot_be_followed {
            return refuse(check.found, &check.hint);
        }
        for flavor in [flavor, self.to.flavor().await?] {
            if !flavor.is_supported_postgres() {
                return refuse(
                    format!("{flavor} is not carried"),
                    "PostgreSQL 12 to 18 are; upgrade it first",
                );
            }
        }
        if self.settings.tls && !self.leader_offers_tls().await? {
            return refuse(
                format!(
                    "replication is to be encrypted, and {} offers no TLS",
                    self.from.endpoint
                ),
                "give the server a certificate (`ssl = on`), or set `replication.tls = false` where the network between the sides is safe",
            );
        }
        let reason = self.exhausted().await?;
        match reason {
            Some((reason, hint)) => refuse(reason, hint),
            None => Ok(None),
        }
    }

    fn prepare_statements(&self) -> Vec<(String, Statement)> {
        let role = quote::identifier(&self.settings.user);
        let from = &self.from.endpoint;
        vec![
            shown(
                from,
                "create the replication account",
                format!("CREATE ROLE {role} LOGIN REPLICATION PASSWORD '…'"),
            ),
            shown(
                from,
                "make rows of tables without a key known (undo: REPLICA IDENTITY DEFAULT)",
                publication::identify("…"),
            ),
            shown(
                from,
                "create the publication",
                format!(
                    "CREATE PUBLICATION {} FOR TABLE … WITH (publish_via_partition_root = true)",
                    quote::identifier(self.name())
                ),
            ),
        ]
    }

    fn start_statements(&self) -> Vec<(String, Statement)> {
        let (from, to) = (&self.from.endpoint, &self.to.endpoint);
        let name = self.name();
        vec![
            shown(
                from,
                "create the replication slot (the load's snapshot makes it)",
                format!(
                    "SELECT pg_create_logical_replication_slot({}, 'pgoutput')",
                    quote::literal(name)
                ),
            ),
            shown(
                to,
                "create the subscription",
                self.create_subscription("…", self.to.known_flavor(), self.from.known_flavor()),
            ),
            shown(
                to,
                "start replication",
                format!("ALTER SUBSCRIPTION {} ENABLE", quote::identifier(name)),
            ),
        ]
    }

    async fn prepare(&self, scope: &Scope) -> Result<(), EngineError> {
        let flavor = self.from.flavor().await?;
        let from = self.from.lease().await?;
        self.make_account(&from).await?;
        publication::ensure(&from, flavor, scope, self.name()).await?;
        from.give_back();
        Ok(())
    }

    async fn is_prepared(&self) -> Result<bool, EngineError> {
        let ask = format!(
            "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = {})
                    AND EXISTS (SELECT FROM pg_publication WHERE pubname = {})",
            quote::literal(&self.settings.user),
            quote::literal(self.name())
        );
        let what = format!("failed to look for the publication `{}`", self.name());
        let from = self.from.lease().await?;
        let found = from.value(&ask, what).await?;
        from.give_back();
        Ok(found.as_deref() == Some("t"))
    }

    async fn cannot_start_at(&self, position: &Position) -> Result<Option<Refusal>, EngineError> {
        Ok(self.slot_beside(position).await?.map(|reason| Refusal {
            object: format!("replication from {} at {position}", self.from.endpoint),
            reason,
            hint: LOAD_AGAIN.to_owned(),
        }))
    }

    async fn start(&self, from: Option<&Position>) -> Result<(), EngineError> {
        let Some(position) = from else {
            self.arm().await?;
            return self.engage().await;
        };
        if !self.has_subscription().await? {
            self.check_slot_stands_at(position).await?;
            self.make_subscription().await?;
        }
        self.enable().await
    }

    async fn arm(&self) -> Result<(), EngineError> {
        self.make_ready().await
    }

    async fn engage(&self) -> Result<(), EngineError> {
        self.let_flow().await
    }

    async fn disengage(&self) -> Result<(), EngineError> {
        self.hush().await
    }

    async fn reengage(&self) -> Result<(), EngineError> {
        self.let_flow().await
    }

    async fn resume(&self) -> Result<(), EngineError> {
        self.enable().await
    }

    async fn status(&self) -> Result<ReplicationStatus, EngineError> {
        let (sending, receiving) = tokio::join!(self.sending_side(), self.receiving_side());
        let (sending, receiving) = (sending?, receiving?);
        let configured = receiving.exists;
        let up = receiving.enabled && receiving.worker && sending.active;
        let running = up && sending.publishing;
        let applied = sending.replayed.or(sending.confirmed);
        let behind = applied.map_or(Behind::Unknown, |applied| {
            Behind::Bytes(sending.current.0.saturating_sub(applied.0))
        });
        let lag_seconds = match (running, behind) {
            (false, _) => None,
            (true, Behind::Bytes(0)) => Some(0.0),
            (true, _) => Some(sending.lag_seconds),
        };
        let fault = self.fault(&sending, &receiving).await?;
        Ok(ReplicationStatus {
            configured,
            receiving: sending.active,
            applying: receiving.enabled && receiving.worker && sending.publishing,
            lag_seconds,
            behind,
            applied: applied.map(Position::Lsn),
            fault,
        })
    }

    async fn wait_for(&self, position: &Position, deadline: Duration) -> Result<(), EngineError> {
        self.catch_up(self.lsn(position)?, deadline).await
    }

    async fn stop(&self) -> Result<(), EngineError> {
        self.disable().await
    }

    async fn remove(&self) -> Result<(), EngineError> {
        // The slot goes even when the other side cannot be reached: it would make this one keep its log for ever.
        let subscription = self.drop_subscription().await;
        let slot = self.drop_slot().await;
        subscription.and(slot)
    }

    async fn forget_snapshot(&self) -> Result<(), EngineError> {
        self.drop_slot().await
    }
}

fn shown(server: &Endpoint, what: &str, text: String) -> (String, Statement) {
    let what = what.to_owned();
    (server.to_string(), Statement { what, text })
}

impl Link {
    /// The fault that keeps the worker from running, if it does not run.
    async fn fault(
        &self,
        sending: &Sending,
        receiving: &Receiving,
    ) -> Result<Option<ReplicationFault>, EngineError> {
        let down_for = {
            let mut down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
            if !receiving.enabled || receiving.worker && sending.active {
                *down = None;
            } else {
                down.get_or_insert_with(Down::now);
            }
            down.as_ref().map_or(Duration::ZERO, |down| down.since.elapsed())
        };
        self.find_fault(sending, receiving, down_for).await
    }

    /// Whether the worker has failed again since nothing was found to explain its being down.
    pub(crate) fn failed_again(&self, failures: u64) -> bool {
        let mut down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        let down = down.get_or_insert_with(Down::now);
        failures > *down.failures.get_or_insert(failures)
    }

    fn lsn(&self, position: &Position) -> Result<Lsn, EngineError> {
        match position {
            Position::Lsn(lsn) => Ok(*lsn),
            other => {
                let what = format!("failed to use `{other}` as a position");
                Err(trouble(
                    &self.from.endpoint.to_string(),
                    what,
                    ErrorKind::Unsupported,
                    None,
                ))
            }
        }
    }

    async fn leader_offers_tls(&self) -> Result<bool, EngineError> {
        let connection = self.from.lease().await?;
        let ssl = connection
            .value("SELECT current_setting('ssl')", "failed to ask for TLS")
            .await?;
        connection.give_back();
        Ok(ssl.as_deref() == Some("on"))
    }

    /// Slots, walsenders and workers that are all taken. One slot is for replication, one for following which rows change before a
    /// cut-over; a sender reads the first, the second is read through a session.
    async fn exhausted(&self) -> Result<Option<(String, &'static str)>, EngineError> {
        let what = "failed to ask for free replication slots";
        let from = self.from.lease().await?;
        let name = quote::literal(self.name());
        let ask = format!(
            "SELECT (SELECT count(*) FROM pg_replication_slots WHERE slot_name <> {name} AND NOT temporary)::text,
                    current_setting('max_replication_slots'),
                    (SELECT count(*) FROM pg_stat_replication WHERE application_name IS DISTINCT FROM {name})::text,
                    current_setting('max_wal_senders')"
        );
        let rows = from.simple(&ask, what).await?;
        from.give_back();
        let number = |column| {
            rows.first()
                .and_then(|row| row.get(column)?.parse::<u64>().ok())
                .unwrap_or(0)
        };
        let (used, most) = (number(0), number(1));
        if used + 2 > most {
            let reason = format!(
                "two replication slots are needed, and {used} of the {most} of {} are taken",
                self.from.endpoint
            );
            return Ok(Some((
                reason,
                "drop slots nobody uses, or raise `max_replication_slots` and restart",
            )));
        }
        let (used, most) = (number(2), number(3));
        if used >= most {
            let reason = format!(
                "a sender of the log is needed, and all {most} of {} are taken",
                self.from.endpoint
            );
            return Ok(Some((reason, "raise `max_wal_senders` and restart")));
        }
        let to = self.to.lease().await?;
        let ask = "SELECT pg_is_in_recovery()::text, current_setting('max_logical_replication_workers'), current_setting('max_replication_slots')";
        let rows = to.simple(ask, what).await?;
        to.give_back();
        let text = |column| rows.first().and_then(|row| row.get(column)).unwrap_or_default();
        if text(0) == "true" {
            let reason = format!("{} is a standby", self.to.endpoint);
            return Ok(Some((
                reason,
                "name the primary, or the cluster's writer endpoint",
            )));
        }
        if text(1) == "0" || text(2) == "0" {
            let reason = format!(
                "{} has no logical replication workers or origins",
                self.to.endpoint
            );
            return Ok(Some((
                reason,
                "set `max_logical_replication_workers` and `max_replication_slots` to 4 or more and restart",
            )));
        }
        Ok(None)
    }

    /// A slot that has gone past the position no longer has what came between.
    async fn check_slot_stands_at(&self, position: &Position) -> Result<(), EngineError> {
        let Some(reason) = self.slot_beside(position).await? else {
            return Ok(());
        };
        Err(trouble(
            &self.from.endpoint.to_string(),
            format!("failed to start replication at {position}: {reason}"),
            ErrorKind::Other,
            Some(LOAD_AGAIN),
        ))
    }

    /// Where the slot is, if it does not stand at the position.
    async fn slot_beside(&self, position: &Position) -> Result<Option<String>, EngineError> {
        let wanted = self.lsn(position)?;
        let connection = self.from.lease().await?;
        let ask = format!(
            "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = {}",
            quote::literal(self.name())
        );
        let what = format!("failed to look at the replication slot `{}`", self.name());
        let stands = connection.value(&ask, what).await?;
        connection.give_back();
        let stands: Option<Lsn> = stands.and_then(|text| text.parse().ok());
        if stands == Some(wanted) {
            return Ok(None);
        }
        let found = stands.map_or_else(|| "is not there".to_owned(), |lsn| format!("stands at {lsn}"));
        Ok(Some(format!("the slot `{}` {found}", self.name())))
    }

    async fn drop_slot(&self) -> Result<(), EngineError> {
        let what = format!("failed to drop the replication slot `{}`", self.name());
        let connection = self.from.lease().await?;
        let name = quote::literal(self.name());
        let end = format!(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = {name} AND active_pid IS NOT NULL"
        );
        let drop = format!(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = {name}"
        );
        let deadline = Instant::now() + ENDING;
        loop {
            connection.execute(&end, what.clone()).await?;
            match connection.execute(&drop, what.clone()).await {
                Err(error) if error.code.as_deref() == Some("55006") && Instant::now() < deadline => {
                    sleep(Duration::from_millis(5)).await;
                }
                outcome => {
                    outcome?;
                    break;
                }
            }
        }
        connection.give_back();
        Ok(())
    }
}
