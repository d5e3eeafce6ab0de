//! An assessment of the whole estate (P1): every server of it, towards a line of Aurora, and what the plan's waivers make of
//! it.

mod kept;

use daybreak_assess::{Verdict, Way, assess, end_of_support, ways};
use daybreak_engine::{EngineError, Role, database};
use daybreak_model::{
    AuroraLine, Day, Endpoint, Family, Finding, Flavor, Hosting, Product, Severity, Told, Version,
};
use daybreak_work::{Topology, walk};
use futures_util::future::join_all;

use crate::config::{UNREACHED, Waiver};
pub(crate) use kept::KeptAssessment;
#[cfg(test)]
pub(crate) use kept::KeptServer;

/// How a server can get to Aurora.
pub(crate) const WAY: &str = "server.way";

/// A server that was looked at.
pub(crate) struct Assessed {
    /// What was found, and counted.
    pub(crate) verdict: Verdict,
    /// What it is among its neighbours.
    pub(crate) role: Role,
    /// Where it is to go.
    pub(crate) target: &'static AuroraLine,
}

/// All servers of an estate.
pub(crate) struct Assessment {
    /// Those that were looked at; the first is where the walk began.
    pub(crate) servers: Vec<Assessed>,
    /// Those that could not be.
    pub(crate) unreached: Vec<Finding>,
}

/// What the waivers leave of the findings.
pub(crate) struct Judged<'a> {
    /// Findings that block and that nothing waives.
    pub(crate) blocking: Vec<&'a Finding>,
    /// Servers, and checks of what would block, that could not be looked at and that nothing waives.
    pub(crate) untold: Vec<&'a Finding>,
    /// Findings that are waived, with the reason.
    pub(crate) waived: Vec<(&'a Finding, &'a Waiver)>,
    /// Waivers that would cover a finding and are past.
    pub(crate) past: Vec<&'a Waiver>,
}

/// The line that a server goes to where none is named: a long-term one that it fits, or the newest of its own major version.
pub(crate) fn default_line(from: &Flavor) -> &'static AuroraLine {
    let name = match from.family() {
        Family::Mysql if from.product != Product::MariaDb && from.version >= Version::new(8, 4, 0) => {
            "8.4".to_owned()
        }
        Family::Mysql => "3.10".to_owned(),
        Family::Postgres => from.version.major.to_string(),
    };
    let newest = match from.family() {
        Family::Mysql => "8.4",
        Family::Postgres => "18",
    };
    let line = AuroraLine::named(&name).or_else(|_| AuroraLine::named(newest));
    line.expect("the newest line is one")
}

/// The line that a cluster is of, if it is one.
pub(crate) fn line_of(target: &Flavor) -> Option<&'static AuroraLine> {
    let Hosting::Aurora { version } = &target.hosting else {
        return None;
    };
    let engine = match target.family() {
        Family::Mysql => "aurora-mysql",
        Family::Postgres => "aurora-postgresql",
    };
    let mut version = version.as_str();
    loop {
        if let Ok(line) = AuroraLine::named(&format!("{engine} {version}")) {
            return Some(line);
        }
        version = version.rsplit_once('.')?.0;
    }
}

/// Walks the estate from one of its servers and looks at all of them at once. `target` is a line, or each server's default.
pub(crate) async fn of_estate(
    start: &Endpoint,
    also: &[String],
    known: &[Endpoint],
    target: Option<&'static AuroraLine>,
    tell: impl Fn(&str),
) -> Result<Assessment, EngineError> {
    let topology = walk(start, also, known).await?;
    let looks = topology.members.iter().map(|member| {
        tell(&format!("asking {}", member.endpoint.address()));
        let target = target.unwrap_or_else(|| default_line(&member.identity.flavor));
        async move {
            let verdict = assess(&database(member.endpoint.clone()), target).await;
            (member, target, verdict)
        }
    });
    let mut assessment = Assessment {
        servers: Vec::new(),
        unreached: unreached(&topology),
    };
    for (member, target, verdict) in join_all(looks).await {
        match verdict {
            Ok(verdict) => assessment.servers.push(Assessed {
                verdict,
                role: member.identity.role,
                target,
            }),
            Err(error) => {
                let why =
                    std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                let server = member.endpoint.to_string();
                assessment.unreached.push(could_not_look(server, &why));
            }
        }
    }
    Ok(assessment)
}

