use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_engine::{Database, Identity, Role};
use daybreak_model::{ObjectKind, Part, Requirement, SchemaObject, Scope, TableName};
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};
use daybreak_work::LoadError;

use crate::loading::LoadingError;
use crate::plays::World;
use crate::plays::failure::{OrFail, evidence};

/// Looks at both sides before anything is changed: who they are, whether they are what the plan says, and whether
/// everything is there that later steps need: privileges, settings, accounts, extensions.
pub(super) struct EstateCheck(pub(super) Arc<World>);

#[async_trait]
impl Step for EstateCheck {
    fn plan(&self) -> StepPlan {
        let settings = &self.0.settings;
        StepPlan {
            servers: vec![
                settings.source.endpoint.to_string(),
                settings.target.endpoint.to_string(),
            ],
            undo: Undo::Nothing,
            deadline: Duration::from_secs(300),
            ..StepPlan::new(
                "estate.check",
                "D1",
                "check both sides before anything is changed",
            )
        }
    }

    async fn probe(&self, _cx: &Context) -> Result<Probe, StepError> {
        Ok(Probe::NotDone)
    }

    async fn act(&self, _cx: &Context) -> Result<Evidence, StepError> {
        self.look().await
    }

    /// Looks again, from the beginning: what was so a moment ago is no proof.
    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        self.look().await.map(Verdict::Holds)
    }
}

impl EstateCheck {
    /// Everything that can be known before anything is changed; the first thing that does not fit is an error.
    async fn look(&self) -> Result<Evidence, StepError> {
        let world = &self.0;
        allowed(world).await?;
        let (source, target) = pair(world).await?;
        links(world).await?;
        let notes = objects(world).await?;
        Ok(Evidence::none()
            .with("source_version", source.flavor.to_string())
            .with("target_version", target.flavor.to_string())
            .with("notes", notes)
            .with("source", facts(&source))
            .with("target", facts(&target)))
    }
}

/// Whether the accounts of both sides may do all that the plan asks of them.
pub(super) async fn allowed(world: &World) -> Result<(), StepError> {
    let (native, way_back) = (world.settings.native, world.settings.way_back);
    for (server, own, leads, follows) in [
        (&world.source, "read", native, way_back),
        (&world.target, "write", way_back, native),
    ] {
        let links = [("lead", leads), ("follow", follows)];
        let links = links.into_iter().filter(|(_, needed)| *needed);
        let jobs: Vec<&str> = [own, "fence"]
            .into_iter()
            .chain(links.map(|(job, _)| job))
            .collect();
        privileges(server, &jobs).await?;
    }
    Ok(())
}

/// Who both sides are, if they fit each other.
pub(crate) async fn pair(world: &World) -> Result<(Identity, Identity), StepError> {
    let (source, target) = tokio::join!(world.source.identity(), world.target.identity());
    let (source, target) = (source.or_fail()?, target.or_fail()?);
    compare(world, &source, &target)?;
    Ok((source, target))
}

fn facts(identity: &Identity) -> serde_json::Value {
    let facts = evidence(identity);
    let pairs = facts.iter().map(|(name, value)| (name.to_owned(), value.clone()));
    serde_json::Value::Object(pairs.collect())
}

/// Whether replication can run as planned, and whether each side keeps its changes long enough for the other to read them.
async fn links(world: &World) -> Result<(), StepError> {
    let settings = &world.settings;
    if !settings.native {
        // The load still notes where the source's log ends, by which writes are noticed.
        world.source.position().await.or_fail()?;
        return Ok(());
    }
    if let Some(refusal) = world.forward.refusal().await.or_fail()? {
        return Err(
            StepError::new(format!("{} cannot replicate: {}", refusal.object, refusal.reason))
                .with_hint(refusal.hint),
        );
    }
    if settings.way_back
        && let Some(refusal) = world.backward.refusal().await.or_fail()?
    {
        return Err(StepError::new(format!(
            "there is no way back: {}: {}",
            refusal.object, refusal.reason
        ))
        .with_hint(format!(
            "{}; or go without one: `replication.way_back = false`",
            refusal.hint
        )));
    }
    let leaders = [(&world.source, true), (&world.target, settings.way_back)];
    for (server, _) in leaders.into_iter().filter(|(_, leads)| *leads) {
        if let Some(short) = server.short_retention().await.or_fail()? {
            return Err(StepError::new(format!(
                "{} may throw its changes away before they are replicated: {}",
                server.endpoint(),
                short.found
            ))
            .with_hint(short.hint));
        }
    }
    Ok(())
}

/// The target is held read-only as a whole, so that it can be the home of nothing else.
async fn refuse_shared_target(target: &dyn Database, scope: &Scope, part: &Part) -> Result<(), StepError> {
    let mut others = target.schemas().await.or_fail()?;
    others.retain(|schema| !scope.schemas.contains(schema));
    let strange = target.tables(&Scope::of(others)).await.or_fail()?;
    match strange.first() {
        None => Ok(()),
        Some(table) => Err(StepError::new(format!(
            "{} has the table {}, which is not of {}: it would be held read-only, too",
            target.endpoint(),
            table.name,
            part.name
        ))
        .with_hint("give the purpose a server of its own (PostgreSQL: a database)")),
    }
}

