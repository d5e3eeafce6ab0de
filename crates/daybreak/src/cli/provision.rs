mod make;
mod origin;
mod restore;
mod retention;
mod settings;
mod version;

use std::collections::BTreeSet;
use std::path::Path;

use clap::{Args, Subcommand};
use daybreak_cloud::{
    Action, Applied, ApplyError, Aws, Cloud, CloudError, Existing, Ground, Kind, Ledger, LedgerError, Origin,
    Planned, Resource, changes, cloudformation, destroy, is_the_one_made, plan, resources, terraform,
};
use serde::Serialize;

use super::plain;
use crate::config::{self, ClusterSettings};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// The plan's cluster (`[cluster]`) at AWS: writer, failover, readers and BI instances, each role with its promotion tier, parameters
/// and endpoint; subnet group, security group with exactly the plan's flows, parameter groups, administrator's secret, alarms.
#[derive(Debug, Args)]
pub(crate) struct Provision {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show what would be made or changed. Changes nothing.
    Plan(Said),
    /// Make it so. Killed, the same command goes on: what is there already is found again by its name.
    Apply(MakeIt),
    /// Look for what was changed beside the plan; exit status 3 where something was.
    Drift(Said),
    /// Make another instance the writer.
    Failover(Failover),
    /// Make a cluster that follows an RDS instance one that stands alone.
    Promote(Promote),
    /// Make a snapshot of the cluster and wait until it is complete. Killed, the same command goes on with the one that it began.
    Snapshot(Snapshot),
    /// Delete what the ledger says that this plan made, and nothing else.
    Destroy(Destroy),
    /// Say what becomes of a server's settings: which parameters carry them over, which must differ, what Aurora has no use for.
    Parameters(settings::Parameters),
    /// Print the same cluster as code: `--format cloudformation` or `--format terraform`. Asks nobody.
    Export,
}

/// Whose code.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Template {
    /// A template of CloudFormation, in JSON.
    Cloudformation,
    /// A module of Terraform.
    Terraform,
}

#[derive(Debug, Args)]
struct Said {
    /// Instances may have public addresses: the plan says it (`network.public`), and this says it again.
    #[arg(long)]
    public: bool,
}

#[derive(Debug, Args)]
struct MakeIt {
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    from: origin::MadeFrom,
    /// Do at once what starts instances again, such as another class or version, and what waits for that. Without, it is left to the
    /// maintenance window (`cluster.maintenance_window`).
    #[arg(long)]
    now: bool,
    /// Start instances again in which parameters wait for that: readers first, the writer last. Connections to them break.
    #[arg(long)]
    restart: bool,
}

#[derive(Debug, Args)]
struct Failover {
    /// The instance that is to be the writer; by promotion tier, if none is named.
    #[arg(long, value_name = "INSTANCE")]
    to: Option<String>,
    /// Do it: connections to the writer break.
    #[arg(long)]
    execute: bool,
}

#[derive(Debug, Args)]
struct Promote {
    /// Do it: what the instance is written from then on comes by replication of its own, or not at all.
    #[arg(long)]
    execute: bool,
}

#[derive(Debug, Args)]
struct Snapshot {
    /// Its name.
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Debug, Args)]
struct Destroy {
    /// The cluster's name, once more.
    #[arg(long, value_name = "CLUSTER")]
    name: String,
    /// The name of a last snapshot.
    #[arg(long, value_name = "NAME", conflicts_with = "without_snapshot")]
    last_snapshot: Option<String>,
    /// Leave no snapshot: the data is gone.
    #[arg(long, required_unless_present = "last_snapshot")]
    without_snapshot: bool,
}

/// What was found or done. The names of these fields are public.
#[derive(Serialize)]
struct Report<'a> {
    cluster: &'a str,
    changes: usize,
    resources: &'a [Planned],
    /// Of a cluster that somebody else made: instances that the plan does not name.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    beside: &'a [String],
    /// Of a cluster that is not there yet: what an earlier run began to make it from.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_from: Option<String>,
    /// Where the plan says it: how long the cluster keeps its binary logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    binlog_retention: &'a Option<retention::Retention>,
    /// Where the cluster is to be made, or to have another version: what the newest assessment says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assessment: &'a Option<version::Allowed>,
    cost_per_month: &'a Option<config::Cost>,
}

