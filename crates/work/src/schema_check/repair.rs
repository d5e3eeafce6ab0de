//! What makes each server like the first, and doing it.

use daybreak_engine::{EngineError, Mend, Mended, RepairFrame, Statement, mend};
use daybreak_model::{Flavor, ObjectKind, PartKind, SchemaImage, SchemaObject, Scope, TablePart};

use super::classify::{Change, What};
use super::compare::{Deviation, Found, Subject};
use super::observe::View;
use super::{Ground, SchemaDifference, SchemaPlace, SchemaRepair, SchemaRepaired, parts};

/// The differences with their statements. The first server's objects are made in the words of the server they are made on.
pub(super) async fn with_repairs(
    ground: &Ground,
    scope: &Scope,
    views: &[View],
    found: Vec<Found>,
) -> Result<Vec<SchemaDifference>, EngineError> {
    let mut frames: Vec<RepairFrame> = Vec::with_capacity(views.len());
    let mut made_for: Vec<(Flavor, SchemaImage)> = Vec::new();
    for (index, view) in views.iter().enumerate() {
        let deviates = found
            .iter()
            .any(|found| found.deviations.iter().any(|deviation| deviation.view == index));
        frames.push(if deviates && index > 0 {
            ground.nodes[view.node].1.repair_frame(view.follows).await?
        } else {
            RepairFrame::default()
        });
        let known =
            view.flavor == views[0].flavor || made_for.iter().any(|(flavor, _)| *flavor == view.flavor);
        if deviates && !known {
            let image = ground.nodes[0].1.schema(scope, &view.flavor).await?;
            made_for.push((view.flavor.clone(), image));
        }
    }
    let wanted = |view: &View| {
        let translated = made_for.iter().find(|(flavor, _)| *flavor == view.flavor);
        translated.map_or(&views[0].image, |(_, image)| image)
    };
    let difference = |found: Found| {
        let repair = |deviation: &Deviation| {
            let view = &views[deviation.view];
            if deviation.view == 0 || ground.nodes[view.node].0.physical {
                return None;
            }
            let Mended { statements, loses } = statements(&found, deviation, views, wanted(view))?;
            let frame = &frames[deviation.view];
            Some(SchemaRepair {
                server: view.address.clone(),
                statements: [&frame.before, &statements, &frame.after]
                    .into_iter()
                    .flatten()
                    .cloned()
                    .collect(),
                loses_data: loses,
            })
        };
        let words: Vec<String> = found
            .deviations
            .iter()
            .map(|deviation| format!("{} {}", views[deviation.view].address, deviation.words))
            .collect();
        SchemaDifference {
            class: found.class(views),
            kind: found.kind().to_owned(),
            difference: words.join("; "),
            repair: found.deviations.iter().filter_map(repair).collect(),
            object: found.object,
            nodes: found.nodes,
        }
    };
    Ok(found.into_iter().map(difference).collect())
}

/// The statements for one server; none where a person must find them.
fn statements(found: &Found, deviation: &Deviation, views: &[View], wanted: &SchemaImage) -> Option<Mended> {
    let view = &views[deviation.view];
    let flavor = &view.flavor;
    match &found.subject {
        Subject::Object(kind, name) => {
            let same = |object: &&SchemaObject| object.kind == *kind && object.name == *name;
            let have = view.image.objects.iter().find(same);
            match &deviation.change {
                Change::Extra => mend(flavor, &Mend::Drop(have?)),
                Change::Missing => made(flavor, wanted.objects.iter().find(same)?, views, view, wanted),
                Change::Differs(_) => {
                    let want = wanted.objects.iter().find(same)?;
                    let mended = mend(flavor, &Mend::Replace(want, index_part(views, want), have?))?;
                    Some(asleep_or_awake(mended, flavor, want, view))
                }
            }
        }
        Subject::Part(table) => {
            let What::Part(kind) = found.what else { return None };
            let first: Vec<&TablePart> = parts::of_table(&views[0], table).collect();
            let same = |part: &&&TablePart| part.kind == kind && part.name == found.name;
            let want = first.iter().find(same).copied();
            let own: Vec<&TablePart> = parts::of_table(view, table).collect();
            let have = own.iter().find(same).copied();
            match &deviation.change {
                Change::Missing => {
                    let columns: Vec<&&TablePart> = first
                        .iter()
                        .filter(|part| part.kind == PartKind::Column)
                        .collect();
                    let at = columns.iter().position(|part| part.name == found.name);
                    let before = at.and_then(|at| columns.get(at.checked_sub(1)?));
                    mend(
                        flavor,
                        &Mend::AddPart(want?, before.map(|part| part.name.as_str())),
                    )
                }
                Change::Extra => mend(flavor, &Mend::DropPart(have?)),
                Change::Differs(_) => mend(flavor, &Mend::ChangePart(want?, have?)),
            }
        }
        Subject::Event(name) => {
            let event = view
                .image
                .objects
                .iter()
                .find(|object| object.kind == ObjectKind::Event && object.name == *name);
            mend(flavor, &Mend::Sleep(event?))
        }
        Subject::Nothing => None,
    }
}