/// Whether the scope is there, can be carried, and finds at the target what it needs. Returns what works and should be known.
async fn objects(world: &World) -> Result<Vec<String>, StepError> {
    let (source, target, scope) = (&world.source, &world.target, &world.settings.scope);
    let present = source.schemas().await.or_fail()?;
    if let Some(absent) = scope.schemas.iter().find(|name| !present.contains(name)) {
        return Err(
            StepError::new(format!("{} has no schema `{absent}`", source.endpoint()))
                .with_hint(format!("it has: {}", present.join(", "))),
        );
    }
    if let Some(part) = &scope.part {
        refuse_shared_target(target.as_ref(), scope, part).await?;
    }
    let flavor = target.flavor().await.or_fail()?;
    let image = source.schema(scope, &flavor).await.or_fail()?;
    let made = |table: &TableName| {
        let is =
            |object: &&SchemaObject| object.kind == ObjectKind::Table && object.table.as_ref() == Some(table);
        image.objects.iter().any(|object| is(&object))
    };
    let part = scope.part.as_ref();
    if let Some(absent) = part.and_then(|part| part.tables.iter().find(|table| !made(table)))
        && image.refusals.is_empty()
    {
        return Err(StepError::new(format!(
            "{} has no table {absent}, which the file of purposes lists",
            source.endpoint()
        ))
        .with_hint("take it out there, or write its name as the server does"));
    }
    if !image.refusals.is_empty() {
        return Err(LoadingError::from(LoadError::Refused(image.refusals))).or_fail();
    }
    let mut requirements = source.requirements(scope).await.or_fail()?;
    if !world.settings.native {
        requirements.retain(|requirement| !matches!(requirement, Requirement::LeftOut { .. }));
    }
    let has_events = |requirement: &Requirement| matches!(requirement, Requirement::EventScheduler { .. });
    if world.settings.way_back && requirements.iter().any(has_events) {
        privileges(source, &["wake"]).await?;
    }
    let unmet = target.unmet(&requirements).await.or_fail()?;
    if !unmet.refusals.is_empty() {
        let (words, hints): (Vec<_>, Vec<_>) = unmet
            .refusals
            .iter()
            .map(|refusal| {
                (
                    format!("{}: {}", refusal.object, refusal.reason),
                    refusal.hint.as_str(),
                )
            })
            .unzip();
        return Err(StepError::new(format!(
            "{} is not ready for what is to be carried there: {}",
            target.endpoint(),
            words.join(" · ")
        ))
        .with_hint(hints.join(" · ")));
    }
    Ok(unmet
        .notes
        .iter()
        .map(|note| {
            format!(
                "{}: {}: {}; {}",
                target.endpoint(),
                note.object,
                note.reason,
                note.hint
            )
        })
        .collect())
}

/// Two servers, both primaries, fit to lead and to follow, with clocks that agree.
fn compare(world: &World, source: &Identity, target: &Identity) -> Result<(), StepError> {
    let (source_name, target_name) = (world.source.endpoint(), world.target.endpoint());
    if source.unique_id == target.unique_id {
        return Err(
            StepError::new(format!("{source_name} and {target_name} are the same server"))
                .with_hint("name the Aurora writer endpoint as the target"),
        );
    }
    for (identity, name) in [(source, source_name), (target, target_name)] {
        if identity.role == Role::Replica {
            let follows = identity.follows.as_deref().unwrap_or("another server");
            return Err(
                StepError::new(format!("{name} is a replica (it follows {follows})"))
                    .with_hint("name the primary, or for Aurora the cluster (writer) endpoint"),
            );
        }
    }
    if world.settings.native
        && let Some(setting) = &source.cannot_be_followed
    {
        return Err(StepError::new(format!(
            "{source_name} cannot be replicated from: {}",
            setting.found
        ))
        .with_hint(setting.hint.clone()));
    }
    if world.settings.way_back
        && let Some(setting) = &target.cannot_be_followed
    {
        return Err(StepError::new(format!(
            "there is no way back: {target_name} cannot be replicated from: {}",
            setting.found
        ))
        .with_hint(format!(
            "{}; or go without one: `replication.way_back = false`",
            setting.hint
        )));
    }
    if world.settings.native && world.settings.link.gtid {
        for (identity, name) in [(source, source_name), (target, target_name)] {
            if !identity.gtid {
                return Err(StepError::new(format!("GTID is off on {name}"))
                    .with_hint("turn it on, or set `replication.gtid = false` to go by file and offset"));
            }
        }
    }
    if world.settings.native && source.server_id.is_some() && source.server_id == target.server_id {
        return Err(StepError::new(format!(
            "{source_name} and {target_name} have the same server_id, {}",
            source.server_id.unwrap_or_default()
        ))
        .with_hint("give one of them another `server_id`: with equal ones each takes the other's changes for its own"));
    }
    let skew = (source.clock_offset_ms - target.clock_offset_ms).abs();
    let most = world.settings.cut_over.limits.clock_skew_ms;
    if skew > most {
        return Err(StepError::new(format!(
            "the clocks of {source_name} and {target_name} differ by {skew} ms, more than {most} ms"
        ))
        .with_hint("synchronise the clocks, or raise `cut_over.max_clock_skew_ms`"));
    }
    Ok(())
}

async fn privileges(server: &Arc<dyn Database>, jobs: &[&str]) -> Result<(), StepError> {
    for job in jobs {
        let missing = server.missing_privileges(job).await.or_fail()?;
        if !missing.is_empty() {
            let endpoint = server.endpoint();
            return Err(StepError::new(format!(
                "account `{}` on {endpoint} lacks {}",
                endpoint.user,
                missing.join(", ")
            ))
            .with_hint("grant what is missing, or name another account in the plan"));
        }
    }
    Ok(())
}
