//! A plan done, step by step: each intent in the ledger before the provider is asked.

use std::time::Duration;

use thiserror::Error;

use crate::error::CloudError;
use crate::ledger::{Ledger, LedgerError, What};
use crate::plan::{Action, Difference, Planned, compare};
use crate::port::{Cloud, FoundSnapshot};
use crate::resource::{Attributes, Kind, Resource};

/// What is told meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied<'a> {
    /// It was made.
    Created(&'a Resource),
    /// It was changed.
    Updated(&'a Resource, &'a [String]),
    /// The provider has the change, and makes it in the maintenance window.
    Queued(&'a Resource, &'a [String]),
    /// What waited for the maintenance window is taken back: it stays as it is.
    TakenBack(&'a Resource, &'a [String]),
    /// It is waited for; the provider's word.
    Waiting(&'a Resource, &'a str),
    /// An instance is started again, so that parameters count.
    Restarting(&'a str),
    /// It is gone.
    Deleted(Kind, &'a str),
}

/// Why a plan was not done to its end. What was done stands in the ledger; the same command goes on.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The provider refused.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// An intent could not be kept.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Somebody else's resource has the name.
    #[error("{0} is there and is none that this plan made")]
    Taken(String),
    /// One with our mark has the name, and it is another than the one we made.
    #[error(
        "{resource} is there and is not the one that this plan made: it is {found}, and the ledger names {noted}"
    )]
    Another {
        /// Which resource.
        resource: String,
        /// What the ledger calls ours.
        noted: String,
        /// What the one that is there is called.
        found: String,
    },
    /// There is a snapshot of that name.
    #[error("snapshot {name} is there already: it is of cluster {cluster}, taken at {taken}")]
    Snapshot {
        /// Its name.
        name: String,
        /// What it is of.
        cluster: String,
        /// When it was taken.
        taken: String,
    },
    /// A snapshot will never be complete.
    #[error("snapshot {name} of cluster {cluster} failed")]
    SnapshotFailed {
        /// Its name.
        name: String,
        /// What it was to be of.
        cluster: String,
    },
    /// It can only be said when it is made.
    #[error("{resource}: {attribute} cannot be changed once it is made")]
    Fixed {
        /// Which resource.
        resource: String,
        /// Which attribute.
        attribute: String,
    },
    /// It starts instances again as soon as it is asked for, which was not asked for.
    #[error("{resource}: another {attribute} starts its instances again at once")]
    AtOnce {
        /// Which resource.
        resource: String,
        /// Which attribute.
        attribute: String,
    },
    /// It was set, and reads otherwise.
    #[error("{resource} is not as it was set: {}", attributes.join(", "))]
    Unset {
        /// Which group of parameters.
        resource: String,
        /// What differs.
        attributes: Vec<String>,
    },
    /// An instance was started again, and has other parameters than its groups.
    #[error("parameters still wait for a start in {}, which were started again", instances.join(", "))]
    StillWaiting {
        /// Which instances.
        instances: Vec<String>,
    },
    /// It did not become usable in time.
    #[error("{resource} is still {status} after {minutes} minutes")]
    TooLong {
        /// Which resource.
        resource: String,
        /// The provider's word.
        status: String,
        /// How long was waited.
        minutes: u64,
    },
}

impl ApplyError {
    /// A snapshot's name is taken.
    pub(crate) fn snapshot(name: &str, found: FoundSnapshot) -> Self {
        Self::Snapshot {
            name: name.to_owned(),
            cluster: found.cluster,
            taken: found.taken,
        }
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Cloud(error) => error.hint(),
            Self::Ledger(error) => Some(error.hint()),
            Self::Another { .. } => Some(
                "somebody made another under that name, by another ledger or by hand; nothing of it was touched: see whose it is, delete \
                 it by hand or give the cluster another name"
                    .to_owned(),
            ),
            Self::Snapshot { .. } => {
                Some("nothing was changed: choose another name, for a snapshot is of its own moment".to_owned())
            }
            Self::SnapshotFailed { .. } => {
                Some("see the service's events; delete it, or choose another name, and make it again".to_owned())
            }
            Self::Taken(_) => Some("give the cluster another name, or delete that by hand".to_owned()),
            Self::Fixed { .. } => {
                Some("change the plan back, or destroy the cluster and make it anew".to_owned())
            }
            Self::AtOnce { .. } => Some(
                "the maintenance window does not hold it back: `provision apply --now` does it; else change the plan back"
                    .to_owned(),
            ),
            Self::Unset { .. } => Some(
                "somebody changes it meanwhile, or the service takes another value: see `provision drift`, and the parameter's allowed values"
                    .to_owned(),
            ),
            Self::StillWaiting { .. } => Some(
                "nothing that needs them is to begin yet: see the instances' events, and run `provision apply --restart` again".to_owned(),
            ),
            Self::TooLong { .. } => Some("see the service's events; the same command goes on".to_owned()),
        }
    }
}

