use std::sync::Arc;

use daybreak_engine::{Database, EngineError};
use daybreak_model::{AuroraLine, Family, Finding, Flavor, Severity, Told};
use serde::{Deserialize, Serialize};

use crate::hit::Looked;
use crate::{About, Engine, mysql, postgres};

/// A server's findings, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Score {
    /// Checks that apply to this server and this target.
    pub checks: usize,
    /// Of those, how many found nothing.
    pub clean: usize,
    /// Of those, how many could not look.
    pub could_not_tell: usize,
    /// Findings that block.
    pub blocks: usize,
    /// Findings that degrade.
    pub degrades: usize,
    /// Findings to be known.
    pub notes: usize,
}

/// What is said of one server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// Label and address.
    pub server: String,
    /// What it runs.
    pub flavor: Flavor,
    /// All findings, the weightiest first.
    pub findings: Vec<Finding>,
    /// The findings, counted.
    pub score: Score,
}

/// Every check there is.
#[must_use]
pub fn all_checks() -> Vec<About> {
    let mysql = mysql::CHECKS.iter().map(|check| check.about);
    mysql
        .chain(postgres::CHECKS.iter().map(|check| check.about))
        .collect()
}

/// Looks at one server with every check that applies on its way to `target`. Read-only.
///
/// # Errors
/// When the server cannot be asked at all. What one check cannot see is a finding that says so.
pub async fn assess(server: &Arc<dyn Database>, target: &'static AuroraLine) -> Result<Verdict, EngineError> {
    let flavor = server.flavor().await?;
    let applies = |about: &About| about.applies(&flavor, target);
    let looked = look(server, &flavor, target, &applies).await?;
    Ok(verdict(server, flavor.clone(), looked))
}

async fn look(
    server: &Arc<dyn Database>,
    flavor: &Flavor,
    target: &'static AuroraLine,
    wanted: &(dyn Fn(&About) -> bool + Sync),
) -> Result<Vec<(About, Looked)>, EngineError> {
    match flavor.family() {
        Family::Mysql => mysql::look(server, flavor, target, wanted).await,
        Family::Postgres => postgres::look(server, flavor, target, wanted).await,
    }
}

/// Looks with the checks that have a weight where it is asked for, each with that one in the place of its own.
pub(crate) async fn weighed(
    server: &Arc<dyn Database>,
    line: &'static AuroraLine,
    weight: fn(&About) -> Option<Severity>,
) -> Result<Verdict, EngineError> {
    let flavor = server.flavor().await?;
    let engine = Engine::of(flavor.product);
    let wanted = |about: &About| about.engines.contains(&engine) && weight(about).is_some();
    let mut looked = look(server, &flavor, line, &wanted).await?;
    for (about, _) in &mut looked {
        about.severity = weight(about).unwrap_or(about.severity);
    }
    Ok(verdict(server, flavor, looked))
}

/// Findings, counted, the weightiest first.
fn verdict(server: &Arc<dyn Database>, flavor: Flavor, looked: Vec<(About, Looked)>) -> Verdict {
    let name = server.endpoint().to_string();
    let mut score = Score {
        checks: looked.len(),
        ..Score::default()
    };
    let mut findings = Vec::new();
    for (about, looked) in looked {
        match looked {
            Ok(hits) => {
                score.clean += usize::from(hits.is_empty());
                findings.extend(hits.into_iter().map(|hit| hit.into_finding(&about, &name)));
            }
            Err(unknown) => {
                score.could_not_tell += 1;
                findings.push(unknown.into_finding(&about, &name));
            }
        }
    }
    let count = |severity| {
        let of = |finding: &&Finding| finding.told == Told::Found && finding.severity == severity;
        findings.iter().filter(of).count()
    };
    score.blocks = count(Severity::Blocks);
    score.degrades = count(Severity::Degrades);
    score.notes = count(Severity::Note);
    findings.sort_by_key(|finding| finding.severity);
    Verdict {
        server: name,
        flavor,
        findings,
        score,
    }
}