impl Provision {
    /// Prints the plan's cluster as code.
    pub(crate) fn export(&self, plan: &Path, template: Template) -> Result<Exit, Trouble> {
        if !matches!(self.what, What::Export) {
            let error = anyhow::anyhow!("that format is one of `provision export` alone");
            return Err(Trouble::usage(
                error,
                Some("use `--format text` or `--format json`".to_owned()),
            ));
        }
        let settings = read(plan)?;
        // Zones are left to AWS: which ones the subnets are in only AWS knows.
        let ground = Ground {
            subnets: Vec::new(),
            zones: Vec::new(),
        };
        let (name, wanted) = (&settings.spec.name, resources(&settings.spec, &ground));
        match template {
            Template::Cloudformation => output::line(format!("{:#}", cloudformation(name, &wanted))),
            Template::Terraform => output::line(terraform(name, &settings.aws.region, &wanted)),
        }
        Ok(Exit::Done)
    }

    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        if matches!(self.what, What::Export) {
            return self.export(plan, Template::Cloudformation);
        }
        if let What::Parameters(parameters) = self.what {
            return parameters.run(plan, format).await;
        }
        let settings = read(plan)?;
        if settings.existing && matches!(self.what, What::Apply(_) | What::Promote(_) | What::Destroy(_)) {
            let name = &settings.spec.name;
            let error = anyhow::anyhow!("the plan says that somebody else made {name}: it is not changed");
            let hint = "`provision drift` holds it against the plan; set `cluster.provider = \"aws\"` where it is to be ours";
            return Err(Trouble::usage(error, Some(hint.to_owned())));
        }
        let aws = Aws::new(&settings.aws).await;
        match self.what {
            What::Plan(said) => show(&settings, &said, aws, format).await.map(|_| Exit::Done),
            What::Drift(said) => {
                let drifted = show(&settings, &said, aws, format).await?;
                Ok(if drifted == 0 { Exit::Done } else { Exit::Different })
            }
            What::Apply(asked) => make::make(&settings, &asked, aws, format).await,
            What::Failover(failover) => fail_over(&settings, &failover, &aws, format).await,
            What::Promote(asked) => promote(&settings, &asked, &aws, format).await,
            What::Snapshot(snapshot) => {
                let mut ledger = ledger(&settings, &aws).await?;
                if !settings.existing {
                    is_ours(&settings, &aws, &ledger).await?;
                }
                let name = &snapshot.name;
                let done = daybreak_cloud::snapshot(&aws, &mut ledger, &settings.spec.name, name)
                    .await
                    .map_err(stopped)?;
                let report = serde_json::json!({
                    "snapshot": name, "taken": done.taken, "begun_before": done.begun_before,
                });
                told(format, &report, || match done.begun_before {
                    false => format!("snapshot {name} is complete, taken at {}", done.taken),
                    true => format!(
                        "snapshot {name} is complete, taken at {}: it was begun before, and is of that moment",
                        done.taken
                    ),
                });
                Ok(Exit::Done)
            }
            What::Destroy(destroy) => take_away(&settings, &destroy, &aws, format).await,
            What::Export | What::Parameters(_) => Ok(Exit::Done),
        }
    }
}

fn read(plan: &Path) -> Result<ClusterSettings, Trouble> {
    config::read_cluster(plan).map_err(|error| {
        let hint = error.hint();
        Trouble::usage(error, hint)
    })
}

