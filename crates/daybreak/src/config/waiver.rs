use daybreak_assess::all_checks;
use daybreak_cloud::{HoleKind, PRACTICES};
use daybreak_model::{Day, Finding};

use super::raw::RawWaiver;
use super::{PlanError, nearest, plan_holes};

/// What the runbook's schema check of the estate finds, as waivers name it; its objects are those of `daybreak schema-check`.
pub(crate) const SCHEMA_CHECK: &str = "schema.check";

/// What the runbook's data check of the estate finds, as waivers name it; its objects are tables, and addresses of servers that
/// could not be compared.
pub(crate) const DATA_CHECK: &str = "data.check.estate";

/// What the runbook's look at slow statements finds, as waivers name it; its objects are ids of classes, or `all classes`.
const SLOW: [&str; 2] = ["slow.p95", "slow.time"];

/// Says of a server that it was named by another, or was found, and could not be looked at. It can be waived like a check.
pub(crate) const UNREACHED: &str = "server.unreached";

/// Findings that are known and accepted, until a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiver {
    /// The check's id.
    pub(crate) check: String,
    /// The object; none for all that the check finds.
    pub(crate) object: Option<String>,
    /// Why it is accepted.
    pub(crate) reason: String,
    /// The last day on which it counts.
    pub(crate) expires: Day,
}

impl Waiver {
    /// Whether it speaks of this finding.
    pub(crate) fn covers(&self, finding: &Finding) -> bool {
        self.check == finding.id
            && self
                .object
                .as_ref()
                .is_none_or(|object| *object == finding.object)
    }

    /// Whether it no longer counts.
    pub(crate) fn is_past(&self, today: Day) -> bool {
        self.expires < today
    }
}

/// Reads the waivers; `error` makes an error of key, message and hint.
pub(super) fn resolve(
    raw: Vec<RawWaiver>,
    error: impl Fn(&str, &str, &str) -> PlanError,
) -> Result<Vec<Waiver>, PlanError> {
    let checks = all_checks().into_iter().map(|about| about.id);
    let known: Vec<&str> = checks
        .chain([UNREACHED, SCHEMA_CHECK, DATA_CHECK])
        .chain(SLOW)
        .chain(HoleKind::ALL.map(HoleKind::id))
        .chain(PRACTICES.map(|practice| practice.id))
        .chain(plan_holes::IDS)
        .collect();
    let one = |(place, raw): (usize, RawWaiver)| {
        let key = |name: &str| format!("waivers[{place}].{name}");
        if !known.contains(&raw.check.as_str()) {
            let hint = match nearest::among(&raw.check, known.iter().copied()) {
                Some(name) => format!("did you mean `{name}`? `daybreak assess --list` prints all"),
                None => "`daybreak assess --list` prints all".to_owned(),
            };
            let message = format!("is `{}`, which is no check", raw.check);
            return Err(error(&key("check"), &message, &hint));
        }
        if raw.reason.trim().is_empty() {
            return Err(error(
                &key("reason"),
                "is empty",
                "write why the finding is accepted",
            ));
        }
        let day = raw.expires.date.map(|date| Day {
            year: date.year,
            month: date.month,
            day: date.day,
        });
        let expires = day.ok_or_else(|| {
            let hint = "write the last day on which it counts, such as 2027-01-31";
            error(
                &key("expires"),
                &format!("is {}, which is no date", raw.expires),
                hint,
            )
        })?;
        Ok(Waiver {
            check: raw.check,
            object: raw.object,
            reason: raw.reason,
            expires,
        })
    };
    raw.into_iter().enumerate().map(one).collect()
}