/// How long one resource is waited for. A big instance takes some 15 minutes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// In the provider's word: it is being deleted.
const DELETING: &str = "deleting";

/// How long an instance that was started again may take until it says which parameters it has.
const SETTLES: Duration = Duration::from_secs(20);

/// First and longest time between two looks.
pub(crate) const LOOKS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(15));

/// Makes everything as it is to be; what is so already is left. What starts instances again waits for their maintenance window, but `now`. The cluster is waited for before its instances, its writer before
/// the others, and all of them at the end.
///
/// # Errors
/// At the first thing that is refused; nothing that was begun is forgotten.
pub async fn apply(
    cloud: &dyn Cloud,
    resources: &[Resource],
    ledger: &mut Ledger,
    now: bool,
    tell: &mut (dyn FnMut(Applied<'_>) + Send),
) -> Result<(), ApplyError> {
    let mut pending: Vec<&Resource> = Vec::new();
    let mut writer_seen = false;
    for resource in resources {
        if resource.kind > Kind::Instance {
            for waited in pending.drain(..) {
                wait(cloud, waited, tell).await?;
            }
        }
        one(cloud, resource, ledger, now, tell).await?;
        match resource.kind {
            Kind::Vpc | Kind::Subnet | Kind::Cluster => wait(cloud, resource, tell).await?,
            Kind::Instance if !writer_seen => {
                writer_seen = true;
                wait(cloud, resource, tell).await?;
            }
            Kind::Instance => pending.push(resource),
            _ => {}
        }
    }
    for waited in pending {
        wait(cloud, waited, tell).await?;
    }
    Ok(())
}

/// Starts every instance again in which parameters wait for it, one after the other and the writer last, so that all that was changed
/// costs one restart each; then looks whether any still waits.
///
/// # Errors
/// When one is refused, does not come back in time, or has other parameters than its groups though it was started again.
pub async fn restart(
    cloud: &dyn Cloud,
    cluster: &str,
    tell: &mut (dyn FnMut(Applied<'_>) + Send),
) -> Result<usize, ApplyError> {
    let waiting = cloud.waiting_for_restart(cluster).await?;
    for instance in &waiting {
        tell(Applied::Restarting(instance));
        cloud.restart(instance).await?;
        let resource = Resource::new(Kind::Instance, instance.clone(), []);
        wait(cloud, &resource, tell).await?;
    }
    let begun = tokio::time::Instant::now();
    let mut pause = LOOKS.0;
    loop {
        let instances = cloud.waiting_for_restart(cluster).await?;
        if instances.is_empty() {
            return Ok(waiting.len());
        }
        if begun.elapsed() > SETTLES {
            return Err(ApplyError::StillWaiting { instances });
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOKS.1);
    }
}

/// Reads every group of parameters once more and holds it against the plan: what was set is believed once it is read.
///
/// # Errors
/// When one has another value, or cannot be read.
pub async fn parameters_are_set(cloud: &dyn Cloud, resources: &[Resource]) -> Result<(), ApplyError> {
    let groups =
        |resource: &&Resource| matches!(resource.kind, Kind::ClusterParameters | Kind::InstanceParameters);
    for resource in resources.iter().filter(groups) {
        let found = cloud.find(resource.kind, &resource.name).await?;
        if let Action::Update { differences } = compare(resource, found).action {
            let word = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
            let each = differences.into_iter().map(|difference| {
                let (is, to_be) = (word(difference.is), word(difference.to_be));
                format!("{} is {is} and was to be {to_be}", difference.name)
            });
            return Err(ApplyError::Unset {
                resource: resource.to_string(),
                attributes: each.collect(),
            });
        }
    }
    Ok(())
}

/// Makes one resource as it is to be.
async fn one(
    cloud: &dyn Cloud,
    resource: &Resource,
    ledger: &mut Ledger,
    now: bool,
    tell: &mut (dyn FnMut(Applied<'_>) + Send),
) -> Result<(), ApplyError> {
    let found = cloud.find(resource.kind, &resource.name).await?;
    let planned = compare(resource, found);
    is_asked_for(&planned, now)?;
    let (kind, name) = (resource.kind, resource.name.as_str());
    if !matches!(planned.action, Action::Create | Action::Taken) {
        is_the_one(ledger, kind, name, planned.id.as_deref())?;
        let unknown = planned.id.is_some() && ledger.id(kind, name).is_none();
        if unknown || !ledger.is_ours(kind, name) {
            // It has our mark: an earlier ledger made it, or a kill came before it was noted.
            ledger.note_made(kind, name, planned.id.as_deref())?;
        }
    }
    match planned.action {
        Action::Keep => {}
        Action::Wait { .. } if !now => {}
        Action::Taken => return Err(ApplyError::Taken(resource.to_string())),
        Action::Create => {
            ledger.note(What::Making, kind, name)?;
            cloud.create(resource).await?;
            tell(Applied::Created(resource));
            // What cannot be said with the call that makes it, such as rules and parameters. Some take no change, and nothing
            // within them, until they are there.
            if matches!(kind, Kind::Vpc | Kind::Subnet | Kind::Cluster) {
                wait(cloud, resource, tell).await?;
            }
            let found = cloud.find(kind, name).await?;
            let planned = compare(resource, found);
            ledger.note_made(kind, name, planned.id.as_deref())?;
            if let Action::Update { differences } = planned.action {
                update(cloud, resource, &differences, ledger, now).await?;
            }
        }
        Action::Update { mut differences } | Action::Wait { mut differences } => {
            differences.retain(|difference| now || !difference.waits);
            let later = update(cloud, resource, &differences, ledger, now).await?;
            let (back, rest): (Vec<_>, Vec<_>) =
                differences.iter().partition(|difference| difference.takes_back());
            let (queued, changed): (Vec<_>, Vec<_>) = rest
                .into_iter()
                .partition(|difference| later.contains(&difference.name));
            let names = |those: Vec<&Difference>| -> Vec<String> {
                those.iter().map(|difference| difference.name.clone()).collect()
            };
            let (back, queued, changed) = (names(back), names(queued), names(changed));
            if !changed.is_empty() {
                tell(Applied::Updated(resource, &changed));
            }
            if !queued.is_empty() {
                tell(Applied::Queued(resource, &queued));
            }
            if !back.is_empty() {
                tell(Applied::TakenBack(resource, &back));
            }
        }
    }
    Ok(())
}

/// The first thing for which nothing of the plan can be made, if there is one. Nothing was changed yet.
#[must_use]
pub fn obstacle(planned: &[Planned], ledger: &Ledger, now: bool) -> Option<ApplyError> {
    planned.iter().find_map(|planned| {
        let resource = &planned.resource;
        match planned.action {
            Action::Taken => Some(ApplyError::Taken(resource.to_string())),
            _ => is_the_one(ledger, resource.kind, &resource.name, planned.id.as_deref())
                .and_then(|()| can_be_changed(planned))
                .and_then(|()| is_asked_for(planned, now))
                .err(),
        }
    })
}

/// Whether all that differs can be said of a resource that is there.
fn can_be_changed(planned: &Planned) -> Result<(), ApplyError> {
    match planned.fixed() {
        Some(attribute) => Err(ApplyError::Fixed {
            resource: planned.resource.to_string(),
            attribute: attribute.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Whether what starts instances again as soon as it is asked for is wanted at once.
fn is_asked_for(planned: &Planned, now: bool) -> Result<(), ApplyError> {
    match planned.only_at_once() {
        Some(attribute) if !now => Err(ApplyError::AtOnce {
            resource: planned.resource.to_string(),
            attribute: attribute.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Whether a resource that is about to be used is the one that the ledger says we made. Where none is there it is for the provider to say so.
///
/// # Errors
/// When it is somebody else's, or another than ours, or the provider cannot be asked.
pub async fn is_the_one_made(
    cloud: &dyn Cloud,
    ledger: &Ledger,
    kind: Kind,
    name: &str,
) -> Result<(), ApplyError> {
    match cloud.find(kind, name).await? {
        None => Ok(()),
        Some(found) if !found.ours => Err(ApplyError::Taken(format!("{kind} {name}"))),
        Some(found) => is_the_one(ledger, kind, name, found.id.as_deref()),
    }
}

/// Whether what is there is what the ledger says we made. A kill may have come before that was known: then our mark alone tells.
fn is_the_one(ledger: &Ledger, kind: Kind, name: &str, found: Option<&str>) -> Result<(), ApplyError> {
    match (ledger.id(kind, name), found) {
        (Some(noted), Some(found)) if noted != found => Err(ApplyError::Another {
            resource: format!("{kind} {name}"),
            noted: noted.to_owned(),
            found: found.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Changes it; the names of what is left to the maintenance window.
async fn update(
    cloud: &dyn Cloud,
    resource: &Resource,
    differences: &[Difference],
    ledger: &mut Ledger,
    now: bool,
) -> Result<Vec<String>, ApplyError> {
    if let Some(fixed) = differences.iter().find(|difference| difference.fixed) {
        return Err(ApplyError::Fixed {
            resource: resource.to_string(),
            attribute: fixed.name.clone(),
        });
    }
    let set: Attributes = differences
        .iter()
        .filter_map(|difference| Some((difference.name.clone(), difference.to_be.clone()?)))
        .collect();
    let take: Vec<String> = differences
        .iter()
        .filter(|difference| difference.to_be.is_none())
        .map(|difference| difference.name.clone())
        .collect();
    ledger.note(What::Changing, resource.kind, &resource.name)?;
    let later = cloud.update(resource, &set, &take, now).await?;
    ledger.note(What::Changed, resource.kind, &resource.name)?;
    Ok(later)
}

async fn wait(
    cloud: &dyn Cloud,
    resource: &Resource,
    tell: &mut (dyn FnMut(Applied<'_>) + Send),
) -> Result<(), ApplyError> {
    let begun = tokio::time::Instant::now();
    let mut pause = LOOKS.0;
    loop {
        let found = cloud.find(resource.kind, &resource.name).await?;
        let status = match found {
            Some(found) if found.ready => return Ok(()),
            Some(found) => found.status,
            None => "not there yet".to_owned(),
        };
        if begun.elapsed() > PATIENCE {
            return Err(ApplyError::TooLong {
                resource: resource.to_string(),
                status,
                minutes: PATIENCE.as_secs() / 60,
            });
        }
        tell(Applied::Waiting(resource, &status));
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOKS.1);
    }
}

/// Deletes what the ledger says we made, the last first. What a resource by that name has no mark of ours any more is left.
///
/// # Errors
/// Before anything is deleted, when something of a name is another than the one we made; at the first thing that is refused; the same command goes on.
pub async fn destroy(
    cloud: &dyn Cloud,
    ledger: &mut Ledger,
    last_snapshot: Option<&str>,
    tell: &mut (dyn FnMut(Applied<'_>) + Send),
) -> Result<Vec<(Kind, String)>, ApplyError> {
    for (kind, name) in ledger.standing() {
        if let Some(found) = cloud.find(kind, &name).await?.filter(|found| found.ours) {
            is_the_one(ledger, kind, &name, found.id.as_deref())?;
            // Refused by the provider it would be only after the instances are gone.
            if let Some(name) = last_snapshot
                && kind == Kind::Cluster
                && found.status != DELETING
                && let Some(found) = cloud.find_snapshot(name).await?
            {
                return Err(ApplyError::snapshot(name, found));
            }
        }
    }
    let mut left = Vec::new();
    let mut going: Vec<(Kind, String)> = Vec::new();
    for (kind, name) in ledger.standing().into_iter().rev() {
        if kind < Kind::Instance {
            for (kind, name) in std::mem::take(&mut going) {
                gone(cloud, kind, &name).await?;
                ledger.note(What::Deleted, kind, &name)?;
                tell(Applied::Deleted(kind, &name));
            }
        }
        match cloud.find(kind, &name).await? {
            None => {
                ledger.note(What::Deleted, kind, &name)?;
                continue;
            }
            Some(found) if !found.ours => {
                left.push((kind, name));
                continue;
            }
            Some(_) => {}
        }
        ledger.note(What::Deleting, kind, &name)?;
        cloud.delete(kind, &name, last_snapshot).await?;
        going.push((kind, name));
    }
    for (kind, name) in going {
        gone(cloud, kind, &name).await?;
        ledger.note(What::Deleted, kind, &name)?;
        tell(Applied::Deleted(kind, &name));
    }
    // What the next one is made from is for whoever makes it to say.
    ledger.forget_origins()?;
    Ok(left)
}

/// Waits until a resource is gone.
async fn gone(cloud: &dyn Cloud, kind: Kind, name: &str) -> Result<(), ApplyError> {
    let begun = tokio::time::Instant::now();
    let mut pause = LOOKS.0;
    while let Some(found) = cloud.find(kind, name).await? {
        if begun.elapsed() > PATIENCE {
            return Err(ApplyError::TooLong {
                resource: format!("{kind} {name}"),
                status: found.status,
                minutes: PATIENCE.as_secs() / 60,
            });
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOKS.1);
    }
    Ok(())
}
