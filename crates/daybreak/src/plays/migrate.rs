mod assess;
mod data_check;
mod estate_check;
mod estate_data_check;
mod links_prepare;
mod load_copy;
mod refuse;
mod replicate_start;
mod schema_check;
mod source_hold;
mod target_hold;

use std::sync::Arc;

use daybreak_runbook::{BadRunbook, Runbook};

pub(crate) use estate_check::pair;

use super::World;

/// Where a step looks that begins at the source.
const EVERY: &str = "every server found around it";

/// Everything up to two equal sides: the estate assessed and compared, both sides checked, loaded, replicating, compared, with the
/// target closed to applications. The long comparison of the estate comes after everything that can refuse at once.
/// Without native replication the source is closed, too, before the load.
pub(crate) fn migrate(world: &Arc<World>) -> Result<Runbook, BadRunbook> {
    migrate_as(world, world.settings.native)
}

/// The same as it is with or without native replication, whatever the plan says: to end a run that was begun otherwise.
pub(crate) fn migrate_as(world: &Arc<World>, native: bool) -> Result<Runbook, BadRunbook> {
    if !native {
        return Runbook::builder("migrate")
            .step(assess::Assess(Arc::clone(world)))
            .step(schema_check::SchemaCheck(Arc::clone(world)))
            .step(estate_check::EstateCheck(Arc::clone(world)))
            .step(estate_data_check::EstateDataCheck(Arc::clone(world)))
            .step(source_hold::SourceHold(Arc::clone(world)))
            .step(load_copy::LoadCopy(Arc::clone(world)))
            .step(target_hold::TargetHold(Arc::clone(world)))
            .step(data_check::DataCheck(Arc::clone(world)))
            .build();
    }
    Runbook::builder("migrate")
        .step(assess::Assess(Arc::clone(world)))
        .step(schema_check::SchemaCheck(Arc::clone(world)))
        .step(estate_check::EstateCheck(Arc::clone(world)))
        .step(estate_data_check::EstateDataCheck(Arc::clone(world)))
        .step(links_prepare::LinksPrepare(Arc::clone(world)))
        .step(load_copy::LoadCopy(Arc::clone(world)))
        .step(target_hold::TargetHold(Arc::clone(world)))
        .step(replicate_start::ReplicateStart(Arc::clone(world)))
        .step(data_check::DataCheck(Arc::clone(world)))
        .build()
}
