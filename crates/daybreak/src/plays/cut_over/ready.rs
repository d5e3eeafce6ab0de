use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use daybreak_engine::{Database, Replication, Session};
use daybreak_model::WriteState;
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};
use daybreak_work::{CheckReport, Delta, Facts, Verdict as CheckVerdict, readiness, same_schema};

use super::Play;
use super::check::follow_and_compare;
use crate::plays::Direction;
use crate::plays::failure::{OrFail, evidence};

/// How long the way back may take to connect.
const CONNECTING: Duration = Duration::from_secs(20);
/// How long a session of a client that has gone is listed, at most.
const LINGERING: Duration = Duration::from_secs(5);

/// Go or no-go: measures, decides, and refuses with the measurements.
pub(super) struct Ready(pub(super) Play);

#[async_trait]
impl Step for Ready {
    fn plan(&self) -> StepPlan {
        let play = &self.0;
        StepPlan {
            servers: vec![play.old_name(), play.new_name()],
            statements: vec!["measure lag, open transactions, sessions beside the gate, schemas, clocks, the last data check".to_owned()],
            undo: Undo::Nothing,
            // Where changes were missed, or nobody follows them any more, every row is compared here.
            deadline: Duration::from_secs(7 * 86_400),
            needs_approval: true,
            ..StepPlan::new(&play.id("ready"), "F4", "decide: go or no-go")
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, cx: &Context) -> Result<Evidence, StepError> {
        let Play { world, direction } = &self.0;
        // A server that restarted since need not have started it again.
        direction.link(world).resume().await.or_fail()?;
        // A pause that was taken back while the new writer was away may have disarmed it.
        if let Some(back) = direction.back(world) {
            back.arm().await.or_fail()?;
        }
        let lost = world
            .delta
            .lock()
            .await
            .as_ref()
            .is_some_and(Delta::has_lost_track);
        if self.0.close_new_writer().await? || lost {
            // It was open since the last check, or changes were missed: all is compared again.
            if let Some(former) = world.delta.lock().await.take() {
                former.close().await.or_fail()?;
            }
        }
        let followed = world.delta.lock().await.is_some();
        if !followed {
            follow_and_compare(cx, &self.0).await?;
        }
        let mut delta = world.delta.lock().await;
        let moving = match delta.as_mut() {
            Some(delta) => delta.work_off().await.or_fail()?,
            None => CheckReport::default(),
        };
        let facts = self.measure(&moving).await?;
        let reasons = readiness(&facts, &world.settings.cut_over.limits);
        let measured = evidence(&facts);
        let Some(first) = reasons.first() else {
            return Ok(measured);
        };
        let words: Vec<&str> = reasons.iter().map(|reason| reason.reason.as_str()).collect();
        Err(
            StepError::new(format!("not ready to cut over: {}", words.join("; ")))
                .with_hint(first.hint.clone())
                .with_evidence(measured),
        )
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        Ok(Verdict::Holds(Evidence::none()))
    }
}

impl Ready {
    async fn measure(&self, moving: &CheckReport) -> Result<Facts, StepError> {
        let Play { world, direction } = &self.0;
        let (old, new) = (direction.old_writer(world), direction.new_writer(world));
        let status = direction.link(world).status().await.or_fail()?;
        let way_back = match direction.back(world) {
            None => None,
            Some(back) => Some(is_armed(back.as_ref()).await?),
        };
        let (here, there) = (old.identity().await.or_fail()?, new.identity().await.or_fail()?);
        let (mut sessions, mut foreign_writers) = self.look_beside_the_gate(old).await?;
        if self.shares_the_old_writer() {
            // Applications of other purposes write there, as they should: whose a session is cannot be seen before the fence.
            sessions.clear();
            foreign_writers.clear();
        }
        let begun = Instant::now();
        while !foreign_writers.is_empty() && begun.elapsed() < LINGERING {
            // A connection that the gate has let go is listed by the server for a moment yet, longer by one that was frozen.
            tokio::time::sleep(LINGERING / 10).await;
            let (_, again) = self.look_beside_the_gate(old).await?;
            foreign_writers.retain(|session| again.contains(session));
        }
        let flavor = world.target.flavor().await.or_fail()?;
        let scope = &world.settings.scope;
        let images = tokio::try_join!(
            world.source.schema(scope, &flavor),
            world.target.schema(scope, &flavor)
        )
        .or_fail()?;
        let check = match moving.verdict {
            CheckVerdict::Same | CheckVerdict::CouldNotTell => Ok(()),
            CheckVerdict::Different => Err(moving.troubles().join(" · ")),
        };
        Ok(Facts {
            replication: if status.is_running() {
                Ok(())
            } else {
                Err(status.fault.map_or_else(
                    || "it is stopped".to_owned(),
                    |fault| format!("{} {}", fault.code, fault.message),
                ))
            },
            lag_seconds: status.lag_seconds,
            way_back,
            check,
            oldest_transaction: oldest(&sessions),
            foreign_writers,
            clock_skew_ms: there.clock_offset_ms - here.clock_offset_ms,
            new_writer_fenced: new.write_state().await.or_fail()? == WriteState::Fenced,
            old_writer_open: old.write_state().await.or_fail()?.may_be_written(),
            schema: same_schema(&images.0, &images.1),
        })
    }

