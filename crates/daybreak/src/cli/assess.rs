use std::path::Path;

use clap::Args;
use daybreak_assess::{About, all_checks};
use daybreak_engine::Role;
use daybreak_model::{AURORA_LINES, AuroraLine, Endpoint, Family, Finding, Severity, Told};
use serde::Serialize;

use super::source::Start;
use crate::assessment::{self, Assessed, Assessment, Judged, KeptAssessment, day_of, judge};
use crate::config::Waiver;
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// Asks every server of the estate, and changes none; of a plan's servers what blocks is kept for `provision`. Ends with 3 where something blocks that the plan does not waive, and else
/// with 6 where a server, or something that would block, could not be looked at.
#[derive(Debug, Args)]
pub(crate) struct Assess {
    #[command(flatten)]
    start: Start,
    /// The Aurora version to go to, such as `3.10`, `8.4`, `aurora-postgresql 17`. Default: that of the plan's `[cluster]`; else 3.10, for
    /// servers of MySQL 8.4 and later 8.4, for PostgreSQL the same major version.
    #[arg(long, value_name = "VERSION", num_args = 1..=2)]
    target: Vec<String>,
    /// Print every check there is, and ask nobody.
    #[arg(long)]
    list: bool,
}

/// A finding, and why it is accepted, where it is.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<&'a str>,
}

impl Assess {
    pub(crate) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        if self.list {
            list(&all_checks(), format);
            return Ok(Exit::Done);
        }
        let begin = self.start.begin(plan)?;
        let known = begin.known();
        let cluster = begin
            .settings
            .as_ref()
            .and_then(|settings| settings.cluster.as_ref());
        let planned = cluster.and_then(|cluster| cluster.line);
        let state_dir = begin.settings.as_ref().map(|settings| settings.state_dir.clone());
        let waivers = begin.settings.map_or_else(Vec::new, |settings| settings.waivers);
        let source = begin.endpoint;
        let target = self.line(&source, planned)?;
        let assessment = assessment::of_estate(&source, &begin.also, &known, target, |words| {
            if output::is_terminal() {
                output::say(words);
            }
        });
        let assessment = assessment.await.map_err(|error| {
            let hint = error.hint().map(str::to_owned);
            Trouble::new(error, hint)
        })?;
        if let Some(state_dir) = state_dir
            && let Err(error) = KeptAssessment::keep(&assessment, &state_dir, jiff::Timestamp::now())
        {
            let place = state_dir.display();
            output::say(format!(
                "not kept in {place}, where `provision` looks for it: {error}"
            ));
        }
        let findings = assessment.findings();
        let judged = judge(&findings, &waivers, day_of(jiff::Timestamp::now()));
        match format {
            Format::Json => json(&findings, &judged),
            Format::Text => text(&assessment, &judged),
        }
        for waiver in &judged.past {
            output::say(past(waiver));
        }
        Ok(match (judged.blocking.len(), judged.untold.len()) {
            (0, 0) => Exit::Done,
            (0, _) => Exit::CouldNotTell,
            _ => Exit::Different,
        })
    }

    /// The line that was asked for, else that of the plan's cluster, if there is one; it must be of the source's family.
    fn line(
        &self,
        source: &Endpoint,
        planned: Option<&'static AuroraLine>,
    ) -> Result<Option<&'static AuroraLine>, Trouble> {
        let asked = (!self.target.is_empty()).then(|| AuroraLine::named(&self.target.join(" ")));
        let asked = asked.transpose().map_err(|error| {
            let hint = error.hint();
            Trouble::usage(error, Some(hint))
        })?;
        let Some(line) = asked.or(planned) else {
            return Ok(None);
        };
        if line.family != source.family {
            let kind = match source.family {
                Family::Mysql => "of the MySQL family",
                Family::Postgres => "PostgreSQL",
            };
            let lines = AURORA_LINES.iter().filter(|line| line.family == source.family);
            let names: Vec<&str> = lines.map(|line| line.name).collect();
            return Err(Trouble::usage(
                anyhow::anyhow!("{line} is no target for the source, which is {kind}"),
                Some(format!("name one of: {}", names.join(", "))),
            ));
        }
        Ok(Some(line))
    }
}

