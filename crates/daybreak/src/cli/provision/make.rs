//! `provision apply`.

use daybreak_cloud::{
    Action, Applied, Aws, Cloud, Origin, Planned, apply, obstacle, parameters_are_set, plan, resources,
    restart,
};

use super::{
    MakeIt, is_to_be_made, ledger, origin, retention, said_twice, set_password, stopped, told, trouble,
    unusable, version,
};
use crate::cli::plain;
use crate::config::ClusterSettings;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Makes everything as the plan has it, from what an earlier run began if there was one.
pub(super) async fn make(
    settings: &ClusterSettings,
    asked: &MakeIt,
    aws: Aws,
    format: Format,
) -> Result<Exit, Trouble> {
    said_twice(settings, &asked.said)?;
    let cluster = &settings.spec.name;
    let named = asked.from.origin(settings).await?;
    let mut ledger = ledger(settings, &aws).await?;
    let origin = ledger.origin_for(cluster, &named).map_err(unusable)?;
    let aws = &aws.from_origin(origin.clone());
    let ground = aws.ground(&settings.spec).await.map_err(trouble)?;
    let wanted = resources(&settings.spec, &ground);
    let planned = plan(aws, &wanted).await.map_err(trouble)?;
    // Once it is made, what it was made from may be gone.
    let to_be_made = is_to_be_made(&planned);
    if to_be_made {
        origin::see(aws, &origin, &settings.spec).await?;
    }
    let besides = version::check(settings, &planned)?;
    // All obstacles before anything is made.
    if let Some(obstacle) = obstacle(&planned, &ledger, asked.now) {
        return Err(stopped(obstacle));
    }
    for what in besides {
        output::say(plain(&format!("version {}: {what}", settings.spec.version)));
    }
    ledger.note_origin(cluster, &origin).map_err(unusable)?;
    if origin != named && (to_be_made || !ledger.is_complete(cluster)) {
        output::say(plain(&format!(
            "going on with what an earlier run began: {cluster} is made from {origin}"
        )));
    }
    let mut later = if asked.now {
        Vec::new()
    } else {
        left_to_the_window(&planned)
    };
    let (mut created, mut updated, mut taken_back) = (Vec::new(), Vec::new(), Vec::new());
    let mut waited: Option<String> = None;
    let mut tell = |applied: Applied<'_>| match applied {
        Applied::Created(resource) => {
            output::say(plain(&format!("made {resource}")));
            created.push(resource.to_string());
        }
        Applied::Updated(resource, names) => {
            output::say(plain(&format!("changed {resource}: {}", names.join(", "))));
            updated.push(resource.to_string());
        }
        Applied::Queued(resource, names) => {
            let names_said = names.join(", ");
            output::say(plain(&format!(
                "left {resource} to the maintenance window: {names_said}"
            )));
            for name in names {
                let one = format!("{resource}: {name}");
                if !later.contains(&one) {
                    later.push(one);
                }
            }
        }
        Applied::TakenBack(resource, names) => {
            output::say(plain(&format!(
                "took back what waited in {resource}: {}",
                names.join(", ")
            )));
            taken_back.extend(names.iter().map(|name| format!("{resource}: {name}")));
        }
        Applied::Waiting(resource, status) => {
            let now = format!("waiting for {resource}: {status}");
            if waited.as_ref() != Some(&now) {
                output::say(plain(&now));
                waited = Some(now);
            }
        }
        Applied::Restarting(instance) => output::say(plain(&format!("starting {instance} again"))),
        Applied::Deleted(..) => {}
    };
    apply(aws, &wanted, &mut ledger, asked.now, &mut tell)
        .await
        .map_err(stopped)?;
    // A run that names nothing does the rest of what an earlier one began, and nothing once that is complete.
    let comes_from_there = named != Origin::Empty || !ledger.is_complete(cluster);
    if comes_from_there && matches!(origin, Origin::Snapshot(_)) {
        set_password(aws, &wanted).await?;
    }
    let restarted = match asked.restart {
        true => restart(aws, cluster, &mut tell).await.map_err(stopped)?,
        false => 0,
    };
    parameters_are_set(aws, &wanted).await.map_err(stopped)?;
    let waiting = aws.waiting_for_restart(cluster).await.map_err(trouble)?;
    let restores = comes_from_there && matches!(origin, Origin::Backup(_) | Origin::Snapshot(_));
    let position = match restores {
        true => aws.recovered_position(cluster).await.map_err(trouble)?,
        false => None,
    };
    let follows = match &origin {
        Origin::Replica(_) => aws.followed(cluster).await.map_err(trouble)?,
        _ => None,
    };
    if origin != Origin::Empty && !ledger.is_complete(cluster) {
        ledger.note_complete(cluster).map_err(unusable)?;
    }
    // Should the procedure refuse, the cluster stands all the same, and where replication starts is to be told.
    let retention = match retention::set(settings, aws, &wanted).await {
        Ok(retention) => retention,
        Err(trouble) => {
            if let Some(position) = &position {
                output::say(plain(&format!(
                    "replication starts at {} in {}",
                    position.offset, position.file
                )));
            }
            return Err(trouble);
        }
    };
    let position =
        position.map(|position| serde_json::json!({ "file": position.file, "offset": position.offset }));
    let report = serde_json::json!({
        "cluster": cluster, "created": created, "updated": updated, "restarted": restarted, "waiting_for_restart": waiting,
        "waiting_for_window": later, "taken_back": taken_back,
        "position": position, "made_from": (origin != Origin::Empty).then(|| origin.to_string()), "follows": follows,
        "binlog_retention": retention,
    });
    told(format, &report, || {
        let mut text = format!(
            "{} made, {} changed, {restarted} started again, {} resources in all",
            created.len(),
            updated.len(),
            wanted.len()
        );
        match &position {
            Some(position) => text.push_str(&format!(
                "; replication starts at {} in {}",
                position["offset"], position["file"]
            )),
            None if restores => text
                .push_str("; no event tells where replication starts: it was no restore, or is too long ago"),
            None => {}
        }
        if let Some(said) = retention.as_ref().and_then(retention::Retention::said) {
            text.push_str(&format!("; {said}"));
        }
        if let Some(instance) = &follows {
            text.push_str(&format!(
                "; it follows {instance} until `provision promote --execute`"
            ));
        }
        if !waiting.is_empty() {
            let names = waiting.join(", ");
            text.push_str(&format!(
                "; parameters count in {names} from its next start on: `apply --restart`"
            ));
        }
        if !later.is_empty() {
            let names = later.join(", ");
            text.push_str(&format!(
                "; left to the maintenance window, for it starts instances again or waits with what does: {names}: `apply --now`"
            ));
        }
        if !taken_back.is_empty() {
            let names = taken_back.join(", ");
            text.push_str(&format!("; taken back from the maintenance window: {names}"));
        }
        text
    });
    Ok(Exit::Done)
}

/// What the plan changes that starts instances again, and what waits already, each as `instance shop-reader-1: class`.
fn left_to_the_window(planned: &[Planned]) -> Vec<String> {
    let mut all = Vec::new();
    for planned in planned {
        if let Action::Update { differences } | Action::Wait { differences } = &planned.action {
            let later = differences
                .iter()
                .filter(|difference| difference.restarts || difference.waits);
            all.extend(later.map(|difference| format!("{}: {}", planned.resource, difference.name)));
        }
    }
    all
}
