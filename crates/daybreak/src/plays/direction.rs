use std::sync::Arc;

use daybreak_engine::{Database, Replication};
use daybreak_traffic::Side;

use super::World;

/// Which way writes move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the datacenter to Aurora: the cut-over.
    ToTarget,
    /// Home again: failing back.
    ToSource,
}

impl Direction {
    /// The play's name in the journal.
    pub(crate) const fn play(self) -> &'static str {
        match self {
            Self::ToTarget => "cutover",
            Self::ToSource => "failback",
        }
    }

    /// The side that is to be written.
    pub(crate) const fn new_side(self) -> Side {
        match self {
            Self::ToTarget => Side::Target,
            Self::ToSource => Side::Source,
        }
    }

    /// The server that is written until the turn.
    pub(crate) fn old_writer(self, world: &World) -> &Arc<dyn Database> {
        match self {
            Self::ToTarget => &world.source,
            Self::ToSource => &world.target,
        }
    }

    /// The server that is written from the turn on.
    pub(crate) fn new_writer(self, world: &World) -> &Arc<dyn Database> {
        match self {
            Self::ToTarget => &world.target,
            Self::ToSource => &world.source,
        }
    }

    /// Replication from the old writer to the new one.
    pub(crate) fn link(self, world: &World) -> &Arc<dyn Replication> {
        match self {
            Self::ToTarget => &world.forward,
            Self::ToSource => &world.backward,
        }
    }

    /// Replication from the new writer back to the old one, where the plan keeps the way back open.
    pub(crate) fn back(self, world: &World) -> Option<&Arc<dyn Replication>> {
        match self {
            Self::ToTarget => world.settings.way_back.then_some(&world.backward),
            Self::ToSource => Some(&world.forward),
        }
    }
}
