//! Whether the plan's version is one that the newest assessment of the plan allows.

use std::collections::BTreeMap;

use daybreak_assess::{About, Crossing, all_checks, ways};
use daybreak_cloud::{Action, Kind, Planned};
use daybreak_engine::Role;
use daybreak_model::{AURORA_LINES, AuroraLine, Day, Finding};
use serde::Serialize;

use crate::assessment::{KeptAssessment, day_of};
use crate::config::{ClusterSettings, Waiver};
use crate::exit::{Exit, Trouble};

/// Findings that one message names.
const NAMED: usize = 10;

/// What an assessment says of a version.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Allowed {
    /// When it was made; none where there is none yet.
    at: Option<String>,
    /// Why the version is none for the plan's servers.
    ruled_out: Vec<String>,
    /// What is to be known besides.
    besides: Vec<String>,
}

impl Allowed {
    /// In lines for whoever reads a plan.
    pub(super) fn lines(&self, version: &str) -> Vec<String> {
        let at = self.at.as_deref().unwrap_or_default();
        let ruled_out = self.ruled_out.iter();
        let ruled_out =
            ruled_out.map(|why| format!("! version {version}: ruled out by the assessment of {at}: {why}"));
        let besides = self
            .besides
            .iter()
            .map(|what| format!("  version {version}: {what}"));
        ruled_out.chain(besides).collect()
    }
}

/// Refuses a version that is ruled out, before anything is changed; what is to be known of it otherwise.
pub(super) fn check(settings: &ClusterSettings, planned: &[Planned]) -> Result<Vec<String>, Trouble> {
    let Some(allowed) = asked(settings, planned)? else {
        return Ok(Vec::new());
    };
    if allowed.ruled_out.is_empty() {
        return Ok(allowed.besides);
    }
    let mut why = allowed.ruled_out.clone();
    let more = why.len().saturating_sub(NAMED);
    why.truncate(NAMED);
    if more > 0 {
        why.push(format!("and {more} more"));
    }
    let error = anyhow::anyhow!(
        "Aurora {} is ruled out by the assessment of {}: {}",
        settings.spec.version,
        allowed.at.unwrap_or_default(),
        why.join("; ")
    );
    let hint = "nothing was changed: plan a version that `daybreak assess` shows a way to, or mend what it shows and assess again; findings that are \
                accepted stand in the plan's `[[waivers]]`";
    Err(Trouble {
        exit: Exit::Usage,
        ..Trouble::new(error, Some(hint.to_owned()))
    })
}

/// What the newest assessment says where the cluster is to be made, or to have another version; none where it is not.
pub(super) fn asked(settings: &ClusterSettings, planned: &[Planned]) -> Result<Option<Allowed>, Trouble> {
    if settings.existing || !is_chosen(planned) {
        return Ok(None);
    }
    let kept = KeptAssessment::read(&settings.state_dir).map_err(|error| {
        let place = settings.state_dir.join("assessment.json");
        let error = anyhow::anyhow!(
            "failed to read the newest assessment {}: {error}",
            place.display()
        );
        Trouble::new(
            error,
            Some("assess the plan's servers again: `daybreak assess`".to_owned()),
        )
    })?;
    let today = day_of(jiff::Timestamp::now());
    Ok(Some(allowed(
        kept.as_ref(),
        settings.line,
        &settings.waivers,
        today,
    )))
}

/// Whether the cluster's version is about to be made so.
fn is_chosen(planned: &[Planned]) -> bool {
    let mut clusters = planned
        .iter()
        .filter(|planned| planned.resource.kind == Kind::Cluster);
    clusters.any(|cluster| match &cluster.action {
        Action::Create => true,
        Action::Update { differences } => differences.iter().any(|difference| difference.name == "version"),
        _ => false,
    })
}

