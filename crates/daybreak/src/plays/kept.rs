//! What the journal keeps of a look at an estate, for the report and for whoever asks later: the weightiest of it, and how much
//! was left out. However large an estate is, a record stays small.

use daybreak_assess::Score;
use daybreak_engine::Role;
use daybreak_model::Finding;
use daybreak_runbook::Evidence;
use daybreak_work::{CheckReport, Consequence, NodeReport, SchemaDifference, SchemaRepair, TableVerdict};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::failure::evidence;
use crate::assessment::{Assessed, Judged};

/// Findings or differences that one record keeps.
const MOST: usize = 400;
/// Tables of one compared server.
const TABLES: usize = 200;
/// Statements of one repair.
const STATEMENTS: usize = 10;
/// Lines of a list in words.
const LINES: usize = 20;
/// Letters of one text.
const LETTERS: usize = 600;

/// A server that was assessed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) server: String,
    pub(crate) flavor: String,
    pub(crate) role: Role,
    /// The line of Aurora that it goes to.
    pub(crate) target: String,
    pub(crate) score: Score,
}

/// Why something that was found is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Accepted {
    pub(crate) reason: String,
    /// The last day on which that counts.
    pub(crate) until: String,
}

/// A finding of the assessment, or of the comparison of the estate's rows.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    #[serde(flatten)]
    pub(crate) finding: Finding,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waived: Option<Accepted>,
}

/// An object whose definition is not the same everywhere.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Difference {
    pub(crate) object: String,
    pub(crate) kind: String,
    pub(crate) class: Consequence,
    pub(crate) difference: String,
    pub(crate) repair: Vec<SchemaRepair>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waived: Option<Accepted>,
}

/// A server's rows beside the primary's.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Compared {
    pub(crate) server: String,
    pub(crate) report: CheckReport,
    #[serde(default)]
    pub(crate) tables_left_out: usize,
    /// Why it was not compared to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<String>,
}

/// The servers of an assessment, with their counts.
pub(super) fn servers(servers: &[Assessed]) -> Vec<Value> {
    let one = |server: &Assessed| {
        json!(Server {
            server: server.verdict.server.clone(),
            flavor: server.verdict.flavor.to_string(),
            role: server.role,
            target: server.target.name.to_owned(),
            score: server.verdict.score,
        })
    };
    servers.iter().map(one).collect()
}

/// The findings, the weightiest first, each with why it is waived where it is.
pub(super) fn findings(findings: &[Finding], judged: &Judged<'_>) -> Evidence {
    let mut all: Vec<&Finding> = findings.iter().collect();
    all.sort_by_key(|finding| finding.severity);
    let one = |finding: &&Finding| {
        json!(Found {
            finding: Finding {
                evidence: short(&finding.evidence),
                remedy: short(&finding.remedy),
                statement: finding.statement.as_deref().map(short),
                ..(*finding).clone()
            },
            waived: accepted(judged, finding),
        })
    };
    let kept: Vec<Value> = all.iter().take(MOST).map(one).collect();
    left_out("findings", kept, all.len())
}

/// Schema differences with the finding that each is, the worst first.
pub(super) fn differences(found: &[(&SchemaDifference, &Finding)], judged: &Judged<'_>) -> Evidence {
    let repair = |repair: &SchemaRepair| {
        let statements = repair.statements.iter().take(STATEMENTS);
        SchemaRepair {
            statements: statements.map(|statement| short(statement)).collect(),
            ..repair.clone()
        }
    };
    let one = |(difference, finding): &(&SchemaDifference, &Finding)| {
        json!(Difference {
            object: difference.object.clone(),
            kind: difference.kind.clone(),
            class: difference.class,
            difference: short(&difference.difference),
            repair: difference.repair.iter().map(repair).collect(),
            waived: accepted(judged, finding),
        })
    };
    let kept: Vec<Value> = found.iter().take(MOST).map(one).collect();
    left_out("differences", kept, found.len())
}