/// Compares and prints; how many resources are not as they are to be.
async fn show(settings: &ClusterSettings, said: &Said, aws: Aws, format: Format) -> Result<usize, Trouble> {
    said_twice(settings, said)?;
    let ledger = Ledger::look(&settings.ledger).map_err(unusable)?;
    if !ledger.standing().is_empty() {
        let home = aws.home().await.map_err(trouble)?;
        ledger.is_at(&home).map_err(unusable)?;
    }
    let ground = aws.ground(&settings.spec).await.map_err(trouble)?;
    let wanted = resources(&settings.spec, &ground);
    let mut retention = None;
    let (planned, beside) = match settings.existing {
        false => {
            let planned = plan(&aws, &wanted).await.map_err(trouble)?;
            retention = retention::look(settings, &aws, &planned).await;
            (planned, Vec::new())
        }
        true => {
            let wanted = Existing::held_against(wanted);
            let existing = Existing::discover(aws, &wanted).await.map_err(trouble)?;
            let beside = existing.beside().to_vec();
            (plan(&existing, &wanted).await.map_err(trouble)?, beside)
        }
    };
    let stray = stray(&ledger, &planned);
    let unkept = retention.as_ref().is_some_and(retention::Retention::differs);
    let count = changes(&planned) + stray.len() + beside.len() + usize::from(unkept);
    let assessed = version::asked(settings, &planned)?;
    let begun = ledger
        .origin(&settings.spec.name)
        .filter(|origin| **origin != Origin::Empty && is_to_be_made(&planned));
    match format {
        Format::Json => output::json(&Report {
            cluster: &settings.spec.name,
            changes: count,
            resources: &planned,
            beside: &beside,
            made_from: begun.map(ToString::to_string),
            binlog_retention: &retention,
            assessment: &assessed,
            cost_per_month: &settings.cost,
        }),
        Format::Text => {
            planned
                .iter()
                .flat_map(lines)
                .for_each(|line| output::line(plain(&line)));
            for name in &beside {
                output::line(plain(&format!("? instance {name}: the plan does not name it")));
            }
            for (kind, name) in &stray {
                output::line(plain(&format!(
                    "? {kind} {name}: this plan made it, and names it no more: delete it by hand"
                )));
            }
            if let Some(retention) = &retention {
                output::line(plain(&retention.line()));
            }
            let assessed = assessed
                .iter()
                .flat_map(|allowed| allowed.lines(&settings.spec.version));
            assessed.for_each(|line| output::line(plain(&line)));
            if let Some(origin) = begun {
                output::line(plain(&format!(
                    "`apply` goes on with what an earlier run began: the cluster is made from {origin}"
                )));
            }
            output::line(format!(
                "{} resources, {count} not as they are to be",
                planned.len()
            ));
        }
    }
    Ok(count)
}

/// What we made that the plan has no more, such as readers when there are to be fewer.
fn stray(ledger: &Ledger, planned: &[Planned]) -> Vec<(Kind, String)> {
    let wanted: BTreeSet<(Kind, &str)> = planned
        .iter()
        .map(|planned| (planned.resource.kind, planned.resource.name.as_str()))
        .collect();
    let mut standing = ledger.standing();
    standing.retain(|(kind, name)| !wanted.contains(&(*kind, name.as_str())));
    standing
}

/// Whether the cluster is not there yet.
fn is_to_be_made(planned: &[Planned]) -> bool {
    let mut clusters = planned
        .iter()
        .filter(|planned| planned.resource.kind == Kind::Cluster);
    clusters.any(|planned| planned.action == Action::Create)
}

/// A cluster that has its administrator from its origin gets the password that the plan's secret holds.
async fn set_password(aws: &Aws, wanted: &[Resource]) -> Result<(), Trouble> {
    match wanted.iter().find(|resource| resource.kind == Kind::Cluster) {
        Some(cluster) => aws.set_password(cluster).await.map_err(trouble),
        None => Ok(()),
    }
}

