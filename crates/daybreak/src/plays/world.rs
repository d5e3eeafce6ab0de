use std::sync::Arc;

use daybreak_engine::{Database, EngineError, Replication, Statement, database, database_part, replication};
use daybreak_model::Table;
use daybreak_traffic::TrafficSwitch;
use daybreak_work::Delta;
use tokio::sync::Mutex;

use super::Direction;
use super::cut_over::PauseClock;
use super::gate_line::GateLine;
use crate::config::Settings;

/// The servers, links and the gate that the steps of a run work on.
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) source: Arc<dyn Database>,
    pub(crate) target: Arc<dyn Database>,
    /// Replication from source to target.
    pub(crate) forward: Arc<dyn Replication>,
    /// Replication from target to source.
    pub(crate) backward: Arc<dyn Replication>,
    /// Where applications are sent; absent when the plan has no gate.
    pub(crate) gate: Option<Arc<dyn TrafficSwitch>>,
    /// Changes followed since just before the cut-over, so that the check inside its pause is short. Lives in memory
    /// only: after a crash the pause is undone, and following begins anew.
    pub(super) delta: Mutex<Option<Delta>>,
    /// How long the pause that is on may still take.
    pub(super) pause: PauseClock,
}

impl World {
    /// Connects nothing yet: servers and gate are reached when first asked.
    pub(crate) fn new(settings: Settings) -> Arc<Self> {
        let (source, target) = (settings.source.endpoint.clone(), settings.target.endpoint.clone());
        let gate = settings
            .gate
            .as_ref()
            .map(|_| Arc::new(GateLine(settings.gate_socket())) as Arc<dyn TrafficSwitch>);
        Arc::new(Self {
            source: database_part(source.clone(), settings.scope.part.clone()),
            target: database(target.clone()),
            forward: replication(source.clone(), target.clone(), settings.link.clone()),
            backward: replication(target, source, settings.link.towards_source()),
            gate,
            delta: Mutex::new(None),
            pause: PauseClock::default(),
            settings,
        })
    }

    /// Asks every server what it runs, which decides the statements: plans made after this show the exact ones.
    pub(crate) async fn ask_flavors(&self) -> Result<(), EngineError> {
        let (native, way_back) = (self.settings.native, self.settings.way_back);
        let link = async |link: &Arc<dyn Replication>, used: bool| {
            if used {
                link.refusal().await?;
            }
            Ok(())
        };
        tokio::try_join!(self.source.flavor(), self.target.flavor())?;
        tokio::try_join!(
            link(&self.forward, native),
            link(&self.backward, native && way_back)
        )?;
        Ok(())
    }

    /// The tables in the scope, as the source has them now.
    pub(super) async fn tables(&self) -> Result<Vec<Table>, EngineError> {
        self.source.tables(&self.settings.scope).await
    }

    /// Sets a side that no application uses read-only, also after a restart where it can keep that.
    pub(super) async fn close(&self, side: &Arc<dyn Database>) -> Result<(), EngineError> {
        side.prepare_fence(&self.settings.scope).await?;
        side.stay_fenced_after_restart().await?;
        side.fence(&self.settings.scope).await
    }

    /// Brings those scheduled events to life on the new writer that live on the old one. Where the old one follows, it
    /// puts its own to sleep with that (manual, "Replication of Invoked Features": `REPLICA_SIDE_DISABLED`).
    pub(super) async fn enable_on_new_writer(&self, direction: Direction) -> Result<(), EngineError> {
        let statements = self.statements_that_enable(direction).await?;
        direction.new_writer(self).run(&statements).await
    }

    /// The statements that do so.
    pub(crate) async fn statements_that_enable(
        &self,
        direction: Direction,
    ) -> Result<Vec<Statement>, EngineError> {
        let (old, new) = (direction.old_writer(self), direction.new_writer(self));
        let image = old.schema(&self.settings.scope, &new.flavor().await?).await?;
        Ok(image
            .objects
            .into_iter()
            .flat_map(|object| {
                let what = format!("enable {}", object.name);
                object.enable.into_iter().map(move |text| Statement {
                    what: what.clone(),
                    text,
                })
            })
            .collect())
    }
}