/// A data check, tables that are not the same first.
pub(super) fn check(report: &CheckReport) -> Evidence {
    let (kept, left_out) = bounded(report);
    match left_out {
        0 => evidence(&kept),
        more => evidence(&kept).with("tables_left_out", more),
    }
}

/// One of several servers that were compared with the primary.
pub(super) fn compared(node: &NodeReport) -> Value {
    let (report, tables_left_out) = bounded(&node.report);
    json!(Compared {
        server: node.server.clone(),
        report,
        tables_left_out,
        left: node.left.as_ref().map(|error| short(&error.in_words())),
    })
}

/// The first few lines of a list, and how many there are besides.
pub(super) fn some(lines: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = lines.iter().take(LINES).map(|line| short(line)).collect();
    if let more @ 1.. = lines.len().saturating_sub(LINES) {
        kept.push(format!("and {more} more"));
    }
    kept
}

fn bounded(report: &CheckReport) -> (CheckReport, usize) {
    let mut kept = report.clone();
    kept.tables.sort_by_key(|table| match table.verdict {
        TableVerdict::Different { .. } => 0,
        TableVerdict::CouldNotTell(_) => 1,
        TableVerdict::Same => 2,
    });
    kept.tables.truncate(TABLES);
    for table in &mut kept.tables {
        if let TableVerdict::CouldNotTell(why) = &mut table.verdict {
            *why = short(why);
        }
    }
    (kept, report.tables.len().saturating_sub(TABLES))
}

fn left_out(what: &str, kept: Vec<Value>, all: usize) -> Evidence {
    let left_out = all - kept.len();
    let evidence = Evidence::none().with(what, kept);
    match left_out {
        0 => evidence,
        more => evidence.with(&format!("{what}_left_out"), more),
    }
}

fn accepted(judged: &Judged<'_>, finding: &Finding) -> Option<Accepted> {
    let mut waived = judged.waived.iter();
    let (_, waiver) = waived.find(|(waived, _)| std::ptr::eq(*waived, finding))?;
    Some(Accepted {
        reason: short(&waiver.reason),
        until: waiver.expires.to_string(),
    })
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::{Finding, Severity, Told};

    use super::{LETTERS, LINES, MOST, findings, some};
    use crate::assessment::{day_of, judge};
    use crate::config::Waiver;

    #[test]
    fn a_record_stays_small_and_says_what_it_lacks() {
        let finding = |number: usize, severity| Finding {
            id: "mysql.table.engine".to_owned(),
            rows: vec!["P1".to_owned()],
            severity,
            server: "source (db1:3306)".to_owned(),
            object: format!("shop.t{number}"),
            evidence: "ä".repeat(LETTERS + 7),
            remedy: "move it".to_owned(),
            statement: None,
            told: Told::Found,
        };
        let mut all: Vec<Finding> = (0..MOST + 3)
            .map(|number| finding(number, Severity::Note))
            .collect();
        all.push(finding(9_999, Severity::Blocks));
        let today = day_of(jiff::Timestamp::UNIX_EPOCH);
        let waivers = [Waiver {
            check: "mysql.table.engine".to_owned(),
            object: Some("shop.t9999".to_owned()),
            reason: "loaded once".to_owned(),
            expires: today,
        }];
        let evidence = findings(&all, &judge(&all, &waivers, today));
        let kept = evidence.get("findings").and_then(|kept| kept.as_array()).unwrap();
        assert_eq!(kept.len(), MOST);
        assert_eq!(kept[0]["object"], "shop.t9999", "what blocks comes first");
        assert_eq!(kept[0]["waived"]["reason"], "loaded once");
        let letters = kept[1]["evidence"].as_str().map(|text| text.chars().count());
        assert_eq!(letters, Some(LETTERS + 1));
        assert_eq!(evidence.get("findings_left_out"), Some(&4.into()));
    }

    #[test]
    fn a_long_list_ends_with_how_long_it_is() {
        let lines = vec!["a".to_owned(); LINES + 2];
        assert_eq!(some(&lines).last().map(String::as_str), Some("and 2 more"));
        assert_eq!(some(&lines[..LINES]), lines[..LINES]);
    }
}