async fn promote(
    settings: &ClusterSettings,
    asked: &Promote,
    aws: &Aws,
    format: Format,
) -> Result<Exit, Trouble> {
    let cluster = &settings.spec.name;
    let followed = aws.followed(cluster).await.map_err(trouble)?;
    let mut kept = None;
    if asked.execute {
        let _ledger = of_this_plan(settings, aws).await?;
        if followed.is_some() {
            aws.promote(cluster).await.map_err(trouble)?;
        }
        let ground = aws.ground(&settings.spec).await.map_err(trouble)?;
        let wanted = resources(&settings.spec, &ground);
        set_password(aws, &wanted).await?;
        kept = retention::set(settings, aws, &wanted).await?;
    }
    let report = serde_json::json!({
        "cluster": cluster, "followed": followed, "executed": asked.execute, "binlog_retention": kept,
    });
    let kept = kept.and_then(|kept| kept.said());
    let kept = kept.map_or_else(String::new, |kept| format!("; {kept}"));
    told(format, &report, || match (&followed, asked.execute) {
        (None, _) => format!("{cluster} follows no instance{kept}"),
        (Some(instance), false) => format!("{cluster} follows {instance}; `--execute` is to promote it"),
        (Some(instance), true) => format!(
            "{cluster} stands alone; what {instance} is written from here on comes by replication: `load.method = \"restored\"` with \
             `position = \"target\"`, where both have GTIDs{kept}"
        ),
    });
    Ok(Exit::Done)
}

async fn fail_over(
    settings: &ClusterSettings,
    failover: &Failover,
    aws: &Aws,
    format: Format,
) -> Result<Exit, Trouble> {
    let cluster = &settings.spec.name;
    if !failover.execute {
        let to = failover
            .to
            .as_deref()
            .unwrap_or("the instance of the lowest promotion tier");
        output::line(format!(
            "{to} would become the writer of {cluster}; `--execute` does it"
        ));
        return Ok(Exit::Done);
    }
    let _ledger = of_this_plan(settings, aws).await?;
    let writer = aws
        .fail_over(cluster, failover.to.as_deref())
        .await
        .map_err(trouble)?;
    told(
        format,
        &serde_json::json!({ "cluster": cluster, "writer": writer }),
        || format!("{writer} is the writer of {cluster}"),
    );
    Ok(Exit::Done)
}

async fn take_away(
    settings: &ClusterSettings,
    asked: &Destroy,
    aws: &Aws,
    format: Format,
) -> Result<Exit, Trouble> {
    let cluster = &settings.spec.name;
    if asked.name != *cluster {
        let error = anyhow::anyhow!("the plan's cluster is {cluster}, and not {}", asked.name);
        return Err(Trouble::usage(
            error,
            Some("name the cluster that is to go".to_owned()),
        ));
    }
    let mut ledger = ledger(settings, aws).await?;
    let found = aws.find(Kind::Cluster, cluster).await.map_err(trouble)?;
    let protection = found
        .as_ref()
        .and_then(|found| found.attributes.get("deletion_protection"));
    if protection.map(String::as_str) == Some("true") {
        let error = anyhow::anyhow!("cluster {cluster} is protected from deletion");
        let hint = "set `deletion_protection = false` in the plan and run `daybreak provision apply` first";
        return Err(Trouble::new(error, Some(hint)));
    }
    let mut deleted = Vec::new();
    let mut tell = |applied: Applied<'_>| {
        if let Applied::Deleted(kind, name) = applied {
            output::say(plain(&format!("deleted {kind} {name}")));
            deleted.push(format!("{kind} {name}"));
        }
    };
    let left = destroy(aws, &mut ledger, asked.last_snapshot.as_deref(), &mut tell)
        .await
        .map_err(stopped)?;
    let left: Vec<String> = left.iter().map(|(kind, name)| format!("{kind} {name}")).collect();
    let report = serde_json::json!({ "cluster": cluster, "deleted": deleted, "left": left });
    told(format, &report, || {
        let mut text = format!("{} resources deleted", deleted.len());
        for name in &left {
            text.push_str(&format!("; {name} is left: it has our mark no more"));
        }
        text
    });
    Ok(if left.is_empty() {
        Exit::Done
    } else {
        Exit::Different
    })
}

