//! Whether the schema is the same on every server of an estate, and what makes it so where it is not.
//!
//! Every server's schema is read in canonical definitions, which are equal exactly when the objects are, whatever version prints
//! them; tables whose definitions differ are taken apart, so that a difference names its column. What is not shown to the
//! account, or on a server that does not answer, is "could not tell", never "same".

mod beside;
mod classify;
mod compare;
mod observe;
mod parts;
mod repair;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use daybreak_engine::{Database, EngineError, database};
use daybreak_model::{Endpoint, Part, Scope, Secret};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

pub use classify::Consequence;
use compare::Found;
use observe::View;

/// How long what differed is left alone before it is looked at again: a schema change may be on its way to a replica.
const SETTLE: Duration = Duration::from_millis(1500);
/// How often what differs is repaired and looked at again.
const PASSES: usize = 2;
/// How long a replica that is behind may take to come to where the others were.
const CATCH_UP: Duration = Duration::from_secs(60);
/// A replica that is fewer seconds behind is as far as it gets.
const BEHIND: f64 = 1.0;

/// What a server is in the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaPlace {
    /// Takes the writes of applications.
    Primary,
    /// Gets its changes from another and is to be like it.
    Replica,
    /// Where the migration goes.
    Target,
    /// Another server that is to have the same schema.
    Other,
}

/// A server to be compared.
#[derive(Debug, Clone)]
pub struct SchemaNode {
    /// Where it is.
    pub endpoint: Endpoint,
    /// What it is.
    pub place: SchemaPlace,
    /// Whether it gets its changes from another of the servers.
    pub follows: bool,
    /// Whether it has the files of another server, so that nothing can be repaired on it alone.
    pub physical: bool,
}

/// What is compared, and what may be done.
#[derive(Debug, Clone)]
pub struct SchemaCheckSettings {
    /// The servers; the first is the one that the others are to be like.
    pub nodes: Vec<SchemaNode>,
    /// Databases or schemas; all that any server has, if none is named.
    pub schemas: Vec<String>,
    /// Of these the tables of one part alone, where there is one.
    pub part: Option<Part>,
    /// Whether repairs are run: those that lose nothing.
    pub execute: bool,
    /// Whether a primary may be repaired, too.
    pub even_primary: bool,
}

/// What the comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaVerdict {
    /// Everything was looked at, and is the same.
    Same,
    /// There are differences.
    Different,
    /// No difference was seen, and not everything could be looked at.
    CouldNotTell,
}

/// Statements that make one server like the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaRepair {
    /// Address of the server.
    pub server: String,
    /// In order, on one connection. [`HASH`](daybreak_engine::HASH) stands for the hash of a password.
    pub statements: Vec<String>,
    /// Whether data, or a password, are gone afterwards; such statements are never run here.
    pub loses_data: bool,
    /// The hash, for the one who runs them.
    #[serde(skip)]
    pub hash: Option<Secret>,
}

/// What no statement repairs, or a statement alone does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchemaByHand {
    /// Address of the server.
    pub server: String,
    /// Why, and what to do.
    pub why: String,
}

/// One object that is not the same everywhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SchemaDifference {
    /// Its name.
    pub object: String,
    /// What it is: `table`, `column`, `index`, `trigger`, `account` …
    pub kind: String,
    /// The worst that it does.
    pub class: Consequence,
    /// By server, the canonical definition, or none where it is absent.
    pub nodes: BTreeMap<String, Option<String>>,
    /// In words.
    pub difference: String,
    /// Statements for each server.
    pub repair: Vec<SchemaRepair>,
    /// What is left for a person.
    pub by_hand: Vec<SchemaByHand>,
}

/// Something that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchemaUntold {
    /// Address of the server.
    pub server: String,
    /// What is not known.
    pub what: String,
    /// Why.
    pub why: String,
    /// The statement that lets the account look, where a privilege is missing.
    pub grant: Option<String>,
}

/// A server that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComparedNode {
    /// Its address.
    pub server: String,
    /// What it is.
    pub place: SchemaPlace,
    /// What it runs.
    pub flavor: String,
    /// How many objects it has.
    pub objects: usize,
}

/// A statement that was run, or tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaRepaired {
    /// Address of the server.
    pub server: String,
    /// The object.
    pub object: String,
    /// What was run.
    pub statements: Vec<String>,
    /// Why it failed, if it did.
    pub failed: Option<String>,
}

/// The whole comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SchemaReport {
    /// What it came to; after repairs, what a second comparison came to.
    pub verdict: SchemaVerdict,
    /// Address of the server that the others are to be like.
    pub reference: String,
    /// What was compared.
    pub schemas: Vec<String>,
    /// The servers that answered.
    pub nodes: Vec<ComparedNode>,
    /// What differs.
    pub differences: Vec<SchemaDifference>,
    /// What was not looked at.
    pub could_not_tell: Vec<SchemaUntold>,
    /// What was repaired.
    pub repaired: Vec<SchemaRepaired>,
}

