mod assess;
mod audit;
mod data_check;
mod estate_check;
mod estate_data_check;
mod links_prepare;
mod load_copy;
mod refuse;
mod replicate_start;
mod schema_check;
mod slow_check;
mod source_hold;
mod target_hold;

use std::sync::Arc;

use daybreak_runbook::{BadRunbook, Runbook};

pub(crate) use estate_check::pair;

use super::World;

/// Where a step looks that begins at the source.
const EVERY: &str = "every server found around it";

/// What of a migration the plan decides: which steps it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    /// Whether the target follows by the servers' own replication. Without it the source is closed, too, before the load.
    native: bool,
    /// Whether the plan sets limits for slow statements.
    slow: bool,
    /// Whether the plan wants an audit.
    audit: bool,
}

impl Shape {
    fn of(world: &World) -> Self {
        Self {
            native: world.settings.native,
            slow: world.settings.slow.is_some(),
            audit: world.settings.audit,
        }
    }
}

/// Everything up to two equal sides: the workload and the estate assessed and compared, both sides checked, loaded, replicating,
/// compared, with the target closed to applications. The long comparison of the estate comes after everything that can refuse at once.
pub(crate) fn migrate(world: &Arc<World>) -> Result<Runbook, BadRunbook> {
    shaped(world, Shape::of(world))
}

/// The same as other plans would have it: to end a run that was begun with one of them.
pub(crate) fn migrate_otherwise(world: &Arc<World>) -> Result<Vec<Runbook>, BadRunbook> {
    let both = [true, false];
    let shapes = both.into_iter().flat_map(|native| {
        both.into_iter()
            .flat_map(move |slow| both.into_iter().map(move |audit| Shape { native, slow, audit }))
    });
    let others = shapes.filter(|shape| *shape != Shape::of(world));
    others.map(|shape| shaped(world, shape)).collect()
}

fn shaped(world: &Arc<World>, shape: Shape) -> Result<Runbook, BadRunbook> {
    let world = || Arc::clone(world);
    let mut book = Runbook::builder("migrate").step(assess::Assess(world()));
    if shape.audit {
        book = book.step(audit::Audit(world()));
    }
    if shape.slow {
        book = book.step(slow_check::SlowCheck(world()));
    }
    book = book
        .step(schema_check::SchemaCheck(world()))
        .step(estate_check::EstateCheck(world()))
        .step(estate_data_check::EstateDataCheck(world()));
    book = if shape.native {
        book.step(links_prepare::LinksPrepare(world()))
    } else {
        book.step(source_hold::SourceHold(world()))
    };
    book = book
        .step(load_copy::LoadCopy(world()))
        .step(target_hold::TargetHold(world()));
    if shape.native {
        book = book.step(replicate_start::ReplicateStart(world()));
    }
    book.step(data_check::DataCheck(world())).build()
}