/// Public addresses are said in the plan and on the command line, or not at all.
fn said_twice(settings: &ClusterSettings, said: &Said) -> Result<(), Trouble> {
    if settings.public == said.public {
        return Ok(());
    }
    let (error, hint) = if settings.public {
        (
            anyhow::anyhow!("the plan gives instances public addresses"),
            "say it a second time with `--public`, or take `network.public` out of the plan",
        )
    } else {
        (
            anyhow::anyhow!("`--public` is not what the plan says"),
            "set `public = true` in `[cluster.network]`, if instances are to have public addresses",
        )
    };
    Err(Trouble::usage(error, Some(hint.to_owned())))
}

fn lines(planned: &Planned) -> Vec<String> {
    let resource = &planned.resource;
    match &planned.action {
        Action::Keep => vec![format!("  {resource}")],
        Action::Taken => vec![format!(
            "! {resource}: there is one of that name that is not ours"
        )],
        Action::Create => {
            let attributes = resource
                .attributes
                .iter()
                .map(|(name, value)| format!("    {name} = {value}"));
            std::iter::once(format!("+ {resource}"))
                .chain(attributes)
                .collect()
        }
        Action::Update { differences } | Action::Wait { differences } => {
            let each = differences.iter().map(|difference| {
                let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
                let (name, to_be) = (&difference.name, word(&difference.to_be));
                let instead = word(&difference.instead);
                if difference.takes_back() {
                    return format!(
                        "    {name}: {instead} waits for the maintenance window, and is taken back: it stays {to_be}"
                    );
                }
                let fixed = match difference {
                    _ if difference.fixed => " (cannot be changed once it is made)",
                    _ if difference.at_once => {
                        " (at once: its instances start again; only with `apply --now`)"
                    }
                    _ if difference.waits => {
                        " (waits for the maintenance window; `apply --now` does it at once)"
                    }
                    _ if difference.restarts => {
                        " (starts it again: in the maintenance window, or at once with `apply --now`)"
                    }
                    _ => "",
                };
                format!("    {name}: {} -> {to_be}{fixed}", word(&difference.is))
            });
            let mark = if matches!(planned.action, Action::Wait { .. }) {
                " "
            } else {
                "~"
            };
            std::iter::once(format!("{mark} {resource}"))
                .chain(each)
                .collect()
        }
    }
}

fn told(format: Format, report: &serde_json::Value, text: impl FnOnce() -> String) {
    match format {
        Format::Json => output::json(report),
        Format::Text => output::line(plain(&text())),
    }
}

/// The ledger, where what it names is in the account and region that are worked on.
async fn ledger(settings: &ClusterSettings, aws: &Aws) -> Result<Ledger, Trouble> {
    let home = aws.home().await.map_err(trouble)?;
    Ledger::open(&settings.ledger, home).map_err(unusable)
}

/// The same before the cluster is worked on beside the plan: it is the one that was made here. Of a cluster that somebody else made
/// nothing says which one it is; what the ledger names must be here all the same.
async fn of_this_plan(settings: &ClusterSettings, aws: &Aws) -> Result<Ledger, Trouble> {
    if settings.existing {
        let ledger = Ledger::look(&settings.ledger).map_err(unusable)?;
        ledger
            .is_at(&aws.home().await.map_err(trouble)?)
            .map_err(unusable)?;
        return Ok(ledger);
    }
    let ledger = ledger(settings, aws).await?;
    is_ours(settings, aws, &ledger).await?;
    Ok(ledger)
}

/// Whether the cluster that is there is the one that was made here.
async fn is_ours(settings: &ClusterSettings, aws: &Aws, ledger: &Ledger) -> Result<(), Trouble> {
    is_the_one_made(aws, ledger, Kind::Cluster, &settings.spec.name)
        .await
        .map_err(stopped)
}

fn unusable(error: LedgerError) -> Trouble {
    let hint = error.hint();
    Trouble::new(error, Some(hint))
}

fn trouble(error: CloudError) -> Trouble {
    let hint = error.hint();
    Trouble::new(error, hint)
}

fn stopped(error: ApplyError) -> Trouble {
    let hint = error.hint();
    Trouble::new(error, hint)
}