/// The servers, each with its port to the engine.
struct Ground {
    nodes: Vec<(SchemaNode, Arc<dyn Database>)>,
}

/// Compares the schemas of servers, and with `execute` repairs what loses nothing, then compares again.
///
/// # Errors
/// When the server that the others are to be like cannot be asked; another is named as not looked at.
pub async fn schema_check(settings: &SchemaCheckSettings) -> Result<SchemaReport, EngineError> {
    let connect = |node: &SchemaNode| (node.clone(), database(node.endpoint.clone()));
    let ground = Ground {
        nodes: settings.nodes.iter().map(connect).collect(),
    };
    let mut report = look(&ground, settings).await?;
    let mut repaired: Vec<SchemaRepaired> = Vec::new();
    // Some differences show, or can be mended, only when others are: a MariaDB gives a role to whoever makes it.
    for _ in 0..PASSES {
        let untried = |repair: &SchemaRepair| {
            let tried =
                |done: &SchemaRepaired| done.server == repair.server && done.statements == repair.statements;
            !repaired.iter().any(tried)
        };
        let mut left = report.differences.clone();
        left.iter_mut()
            .for_each(|difference| difference.repair.retain(untried));
        if !settings.execute || left.iter().all(|difference| difference.repair.is_empty()) {
            break;
        }
        repaired.extend(repair::act(&ground, &left, settings.even_primary).await);
        report = look(&ground, settings).await?;
    }
    Ok(SchemaReport { repaired, ..report })
}

/// One comparison: what differs is looked at a second time, and reported if it differs still.
async fn look(ground: &Ground, settings: &SchemaCheckSettings) -> Result<SchemaReport, EngineError> {
    let scope = scope(ground, &settings.schemas, settings.part.as_ref()).await?;
    let mut views = observe::all(ground, &scope).await?;
    let mut found = compare::compare(&mut views, ground).await?;
    if !found.is_empty() {
        tokio::join!(tokio::time::sleep(SETTLE), caught_up(ground));
        let before: BTreeSet<(String, String)> = found.iter().map(Found::identity).collect();
        views = observe::all(ground, &scope).await?;
        found = compare::compare(&mut views, ground).await?;
        found.retain(|found| before.contains(&found.identity()));
    }
    let could_not_tell = views.untold;
    let differences = repair::with_repairs(ground, &scope, &views.views, found).await?;
    let verdict = match (differences.is_empty(), could_not_tell.is_empty()) {
        (false, _) => SchemaVerdict::Different,
        (true, false) => SchemaVerdict::CouldNotTell,
        (true, true) => SchemaVerdict::Same,
    };
    let node = |view: &View| ComparedNode {
        server: view.address.clone(),
        place: view.place,
        flavor: view.flavor.to_string(),
        objects: view.image.objects.len(),
    };
    Ok(SchemaReport {
        verdict,
        reference: ground.nodes[0].0.endpoint.address(),
        schemas: scope.schemas,
        nodes: views.views.iter().map(node).collect(),
        differences,
        could_not_tell,
        repaired: Vec::new(),
    })
}

/// Returns when replicas that are behind have come to where the first server stands, or take too long for it. One that does not
/// answer is named later.
async fn caught_up(ground: &Ground) {
    let Ok(position) = ground.nodes[0].1.position().await else {
        return;
    };
    let begun = Instant::now();
    let followers = ground.nodes[1..].iter().filter(|(node, _)| node.follows);
    let each = followers.map(|(_, server)| async {
        while begun.elapsed() < CATCH_UP
            && let Ok(now) = server.following().await
            && !now.applied.covers(&position)
            && now.lag_seconds.is_some_and(|lag| lag >= BEHIND)
        {
            tokio::time::sleep(SETTLE / 5).await;
        }
    });
    join_all(each).await;
}

/// What is compared: what was named, or everything that any server has.
async fn scope(ground: &Ground, named: &[String], part: Option<&Part>) -> Result<Scope, EngineError> {
    if !named.is_empty() {
        return Ok(Scope {
            part: part.cloned(),
            ..Scope::of(named.to_vec())
        });
    }
    // One that does not answer is named later.
    let others = ground.nodes[1..].iter().map(|(_, server)| server.schemas());
    let (first, others) = tokio::join!(ground.nodes[0].1.schemas(), join_all(others));
    let mut schemas: BTreeSet<String> = first?.into_iter().collect();
    schemas.extend(others.into_iter().flatten().flatten());
    Ok(Scope::of(schemas.into_iter().collect()))
}
