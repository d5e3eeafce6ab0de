use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Compare, Database, EngineError, ErrorKind, Hashing, Replication};
use daybreak_model::Position;

use super::CheckSettings;

/// How often a follower is asked how far it has come.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// What carries changes from the source to a server that is compared with it.
#[derive(Clone)]
pub enum Follows {
    /// Replication of ours.
    Link(Arc<dyn Replication>),
    /// Replication of the company's own, to a replica or a standby.
    ByItself,
    /// Nothing: both sides stand still.
    Nothing,
}

/// A server that is compared with the source.
#[derive(Clone)]
pub struct Compared {
    /// The server.
    pub server: Arc<dyn Database>,
    /// How it gets the source's changes.
    pub follows: Follows,
}

/// The source, with a connection that computes digests there.
pub(super) struct Lead {
    pub(super) server: Arc<dyn Database>,
    pub(super) on: Box<dyn Compare>,
    pub(super) settings: CheckSettings,
}

/// A server compared with it, with a connection that computes digests there.
pub(super) struct Follower {
    pub(super) server: Arc<dyn Database>,
    pub(super) on: Box<dyn Compare>,
    follows: Follows,
    /// Where the source stood, and when that was seen, if this has not come there yet.
    seen: Option<(Position, Instant)>,
    /// Whether it did not reach a position in time, or cannot: every further wait would be as long and as vain.
    pub(super) stuck: bool,
}

async fn connect(server: &Arc<dyn Database>, hashing: Hashing) -> Result<Box<dyn Compare>, EngineError> {
    let mut on = server.checker().await?;
    on.hash_by(hashing);
    Ok(on)
}

impl Lead {
    pub(super) async fn open(
        server: &Arc<dyn Database>,
        settings: &CheckSettings,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            server: Arc::clone(server),
            on: connect(server, settings.hashing).await?,
            settings: settings.clone(),
        })
    }

    /// Takes a new connection in the place of one that broke.
    pub(super) async fn reconnect(&mut self) -> Result<(), EngineError> {
        self.on = connect(&self.server, self.settings.hashing).await?;
        Ok(())
    }
}

impl Follower {
    pub(super) async fn open(compared: &Compared, hashing: Hashing) -> Result<Self, EngineError> {
        Ok(Self {
            server: Arc::clone(&compared.server),
            on: connect(&compared.server, hashing).await?,
            follows: compared.follows.clone(),
            seen: None,
            stuck: false,
        })
    }

    /// Returns when it has everything that the source held at the moment of the call.
    pub(super) async fn catch_up(
        &mut self,
        source: &Arc<dyn Database>,
        patience: Duration,
    ) -> Result<(), EngineError> {
        let reached = self.reach(source, patience).await;
        self.stuck = reached.as_ref().is_err_and(|error| !error.is_transient());
        reached
    }

    async fn reach(&mut self, source: &Arc<dyn Database>, patience: Duration) -> Result<(), EngineError> {
        match &self.follows {
            Follows::Nothing => Ok(()),
            Follows::Link(link) => {
                let position = source.position().await?;
                link.wait_for(&position, patience).await
            }
            Follows::ByItself => {
                let position = source.position().await?;
                let begun = Instant::now();
                loop {
                    let now = self.server.following().await?;
                    if now.applied.covers(&position) {
                        return Ok(());
                    }
                    if begun.elapsed() > patience {
                        return Err(EngineError {
                            server: self.server.endpoint().to_string(),
                            what: format!(
                                "failed to wait for replication: after {} s it stands at {}, short of {position}",
                                patience.as_secs(),
                                now.applied
                            ),
                            kind: ErrorKind::Other,
                            code: None,
                            hint: Some("see that it replicates from the primary itself, and look again when it has caught up".to_owned()),
                            source: None,
                        });
                    }
                    tokio::time::sleep(ASK_AGAIN).await;
                }
            }
        }
    }

    /// How far it is behind, in seconds, where it replicates by itself and knows. A PostgreSQL standby only knows when the last
    /// transaction that it replayed was committed, which is long ago on a quiet server whatever else is in the log: it counts as
    /// behind for as long as it has not come to where the source was seen to stand.
    pub(super) async fn lag_seconds(&mut self, source: &Arc<dyn Database>) -> Option<f64> {
        let Follows::ByItself = self.follows else {
            return None;
        };
        let now = self.server.following().await.ok()?;
        if !matches!(now.applied, Position::Lsn(_)) || now.lag_seconds.is_none_or(|lag| lag == 0.0) {
            self.seen = None;
            return now.lag_seconds;
        }
        if self
            .seen
            .as_ref()
            .is_none_or(|(position, _)| now.applied.covers(position))
        {
            self.seen = Some((source.position().await.ok()?, Instant::now()));
        }
        let (_, since) = self.seen.as_ref()?;
        Some(since.elapsed().as_secs_f64())
    }
}
