//! What makes each server like the first, and doing it.

use std::collections::BTreeMap;

use daybreak_engine::{AccountCopy, EngineError, HASH, Mend, Mended, RepairFrame, Statement, mend};
use daybreak_model::{
    Flavor, ObjectKind, PartKind, Phase, SchemaImage, SchemaObject, Scope, Secret, TablePart,
};

use super::beside::{self, Gap};
use super::classify::{Change, What};
use super::compare::{Deviation, Found, Subject};
use super::observe::View;
use super::{Ground, SchemaByHand, SchemaDifference, SchemaPlace, SchemaRepair, SchemaRepaired, parts};

/// What repairs a difference on one server.
#[derive(Debug)]
struct Cure {
    mended: Mended,
    /// What stands for [`HASH`] when it is run.
    hash: Option<Secret>,
    /// What is left for a person all the same.
    left: Option<&'static str>,
}

impl From<Mended> for Cure {
    fn from(mended: Mended) -> Self {
        Self {
            mended,
            hash: None,
            left: None,
        }
    }
}

/// By the place of a server's view and an account's name, what makes the account there, or why nothing does.
type Copies = BTreeMap<(usize, String), Result<AccountCopy, String>>;

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
        frames.push(if deviates {
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
    let copies = copies(ground, views, &found).await;
    let wanted = |view: &View| {
        let translated = made_for.iter().find(|(flavor, _)| *flavor == view.flavor);
        translated.map_or(&views[0].image, |(_, image)| image)
    };
    let difference = |found: Found| {
        let (mut repair, mut by_hand) = (Vec::new(), Vec::new());
        for deviation in &found.deviations {
            let view = &views[deviation.view];
            let server = view.address.clone();
            let cure = if ground.nodes[view.node].0.physical {
                Err("it has the files of its primary: what is repaired there comes to it".to_owned())
            } else {
                cure(&found, deviation, views, wanted(view), &copies)
            };
            let cure = match cure {
                Ok(cure) => cure,
                Err(why) => {
                    by_hand.push(SchemaByHand { server, why });
                    continue;
                }
            };
            let frame = &frames[deviation.view];
            repair.push(SchemaRepair {
                server: server.clone(),
                statements: [&frame.before, &cure.mended.statements, &frame.after]
                    .into_iter()
                    .flatten()
                    .cloned()
                    .collect(),
                loses_data: cure.mended.loses,
                hash: cure.hash,
            });
            by_hand.extend(cure.left.map(|why| SchemaByHand {
                server,
                why: why.to_owned(),
            }));
        }
        let words: Vec<String> = found
            .deviations
            .iter()
            .map(|deviation| format!("{} {}", views[deviation.view].address, deviation.words))
            .collect();
        SchemaDifference {
            class: found.class(views),
            kind: found.kind().to_owned(),
            difference: words.join("; "),
            repair,
            by_hand,
            object: found.object,
            nodes: found.nodes,
        }
    };
    Ok(found.into_iter().map(difference).collect())
}

/// The first server's word on every account that another lacks.
async fn copies(ground: &Ground, views: &[View], found: &[Found]) -> Copies {
    let mut copies = Copies::new();
    for found in found.iter().filter(|found| found.subject == Subject::Account) {
        for deviation in &found.deviations {
            if deviation.change != Change::Missing {
                continue;
            }
            let flavor = &views[deviation.view].flavor;
            let copy = ground.nodes[0].1.copy_account(&found.object, flavor).await;
            let copy = copy.map_err(|error| match error.hint() {
                Some(hint) => format!("{}; {hint}", error.in_words()),
                None => error.in_words(),
            });
            copies.insert((deviation.view, found.object.clone()), copy);
        }
    }
    copies
}

/// What repairs a difference on one server, or why a person must.
fn cure(
    found: &Found,
    deviation: &Deviation,
    views: &[View],
    wanted: &SchemaImage,
    copies: &Copies,
) -> Result<Cure, String> {
    let view = &views[deviation.view];
    let rights = |Gap { less, more }: Gap| {
        let change = Mend::Rights {
            account: &found.object,
            lacks: &less,
            beside: &more,
        };
        mend(&view.flavor, &change)
    };
    match (&found.subject, &deviation.change) {
        (Subject::Account, Change::Missing) => {
            let copy = copies
                .get(&(deviation.view, found.object.clone()))
                .cloned()
                .unwrap_or_else(|| Err("the first server was not asked for it".to_owned()))?;
            let gap = beside::gap(views, view, &found.object);
            let mut statements = copy.make;
            if !gap.less.is_empty() {
                statements.extend(rights(gap)?.statements);
            }
            statements.extend(copy.after);
            Ok(Cure {
                mended: Mended {
                    statements,
                    loses: false,
                },
                hash: copy.hash,
                left: copy.left,
            })
        }
        (Subject::Account, _) => Ok(mend(&view.flavor, &Mend::DropAccount(&found.object))?.into()),
        (Subject::Rights, _) => Ok(rights(beside::gap(views, view, &found.object))?.into()),
        (Subject::Definer, _) => Ok(owned(&found.object, deviation.view, views)?.into()),
        _ => Ok(statements(found, deviation, views, wanted)?.into()),
    }
}

/// What gives the objects of a definer that is not there to the account that repairs them: on the first server, from where that comes
/// to those that follow it.
fn owned(account: &str, place: usize, views: &[View]) -> Result<Mended, String> {
    let (first, view) = (&views[0], &views[place]);
    let lacks = |view: &View| {
        view.absent_definers
            .iter()
            .any(|absent| absent.account == account)
    };
    if place > 0 {
        let known = first.accounts.iter().flatten().any(|known| known.name == account);
        if known {
            return Err("the repair of the account itself makes it".to_owned());
        }
        if view.follows && lacks(first) {
            return Err(format!("what is repaired on {} comes to it", first.address));
        }
    }
    let mut statements = Vec::new();
    let absent = view
        .absent_definers
        .iter()
        .find(|absent| absent.account == account);
    for object in absent.into_iter().flat_map(|absent| &absent.objects) {
        let object =
            named(&view.image, object).ok_or_else(|| format!("{object} is not shown to this account"))?;
        statements.extend(mend(&view.flavor, &Mend::Own(object))?.statements);
    }
    Ok(Mended {
        statements,
        loses: false,
    })
}

/// An object by its kind and name, as definers are listed with.
fn named<'a>(image: &'a SchemaImage, words: &str) -> Option<&'a SchemaObject> {
    let (kind, name) = words.split_once(' ')?;
    let kind = match kind {
        "view" => ObjectKind::View,
        "trigger" => ObjectKind::Trigger,
        "event" => ObjectKind::Event,
        _ => ObjectKind::Routine,
    };
    let mut objects = image.objects.iter();
    objects.find(|object| {
        let own = match kind {
            // `procedure s.p`
            ObjectKind::Routine => object.name.split_once(' ').map_or("", |(_, own)| own),
            _ => object.name.as_str(),
        };
        object.kind == kind && own == name
    })
}