fn past(waiver: &Waiver) -> String {
    format!(
        "the waiver of {}{} ended on {} and no longer counts",
        waiver.check,
        waiver
            .object
            .as_ref()
            .map_or_else(String::new, |object| format!(" for {object}")),
        waiver.expires
    )
}

fn list(checks: &[About], format: Format) {
    match format {
        Format::Json => output::json(&checks),
        Format::Text => {
            for check in checks {
                let severity = output::words(&check.severity);
                output::line(format!(
                    "{} ({severity}, {}): {}",
                    check.id, check.crossing, check.title
                ));
            }
            output::line(format!("{} checks", checks.len()));
        }
    }
}

/// Findings, each with the reason for which it is accepted.
pub(super) fn json(findings: &[Finding], judged: &Judged<'_>) {
    let lines: Vec<Line<'_>> = findings
        .iter()
        .map(|finding| {
            let waiver = judged
                .waived
                .iter()
                .find(|(waived, _)| std::ptr::eq(*waived, finding));
            Line {
                finding,
                waived: waiver.map(|(_, waiver)| waiver.reason.as_str()),
            }
        })
        .collect();
    output::json(&lines);
}

fn text(assessment: &Assessment, judged: &Judged<'_>) {
    for server in &assessment.servers {
        heading(server);
        let own = |finding: &&Finding| finding.told == Told::Found;
        for (severity, title) in [
            (Severity::Blocks, "Blocks"),
            (Severity::Degrades, "Degrades"),
            (Severity::Note, "To be known"),
        ] {
            let found = server.verdict.findings.iter().filter(own);
            group(
                title,
                found.filter(|finding| finding.severity == severity),
                judged,
            );
        }
        let hidden = server.verdict.findings.iter().filter(|finding| !own(finding));
        group("Could not tell", hidden, judged);
        output::line("");
    }
    group(
        "Servers that could not be looked at",
        assessment.unreached.iter(),
        judged,
    );
    output::line(match (judged.blocking.len(), judged.untold.len()) {
        (0, 0) => "nothing blocks the move".to_owned(),
        (0, untold) => format!(
            "nothing that was looked at blocks the move; {untold} check(s) or server(s) could not be looked at"
        ),
        (blocking, _) => format!("{blocking} finding(s) block the move"),
    });
}

fn heading(server: &Assessed) {
    let verdict = &server.verdict;
    let role = match server.role {
        Role::Primary => "primary",
        Role::Replica => "replica",
    };
    output::line(format!(
        "{}: {}, {role}, towards {}",
        verdict.server, verdict.flavor, server.target
    ));
    output::line(format!("  {}", server.support()));
    for (lines, methods) in server.ways() {
        output::line(format!("  to Aurora {lines}:"));
        for method in methods {
            output::line(format!("    {method}"));
        }
    }
    output::line(format!("  {}", server.score()));
}

/// Findings under a title: each check once, with its remedy, and below it all of its objects.
fn group<'a>(title: &str, findings: impl Iterator<Item = &'a Finding>, judged: &Judged<'_>) {
    let mut last: Option<&str> = None;
    for finding in findings {
        if last.is_none() {
            output::line(format!("  {title}"));
        }
        if last != Some(finding.id.as_str()) {
            output::line(format!("    {}: {}", finding.id, finding.remedy));
        }
        last = Some(&finding.id);
        let waived = judged.waived.iter().find(|(waived, _)| *waived == finding);
        let waived = waived.map_or_else(String::new, |(_, waiver)| {
            format!(" [waived until {}: {}]", waiver.expires, waiver.reason)
        });
        output::line(format!("      {}: {}{waived}", finding.object, finding.evidence));
        if let Some(statement) = &finding.statement {
            output::line(format!("        {statement};"));
        }
    }
}
