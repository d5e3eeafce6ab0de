//! What of an audit is looked at: the plan file, servers, the cluster at AWS; for the command and for the runbook's step.

use daybreak_assess::audit;
use daybreak_cloud::{Aws, Hole, Weight};
use daybreak_engine::{EngineError, database};
use daybreak_model::{Endpoint, Finding, Severity, Told};
use daybreak_work::{Topology, walk};
use futures_util::future::join_all;

use crate::config::{self, ClusterSettings, PlanError, Settings};
use crate::output;

/// Everything that the settings lead to: the plan file, every server of the estate, the target, and the plan's cluster with AWS's own
/// advice.
///
/// # Errors
/// When the source itself does not answer, or the plan's cluster cannot be read.
pub(crate) async fn of_settings(settings: &Settings) -> Result<Vec<Finding>, AuditingError> {
    let plan = settings.plan.as_path();
    let (source, target) = (&settings.source.endpoint, &settings.target.endpoint);
    let mut findings = match std::fs::read_to_string(plan) {
        Ok(text) => config::of_text(plan, &text),
        Err(error) => vec![unseen(&plan.display().to_string(), &error.to_string())],
    };
    findings.extend(config::of_endpoint(plan, source));
    findings.extend(config::of_endpoint(plan, target));
    let topology = walk(source, &settings.also, &settings.sides()).await?;
    findings.extend(of_estate(&topology, Some(target.clone())).await);
    if settings.cluster.is_some() {
        findings.extend(of_cluster(&config::read_cluster(plan)?, true).await);
    }
    Ok(findings)
}

/// Why nothing was looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditingError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// Whether a plan has this table, however the rest of it is.
pub(crate) fn has_table(text: &str, table: &str) -> bool {
    text.lines().any(|line| {
        let name = line
            .trim()
            .trim_start_matches('[')
            .split([']', '.'])
            .next()
            .unwrap_or_default();
        line.trim_start().starts_with('[') && name.trim() == table
    })
}

/// Of every server of an estate and of one further, where that is none of them; what was not reached is among it.
pub(crate) async fn of_estate(topology: &Topology, further: Option<Endpoint>) -> Vec<Finding> {
    let mut servers: Vec<Endpoint> = topology
        .members
        .iter()
        .map(|member| member.endpoint.clone())
        .collect();
    servers.extend(further.filter(|target| topology.at(&target.address()).is_none()));
    let mut findings = of_servers(&servers).await;
    let unreached = topology.unreached.iter();
    findings.extend(unreached.map(|unreached| unseen(&unreached.name, &unreached.why)));
    findings
}

async fn of_servers(servers: &[Endpoint]) -> Vec<Finding> {
    let looks = servers.iter().map(|endpoint| async move {
        if output::is_terminal() {
            output::say(format!("asking {}", endpoint.address()));
        }
        match audit(&database(endpoint.clone())).await {
            Ok(verdict) => verdict.findings,
            Err(error) => vec![unseen(&endpoint.to_string(), &EngineError::in_words(&error))],
        }
    });
    join_all(looks).await.into_iter().flatten().collect()
}

/// Of the plan's cluster at AWS, and with `best_practices` what AWS advises of it.
pub(crate) async fn of_cluster(settings: &ClusterSettings, best_practices: bool) -> Vec<Finding> {
    let name = &settings.spec.name;
    let place = format!("{name} ({})", settings.aws.region);
    let aws = Aws::new(&settings.aws).await;
    let mut findings = match aws.audit(name).await {
        Ok(Some(holes)) => holes.into_iter().map(|hole| of_hole(&place, hole)).collect(),
        Ok(None) => vec![unseen(&place, "there is no such cluster")],
        Err(error) => vec![unseen(&place, &error.to_string())],
    };
    if best_practices {
        match aws.practices(name).await {
            Ok(broken) => {
                findings.extend(broken.into_iter().flatten().map(|(practice, object, evidence)| {
                    let remedy = format!("{} ({})", practice.remedy, practice.source);
                    finding(&place, practice.id, practice.weight, object, evidence, remedy)
                }))
            }
            Err(error) => findings.push(unseen(&place, &error.to_string())),
        }
    }
    findings
}

fn of_hole(place: &str, hole: Hole) -> Finding {
    let (kind, remedy) = (hole.kind, hole.kind.remedy().to_owned());
    finding(
        place,
        kind.id(),
        kind.weight(),
        hole.object,
        hole.evidence,
        remedy,
    )
}

fn finding(
    place: &str,
    id: &str,
    weight: Weight,
    object: String,
    evidence: String,
    remedy: String,
) -> Finding {
    Finding {
        id: id.to_owned(),
        rows: vec!["D3".to_owned()],
        severity: match weight {
            Weight::Open => Severity::Blocks,
            Weight::Weak => Severity::Degrades,
        },
        server: place.to_owned(),
        object,
        evidence,
        remedy,
        statement: None,
        told: Told::Found,
    }
}

/// A place that could not be looked at.
pub(crate) fn unseen(server: &str, why: &str) -> Finding {
    Finding {
        id: config::UNREACHED.to_owned(),
        rows: vec!["D3".to_owned()],
        severity: Severity::Blocks,
        server: server.to_owned(),
        object: server.to_owned(),
        evidence: format!("could not tell: {why}"),
        remedy: "let it be reached by the account that asks, or waive it with the reason".to_owned(),
        statement: None,
        told: Told::CouldNotTell,
    }
}
