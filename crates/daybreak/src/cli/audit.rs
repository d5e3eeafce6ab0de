use std::path::Path;

use clap::Args;
use daybreak_model::{Finding, Severity, Told};

use super::source::Start;
use super::{assess, plain};
use crate::assessment::{day_of, judge};
use crate::auditing::{has_table, of_cluster, of_estate, unseen};
use crate::config::{self, Waiver};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Looks for holes: in the plan file, on every server of the estate and on the plan's target, and at the plan's cluster at AWS. Changes
/// nothing. Ends with 3 where one was found that the plan does not waive, and else with 6 where something could not be looked at.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    start: Start,
    /// Hold the plan's cluster against AWS's own advice, too: each rule with the page that says so.
    #[arg(long)]
    best_practices: bool,
}

impl Audit {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let mut findings = Vec::new();
        let mut waivers = Vec::new();
        let text = std::fs::read_to_string(plan).ok();
        if text.is_none() && !self.start.names_a_server() {
            let error = anyhow::anyhow!("there is nothing to look at: {} cannot be read", plan.display());
            let hint = "name a server with `--source URL`, or a plan with `--plan FILE`";
            return Err(Trouble::usage(error, Some(hint.to_owned())));
        }
        if let Some(text) = &text {
            findings.extend(config::of_text(plan, text));
        }
        let has = |table: &str| text.as_ref().is_some_and(|text| has_table(text, table));
        if self.start.names_a_server() || has("source") {
            match self.start.begin(plan) {
                Ok(begin) => {
                    let mut further = None;
                    if let Some(settings) = &begin.settings {
                        waivers.clone_from(&settings.waivers);
                        findings.extend(config::of_endpoint(plan, &settings.source.endpoint));
                        findings.extend(config::of_endpoint(plan, &settings.target.endpoint));
                        further = Some(settings.target.endpoint.clone());
                    }
                    let topology = self.start.around(&begin).await?;
                    findings.extend(of_estate(&topology, further).await);
                }
                // What stands in the file is said though the file cannot be used, as when it holds a password.
                Err(trouble) if !findings.is_empty() => {
                    findings.push(unseen(&plan.display().to_string(), &trouble.error.to_string()));
                }
                Err(trouble) => return Err(trouble),
            }
        }
        if has("cluster") {
            let settings = config::read_cluster(plan).map_err(|error| {
                let hint = error.hint();
                Trouble::usage(error, hint)
            })?;
            findings.extend(of_cluster(&settings, self.best_practices).await);
            waivers = settings.waivers;
        } else if self.best_practices {
            let error = anyhow::anyhow!("the plan has no `[cluster]` to hold against AWS's advice");
            return Err(Trouble::usage(
                error,
                Some("name its name and region in `[cluster]`".to_owned()),
            ));
        }
        Ok(report(&findings, &waivers, format))
    }
}

/// Prints what was found; notes are no holes.
fn report(findings: &[Finding], waivers: &[Waiver], format: Format) -> Exit {
    let judged = judge(findings, waivers, day_of(jiff::Timestamp::now()));
    let reason = |finding: &Finding| {
        let waived = judged
            .waived
            .iter()
            .find(|(waived, _)| std::ptr::eq(*waived, finding));
        waived.map(|(_, waiver)| waiver.reason.as_str())
    };
    let open = |finding: &&Finding| {
        finding.told == Told::Found && finding.severity != Severity::Note && reason(finding).is_none()
    };
    let holes = findings.iter().filter(open).count();
    let untold = findings
        .iter()
        .filter(|finding| finding.told == Told::CouldNotTell && reason(finding).is_none())
        .count();
    match format {
        Format::Json => assess::json(findings, &judged),
        Format::Text => {
            let mut last = "";
            for finding in findings {
                if finding.server != last {
                    output::line(plain(&finding.server));
                    last = &finding.server;
                }
                let severity = match (finding.told, reason(finding)) {
                    (_, Some(_)) => "waived".to_owned(),
                    (Told::CouldNotTell, _) => "?".to_owned(),
                    (Told::Found, _) => output::words(&finding.severity),
                };
                output::line(plain(&format!(
                    "  {severity}: {}: {}: {}",
                    finding.id, finding.object, finding.evidence
                )));
                output::line(plain(&format!("    {}", finding.remedy)));
                if let Some(statement) = &finding.statement {
                    output::line(plain(&format!("    {statement};")));
                }
            }
            output::line(format!(
                "{holes} holes, {untold} places that could not be looked at"
            ));
        }
    }
    match (holes, untold) {
        (0, 0) => Exit::Done,
        (0, _) => Exit::CouldNotTell,
        _ => Exit::Different,
    }
}