const GONE: &str = "it is not there any more";

/// The statements for one server.
fn statements(
    found: &Found,
    deviation: &Deviation,
    views: &[View],
    wanted: &SchemaImage,
) -> Result<Mended, &'static str> {
    let view = &views[deviation.view];
    let flavor = &view.flavor;
    match &found.subject {
        Subject::Object(kind, name) => {
            let same = |object: &&SchemaObject| object.kind == *kind && object.name == *name;
            let have = view.image.objects.iter().find(same);
            let want = wanted.objects.iter().find(same);
            match &deviation.change {
                Change::Extra => mend(flavor, &Mend::Drop(have.ok_or(GONE)?)),
                Change::Missing => made(flavor, want.ok_or(GONE)?, views, view, wanted),
                Change::Differs(_) => {
                    let want = want.ok_or(GONE)?;
                    let change = Mend::Replace(want, index_part(views, want), have.ok_or(GONE)?);
                    Ok(asleep_or_awake(mend(flavor, &change)?, flavor, want, view))
                }
            }
        }
        Subject::Part(table) => {
            let What::Part(kind) = found.what else {
                return Err(GONE);
            };
            let first: Vec<&TablePart> = parts::of_table(&views[0], table).collect();
            let same = |part: &&&TablePart| part.kind == kind && part.name == found.name;
            let want = first.iter().find(same).copied();
            let own: Vec<&TablePart> = parts::of_table(view, table).collect();
            let have = own.iter().find(same).copied();
            let columns = columns(&first);
            let at = columns.iter().position(|part| part.name == found.name);
            let before = at.and_then(|at| columns.get(at.checked_sub(1)?));
            let before = before.map(|part| part.name.as_str());
            match &deviation.change {
                Change::Missing => mend(flavor, &Mend::AddPart(want.ok_or(GONE)?, before)),
                Change::Extra => mend(flavor, &Mend::DropPart(have.ok_or(GONE)?)),
                Change::Differs(_) => {
                    let change = Mend::ChangePart(want.ok_or(GONE)?, have.ok_or(GONE)?, before);
                    mend(flavor, &change)
                }
            }
        }
        Subject::Columns(table) => {
            let first: Vec<&TablePart> = parts::of_table(&views[0], table).collect();
            mend(flavor, &Mend::Reorder(&columns(&first)))
        }
        Subject::Event(name) => {
            let event = view
                .image
                .objects
                .iter()
                .find(|object| object.kind == ObjectKind::Event && object.name == *name);
            mend(flavor, &Mend::Sleep(event.ok_or(GONE)?))
        }
        Subject::Definer | Subject::Account | Subject::Rights => Err(GONE),
    }
}

