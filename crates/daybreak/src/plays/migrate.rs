mod data_check;
mod estate_check;
mod links_prepare;
mod load_copy;
mod replicate_start;
mod target_hold;

use std::sync::Arc;

use daybreak_runbook::{BadRunbook, Runbook};

use super::World;

/// Everything up to two equal sides: checked, loaded, replicating, compared, with the target closed to applications.
pub(crate) fn migrate(world: &Arc<World>) -> Result<Runbook, BadRunbook> {
    Runbook::builder("migrate")
        .step(estate_check::EstateCheck(Arc::clone(world)))
        .step(links_prepare::LinksPrepare(Arc::clone(world)))
        .step(load_copy::LoadCopy(Arc::clone(world)))
        .step(target_hold::TargetHold(Arc::clone(world)))
        .step(replicate_start::ReplicateStart(Arc::clone(world)))
        .step(data_check::DataCheck(Arc::clone(world)))
        .build()
}