fn unreached(topology: &Topology) -> Vec<Finding> {
    let servers = topology.unreached.iter();
    servers
        .map(|server| {
            let why = format!("named by {}: {}", server.named_by, server.why);
            could_not_look(server.name.clone(), &why)
        })
        .collect()
}

fn could_not_look(server: String, why: &str) -> Finding {
    Finding {
        id: UNREACHED.to_owned(),
        rows: vec!["P1".to_owned(), "P2".to_owned()],
        severity: Severity::Degrades,
        object: server.clone(),
        server,
        evidence: format!("could not tell: {why}"),
        remedy: "let this account reach it and look again, or name it with `--also HOST:PORT`".to_owned(),
        statement: None,
        told: Told::CouldNotTell,
    }
}

impl Assessed {
    /// How it can get to each line, in words: lines that are reached alike stand together.
    pub(crate) fn ways(&self) -> Vec<(String, Vec<String>)> {
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        let all = ways(&self.verdict.flavor);
        let mut lines: Vec<&str> = all.iter().map(|way| way.line.name).collect();
        lines.dedup();
        for line in lines {
            let words: Vec<String> = all
                .iter()
                .filter(|way| way.line.name == line)
                .map(in_words)
                .collect();
            match groups.last_mut() {
                Some((names, same)) if *same == words => {
                    names.push_str(", ");
                    names.push_str(line);
                }
                _ => groups.push((line.to_owned(), words)),
            }
        }
        groups
    }

    /// Until when what it runs is supported, and the line it goes to.
    pub(crate) fn support(&self) -> String {
        let (flavor, line) = (&self.verdict.flavor, self.target);
        let own = match end_of_support(flavor) {
            Some(end) => format!("{flavor} is supported until {end}"),
            None => format!("how long {flavor} is supported is not known here"),
        };
        let extended = line.extended_support_ends;
        let extended = extended.map_or_else(String::new, |end| format!(", at extra cost until {end}"));
        format!("{own}; {line} until {}{extended}", line.standard_support_ends)
    }

    /// The ways as findings.
    fn way_findings(&self) -> Vec<Finding> {
        let groups = self.ways().into_iter();
        groups
            .map(|(lines, words)| Finding {
                id: WAY.to_owned(),
                rows: vec!["P1".to_owned()],
                severity: Severity::Note,
                server: self.verdict.server.clone(),
                object: format!("Aurora {lines}"),
                evidence: words.join("; "),
                remedy: self.support(),
                statement: None,
                told: Told::Found,
            })
            .collect()
    }

    /// The counts in words.
    pub(crate) fn score(&self) -> String {
        let score = &self.verdict.score;
        format!(
            "{} checks: {} clean, {} block, {} degrade, {} note, {} could not tell",
            score.checks, score.clean, score.blocks, score.degrades, score.notes, score.could_not_tell
        )
    }
}

fn in_words(way: &Way) -> String {
    let mut words = way.method.to_string();
    if !way.path.is_empty() {
        words = format!("{words}, after upgrades to {}", way.path.join(" and then "));
    }
    match way.condition {
        Some(condition) => format!("{words} ({condition})"),
        None => words,
    }
}

impl Assessment {
    /// All findings: each server's own, its ways, and the servers that could not be reached.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let servers = self.servers.iter().flat_map(|server| {
            let own = server.verdict.findings.iter().cloned();
            own.chain(server.way_findings())
        });
        servers.chain(self.unreached.iter().cloned()).collect()
    }
}

/// The day of a moment, in UTC.
pub(crate) fn day_of(moment: jiff::Timestamp) -> Day {
    let date = moment.to_zoned(jiff::tz::TimeZone::UTC).date();
    Day {
        year: u16::try_from(date.year()).unwrap_or(0),
        month: u8::try_from(date.month()).unwrap_or(0),
        day: u8::try_from(date.day()).unwrap_or(0),
    }
}