/// What an assessment says of a line. A finding rules a line out where its check stands at the crossing into that line's version; what
/// blocks whatever the version is no reason for another one. Pure.
fn allowed(
    kept: Option<&KeptAssessment>,
    line: Option<&'static AuroraLine>,
    waivers: &[Waiver],
    today: Day,
) -> Allowed {
    let Some(kept) = kept else {
        return Allowed {
            besides: vec![
                "this plan was not assessed yet: `daybreak assess` tells whether its servers can go there"
                    .to_owned(),
            ],
            ..Allowed::default()
        };
    };
    let mut said = Allowed {
        at: Some(kept.at.clone()),
        ..Allowed::default()
    };
    let Some(line) = line else {
        let unknown =
            "no rule is known for it, and whether the plan's servers can go there could not be told";
        said.besides.push(unknown.to_owned());
        return said;
    };
    for server in kept.servers.iter().filter(|server| server.role == Role::Primary) {
        let (name, flavor) = (&server.server, &server.flavor);
        if !ways(flavor).iter().any(|way| way.line == line) {
            said.ruled_out.push(format!(
                "{name} is {flavor}, and no way leads from there to {line}"
            ));
        }
        let looked_at = AURORA_LINES
            .iter()
            .find(|other| other.family == flavor.family() && other.name == server.target);
        if looked_at.is_none_or(|other| other.community < line.community) {
            said.besides.push(format!(
                "{name} was assessed for {}: `daybreak assess` looks at what lies between",
                server.target
            ));
        }
    }
    let checks: BTreeMap<&str, About> = all_checks().into_iter().map(|about| (about.id, about)).collect();
    let accepted = |finding: &&Finding| {
        let mut covering = waivers.iter().filter(|waiver| waiver.covers(finding));
        covering.any(|waiver| !waiver.is_past(today))
    };
    let mut anywhere = 0_usize;
    for finding in kept.blocking.iter().filter(|finding| !accepted(finding)) {
        let flavor = kept
            .servers
            .iter()
            .find(|server| server.server == finding.server)
            .map(|server| &server.flavor);
        match checks.get(finding.id.as_str()).map(|about| about.crossing) {
            Some(crossing @ Crossing::Into(_)) => {
                if flavor.is_none_or(|flavor| crossing.applies(flavor, line)) {
                    let Finding {
                        id,
                        server,
                        object,
                        evidence,
                        ..
                    } = finding;
                    said.ruled_out
                        .push(format!("{id} on {server}: {object}: {evidence}"));
                }
            }
            _ => anywhere += 1,
        }
    }
    if anywhere > 0 {
        said.besides.push(format!(
            "{anywhere} finding(s) of the assessment of {} block the move to any version: `daybreak assess`",
            kept.at
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use daybreak_engine::Role;
    use daybreak_model::{AuroraLine, Day, Finding, Flavor, Hosting, Product, Severity, Told};

    use super::{Allowed, allowed};
    use crate::assessment::{KeptAssessment, KeptServer};
    use crate::config::Waiver;

    fn kept(product: Product, version: &str, target: &str, blocking: &[(&str, &str)]) -> KeptAssessment {
        let finding = |(id, object): &(&str, &str)| Finding {
            id: (*id).to_owned(),
            rows: Vec::new(),
            severity: Severity::Blocks,
            server: "source (db1:3306)".to_owned(),
            object: (*object).to_owned(),
            evidence: "seen".to_owned(),
            remedy: String::new(),
            statement: None,
            told: Told::Found,
        };
        KeptAssessment {
            at: "2026-11-28T12:00:00Z".to_owned(),
            servers: vec![KeptServer {
                server: "source (db1:3306)".to_owned(),
                role: Role::Primary,
                flavor: Flavor {
                    product,
                    version: version.parse().expect("a version"),
                    hosting: Hosting::SelfManaged,
                },
                target: target.to_owned(),
            }],
            blocking: blocking.iter().map(finding).collect(),
        }
    }

    fn look(kept: &KeptAssessment, line: &str, waivers: &[Waiver]) -> Allowed {
        let today = Day {
            year: 2026,
            month: 11,
            day: 28,
        };
        let line = AuroraLine::named(line).expect("a line");
        allowed(Some(kept), Some(line), waivers, today)
    }

    #[test]
    fn a_line_without_a_way_is_ruled_out() {
        let kept = kept(Product::Postgres, "17.5", "17.9", &[]);
        assert_eq!(look(&kept, "aurora-postgresql 17.9", &[]).ruled_out, [""; 0]);
        let older = look(&kept, "aurora-postgresql 16.13", &[]);
        assert!(
            matches!(older.ruled_out.as_slice(), [why] if why.contains("no way leads from there")),
            "{older:?}"
        );
        // A newer one has a way, and what lies between was not looked at.
        let newer = look(&kept, "aurora-postgresql 18.3", &[]);
        assert!(newer.ruled_out.is_empty(), "{newer:?}");
        assert!(newer.besides[0].contains("was assessed for 17.9"), "{newer:?}");
        let today = Day {
            year: 2026,
            month: 11,
            day: 28,
        };
        let none = allowed(None, None, &[], today);
        assert!(
            none.at.is_none() && none.besides[0].contains("not assessed yet"),
            "{none:?}"
        );
    }

    #[test]
    fn what_blocks_at_a_crossing_rules_out_what_lies_behind_it() {
        let (into_8_0, any) = (of_crossing("into 8.0.11"), of_crossing("to Aurora"));
        let kept = kept(
            Product::Mysql,
            "5.7.44",
            "3.10",
            &[(&into_8_0, "shop.t"), (&any, "shop.u")],
        );
        let said = look(&kept, "3.10", &[]);
        assert!(
            matches!(said.ruled_out.as_slice(), [why] if why.contains(&into_8_0) && why.contains("shop.t")),
            "{said:?}"
        );
        assert!(said.besides[0].starts_with("1 finding(s)"), "{said:?}");
        // 2.12 is of 5.7: that crossing is not on the way.
        assert_eq!(look(&kept, "2.12", &[]).ruled_out, [""; 0]);
        let waiver = |day| Waiver {
            check: into_8_0.clone(),
            object: Some("shop.t".to_owned()),
            reason: "mended by then".to_owned(),
            expires: Day {
                year: 2026,
                month: 11,
                day,
            },
        };
        assert_eq!(look(&kept, "3.10", &[waiver(28)]).ruled_out, [""; 0]);
        assert_eq!(look(&kept, "3.10", &[waiver(27)]).ruled_out.len(), 1);
    }

    /// The id of a check of MySQL's that blocks at this crossing.
    fn of_crossing(words: &str) -> String {
        let mut all = daybreak_assess::all_checks().into_iter();
        let one = all.find(|about| {
            about.severity == Severity::Blocks
                && about.crossing.to_string() == words
                && about.id.starts_with("mysql.")
        });
        one.expect("a check").id.to_owned()
    }
}
