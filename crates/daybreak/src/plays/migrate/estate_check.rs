use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daybreak_engine::{Database, Identity, Role};
use daybreak_runbook::{Context, Evidence, Probe, Step, StepError, StepPlan, Undo, Verdict};

use crate::plays::World;
use crate::plays::failure::{OrFail, evidence};

/// Looks at both sides before anything is changed: who they are, whether they are what the plan says, and whether
/// every privilege is there that later steps need.
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
            deadline: Duration::from_secs(60),
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
        let world = &self.0;
        for (server, jobs) in [
            (&world.source, &["read", "lead", "fence"][..]),
            (&world.target, &["write", "follow", "lead", "fence"][..]),
        ] {
            privileges(server, jobs).await?;
        }
        let (source, target) = tokio::join!(world.source.identity(), world.target.identity());
        let (source, target) = (source.or_fail()?, target.or_fail()?);
        compare(world, &source, &target)?;
        if let Some(refusal) = world.forward.refusal().await.or_fail()? {
            return Err(
                StepError::new(format!("{} cannot replicate: {}", refusal.object, refusal.reason))
                    .with_hint(refusal.hint),
            );
        }
        if world.settings.way_back
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
        let present = world.source.schemas().await.or_fail()?;
        if let Some(absent) = world
            .settings
            .scope
            .schemas
            .iter()
            .find(|name| !present.contains(name))
        {
            return Err(
                StepError::new(format!("{} has no schema `{absent}`", world.source.endpoint()))
                    .with_hint(format!("it has: {}", present.join(", "))),
            );
        }
        Ok(Evidence::none()
            .with("source_version", source.flavor.to_string())
            .with("target_version", target.flavor.to_string())
            .with(
                "source",
                serde_json::Value::from(
                    evidence(&source)
                        .iter()
                        .map(pair)
                        .collect::<serde_json::Map<_, _>>(),
                ),
            )
            .with(
                "target",
                serde_json::Value::from(
                    evidence(&target)
                        .iter()
                        .map(pair)
                        .collect::<serde_json::Map<_, _>>(),
                ),
            ))
    }

    async fn verify(&self, _cx: &Context) -> Result<Verdict, StepError> {
        Ok(Verdict::Holds(Evidence::none()))
    }
}

fn pair((name, value): (&str, &serde_json::Value)) -> (String, serde_json::Value) {
    (name.to_owned(), value.clone())
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
    if let Some(setting) = &source.cannot_be_followed {
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
    if world.settings.link.gtid {
        for (identity, name) in [(source, source_name), (target, target_name)] {
            if !identity.gtid {
                return Err(StepError::new(format!("GTID is off on {name}"))
                    .with_hint("turn it on, or set `replication.gtid = false` to go by file and offset"));
            }
        }
    }
    if source.server_id.is_some() && source.server_id == target.server_id {
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