    /// Whether a part of the old writer moves, and the rest goes on being written.
    fn shares_the_old_writer(&self) -> bool {
        let Play { world, direction } = &self.0;
        *direction == Direction::ToTarget && world.settings.scope.part.is_some()
    }

    /// The old writer's sessions, and those of them that did not come through the gate. The gate is asked before and after they are
    /// listed: its clients come and go, and one of them that did meanwhile is no foreigner.
    async fn look_beside_the_gate(
        &self,
        old: &Arc<dyn Database>,
    ) -> Result<(Vec<Session>, Vec<String>), StepError> {
        let before = self.ports_of_the_gate().await?;
        let sessions = old.sessions().await.or_fail()?;
        let after = self.ports_of_the_gate().await?;
        let foreign = match (before, after) {
            (Some(before), Some(after)) => self.beside_the_gate(&sessions, &before, &after),
            _ => Vec::new(),
        };
        Ok((sessions, foreign))
    }

    /// The ports from which the gate is connected to the old writer; none without a gate.
    async fn ports_of_the_gate(&self) -> Result<Option<HashSet<u16>>, StepError> {
        let Some(gate) = &self.0.world.gate else {
            return Ok(None);
        };
        Ok(gate
            .backends()
            .await
            .or_fail()?
            .map(|ports| ports.into_iter().collect()))
    }

    /// Who is connected to the old writer without having come through the gate, which had these ports before the sessions were
    /// listed and after. Without a gate nobody can be told apart.
    fn beside_the_gate(
        &self,
        sessions: &[Session],
        before: &HashSet<u16>,
        after: &HashSet<u16>,
    ) -> Vec<String> {
        let world = &self.0.world;
        // Where addresses are translated on the way, the server knows the gate's ports by chance only, and nobody can be told
        // apart.
        let seen: HashSet<u16> = sessions
            .iter()
            .filter_map(|session| session.client_port)
            .collect();
        let known = after.intersection(&seen).count();
        if known * 2 < after.len() || known == 0 {
            return Vec::new();
        }
        let through = |port: u16| before.contains(&port) || after.contains(&port);
        let ignored = &world.settings.cut_over.ignore_accounts;
        sessions
            .iter()
            .filter(|session| !session.ours && !ignored.contains(&session.user))
            .filter(|session| session.client_port.is_none_or(|port| !through(port)))
            .map(|session| format!("{}@{}", session.user, session.client))
            .collect()
    }
}

/// Whether the way back stands ready: connected, though nothing flows yet. One that was armed just now is waited for.
async fn is_armed(back: &dyn Replication) -> Result<Result<(), String>, StepError> {
    let begun = Instant::now();
    loop {
        let status = back.status().await.or_fail()?;
        match status.fault {
            Some(fault) => return Ok(Err(fault.message)),
            None if status.receiving => return Ok(Ok(())),
            None if begun.elapsed() > CONNECTING => {
                return Ok(Err("it is set up and does not connect".to_owned()));
            }
            None => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// The session whose transaction has been open longest, ours left out.
fn oldest(sessions: &[Session]) -> Option<(f64, String)> {
    sessions
        .iter()
        .filter(|session| session.in_transaction && !session.ours)
        .max_by(|one, other| one.transaction_seconds.total_cmp(&other.transaction_seconds))
        .map(|session| {
            (
                session.transaction_seconds,
                format!("{}@{}", session.user, session.client),
            )
        })
}