/// A missing object; a table with the indexes that are made after it.
fn made(
    flavor: &Flavor,
    want: &SchemaObject,
    views: &[View],
    view: &View,
    wanted: &SchemaImage,
) -> Option<Mended> {
    let mut mended = mend(flavor, &Mend::Make(want, index_part(views, want)))?;
    if want.kind == ObjectKind::Table {
        let later = wanted
            .objects
            .iter()
            .filter(|object| object.kind == ObjectKind::Index && object.table == want.table);
        mended
            .statements
            .extend(later.flat_map(|index| index.create.clone()));
    }
    Some(asleep_or_awake(mended, flavor, want, view))
}

/// Events are made disabled: on a server that follows they are left to the first, elsewhere they run as they do there.
fn asleep_or_awake(mut mended: Mended, flavor: &Flavor, want: &SchemaObject, view: &View) -> Mended {
    if want.enable.is_empty() {
        return mended;
    }
    let then = match view.place {
        SchemaPlace::Target => None,
        _ if view.follows => mend(flavor, &Mend::Sleep(want)),
        _ => Some(Mended {
            statements: want.enable.clone(),
            loses: false,
        }),
    };
    mended
        .statements
        .extend(then.into_iter().flat_map(|then| then.statements));
    mended
}

/// The part of the first server's table that an index is.
fn index_part<'a>(views: &'a [View], index: &SchemaObject) -> Option<&'a TablePart> {
    let table = index.table.as_ref()?;
    views[0].parts.iter().find(|part| {
        part.kind == PartKind::Index && part.table == *table && index.name == format!("{table}.{}", part.name)
    })
}

/// Runs the repairs that lose nothing, each on a connection of its own; one that fails does not keep the others from being tried.
pub(super) async fn act(
    ground: &Ground,
    differences: &[SchemaDifference],
    even_primary: bool,
) -> Vec<SchemaRepaired> {
    let mut repaired = Vec::new();
    for (node, server) in &ground.nodes {
        if node.place == SchemaPlace::Primary && !even_primary {
            continue;
        }
        let address = node.endpoint.address();
        let mut after: Option<RepairFrame> = None;
        for difference in differences {
            let own = difference
                .repair
                .iter()
                .filter(|repair| repair.server == address && !repair.loses_data);
            for repair in own {
                if after.is_none() {
                    after = server.repair_frame(node.follows).await.ok();
                }
                let what = format!("repair {} {}", difference.kind, difference.object);
                let failed = run(server.as_ref(), &what, &repair.statements).await;
                repaired.push(SchemaRepaired {
                    server: address.clone(),
                    object: difference.object.clone(),
                    statements: repair.statements.clone(),
                    failed: failed.err().map(|error| error.in_words()),
                });
            }
        }
        // Whatever failed in between, the server is closed again as it was.
        if let Some(frame) = after
            && let Err(error) = run(server.as_ref(), "close the server again", &frame.after).await
        {
            repaired.push(SchemaRepaired {
                server: address.clone(),
                object: "the server itself".to_owned(),
                statements: frame.after,
                failed: Some(error.in_words()),
            });
        }
    }
    repaired
}

async fn run(
    server: &dyn daybreak_engine::Database,
    what: &str,
    statements: &[String],
) -> Result<(), EngineError> {
    let statements: Vec<Statement> = statements
        .iter()
        .map(|text| Statement {
            what: what.to_owned(),
            text: text.clone(),
        })
        .collect();
    server.run(&statements).await
}