/// What the waivers that count today leave of the findings.
pub(crate) fn judge<'a>(findings: &'a [Finding], waivers: &'a [Waiver], today: Day) -> Judged<'a> {
    let mut judged = Judged {
        blocking: Vec::new(),
        untold: Vec::new(),
        waived: Vec::new(),
        past: Vec::new(),
    };
    for finding in findings {
        let covering: Vec<&Waiver> = waivers.iter().filter(|waiver| waiver.covers(finding)).collect();
        let valid = covering.iter().find(|waiver| !waiver.is_past(today));
        if let Some(waiver) = valid {
            judged.waived.push((finding, waiver));
            continue;
        }
        for waiver in covering {
            if !judged.past.contains(&waiver) {
                judged.past.push(waiver);
            }
        }
        let would_block = finding.severity == Severity::Blocks;
        match finding.told {
            Told::Found if would_block => judged.blocking.push(finding),
            Told::CouldNotTell if would_block || finding.id == UNREACHED => judged.untold.push(finding),
            Told::Found | Told::CouldNotTell => {}
        }
    }
    judged
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Day, Finding, Flavor, Hosting, Product, Severity, Told, Version};

    use super::{default_line, judge, line_of};
    use crate::config::Waiver;

    fn day(day: u8) -> Day {
        Day {
            year: 2026,
            month: 11,
            day,
        }
    }

    fn finding(id: &str, object: &str, severity: Severity, told: Told) -> Finding {
        Finding {
            id: id.to_owned(),
            rows: Vec::new(),
            severity,
            server: "db1".to_owned(),
            object: object.to_owned(),
            evidence: String::new(),
            remedy: String::new(),
            statement: None,
            told,
        }
    }

    #[test]
    fn waivers_count_until_their_day_and_for_their_object() {
        let findings = [
            finding("a", "t1", Severity::Blocks, Told::Found),
            finding("a", "t2", Severity::Blocks, Told::Found),
            finding("b", "t1", Severity::Degrades, Told::Found),
            finding("c", "db1", Severity::Blocks, Told::CouldNotTell),
            finding("d", "db1", Severity::Degrades, Told::CouldNotTell),
            finding("server.unreached", "db2", Severity::Degrades, Told::CouldNotTell),
        ];
        let waiver = |check: &str, object: Option<&str>, expires| Waiver {
            check: check.to_owned(),
            object: object.map(str::to_owned),
            reason: "known".to_owned(),
            expires: day(expires),
        };
        for (waivers, blocking, untold, waived, past) in [
            (vec![], 2, 2, 0, 0),
            (vec![waiver("a", None, 25)], 0, 2, 2, 0),
            (vec![waiver("a", Some("t2"), 25)], 1, 2, 1, 0),
            (vec![waiver("a", None, 24)], 2, 2, 0, 1),
            (
                vec![waiver("a", None, 24), waiver("a", Some("t1"), 30)],
                1,
                2,
                1,
                1,
            ),
            (vec![waiver("c", None, 30)], 2, 1, 1, 0),
            (vec![waiver("server.unreached", Some("db2"), 30)], 2, 1, 1, 0),
            (vec![waiver("z", None, 30)], 2, 2, 0, 0),
        ] {
            let judged = judge(&findings, &waivers, day(25));
            let counts = (judged.blocking.len(), judged.untold.len());
            assert_eq!(counts, (blocking, untold), "{waivers:?}");
            assert_eq!(
                (judged.waived.len(), judged.past.len()),
                (waived, past),
                "{waivers:?}"
            );
        }
    }

    #[test]
    fn the_line_is_that_of_the_cluster_or_the_one_that_fits() {
        let flavor = |product, version: &str, aurora: Option<&str>| Flavor {
            product,
            version: version.parse::<Version>().expect("a version"),
            hosting: aurora.map_or(Hosting::SelfManaged, |version| Hosting::Aurora {
                version: version.to_owned(),
            }),
        };
        for (from, name) in [
            (flavor(Product::Mysql, "5.6.24", None), "3.10"),
            (flavor(Product::Mysql, "9.7.4", None), "8.4.8"),
            (flavor(Product::MariaDb, "10.11.18", None), "3.10"),
            (flavor(Product::Postgres, "15.18", None), "15.17"),
            (flavor(Product::Postgres, "12.22", None), "18.3"),
        ] {
            assert_eq!(default_line(&from).name, name, "{from}");
        }
        for (target, name) in [
            (flavor(Product::Mysql, "8.0.42", Some("3.10.0")), Some("3.10")),
            (flavor(Product::Mysql, "8.4.7", Some("8.4.7")), Some("8.4.7")),
            (flavor(Product::Postgres, "17.4", Some("17.4.0")), Some("17.9")),
            (flavor(Product::Postgres, "17.4", None), None),
        ] {
            assert_eq!(line_of(&target).map(|line| line.name), name, "{target}");
        }
    }
}