fn columns<'a>(parts: &[&'a TablePart]) -> Vec<&'a TablePart> {
    let columns = parts.iter().filter(|part| part.kind == PartKind::Column);
    columns.copied().collect()
}

/// A missing object; a table with the indexes that are made after it.
fn made(
    flavor: &Flavor,
    want: &SchemaObject,
    views: &[View],
    view: &View,
    wanted: &SchemaImage,
) -> Result<Mended, &'static str> {
    let mut mended = mend(flavor, &Mend::Make(want, index_part(views, want)))?;
    if want.kind == ObjectKind::Table {
        let later = wanted
            .objects
            .iter()
            .filter(|object| object.kind == ObjectKind::Index && object.table == want.table)
            // The others come with it.
            .filter(|object| object.phase != Phase::WithTable);
        mended
            .statements
            .extend(later.flat_map(|index| index.create.clone()));
    }
    Ok(asleep_or_awake(mended, flavor, want, view))
}

/// Events are made disabled: on a server that follows they are left to the first, elsewhere they run as they do there.
fn asleep_or_awake(mut mended: Mended, flavor: &Flavor, want: &SchemaObject, view: &View) -> Mended {
    if want.enable.is_empty() {
        return mended;
    }
    let then = match view.place {
        SchemaPlace::Target => None,
        _ if view.follows => mend(flavor, &Mend::Sleep(want)).ok(),
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
                let failed = run(server.as_ref(), &what, &spoken(repair)).await;
                let why = |error: EngineError| match (&repair.hash, &error.code) {
                    // A server repeats what it does not understand.
                    (Some(_), Some(code)) => format!("{error} (error {code})"),
                    (Some(_), None) => error.to_string(),
                    (None, _) => error.in_words(),
                };
                repaired.push(SchemaRepaired {
                    server: address.clone(),
                    object: difference.object.clone(),
                    statements: repair.statements.clone(),
                    failed: failed.err().map(why),
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

/// The statements as the server is told them: the one that makes an account has the hash, after the account's name.
fn spoken(repair: &SchemaRepair) -> Vec<String> {
    let mut statements = repair.statements.clone();
    let mut made = statements
        .iter_mut()
        .filter(|statement| statement.starts_with("CREATE "));
    if let (Some(hash), Some(made)) = (&repair.hash, made.next())
        && let Some(at) = made.rfind(HASH)
    {
        made.replace_range(at..at + HASH.len(), hash.expose());
    }
    statements
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
