use std::path::Path;
use std::time::Duration;

use daybreak_model::TableName;
use daybreak_work::{AgeUnit, Children, Hold, Schedule, TrimLimits, TrimRule, Which};
use jiff::Span;
use jiff::tz::TimeZone;

use super::raw::{RawAgeUnit, RawChildren, RawTrim, RawTrimRule};
use super::{BucketAccess, Place, PlanError};

/// Where runs are archived, beside the plan file.
const ARCHIVE: &str = "archive";

/// Which old rows are taken out, and when.
#[derive(Debug, Clone)]
pub(crate) struct TrimSettings {
    pub(crate) rules: Vec<PlannedRule>,
    pub(crate) holds: Vec<Hold>,
    pub(crate) limits: TrimLimits,
    /// Whether rows are deleted though a server of the estate cannot be asked how far it is behind.
    pub(crate) ignore_unreached: bool,
    /// The bucket that archives go to, where they are to lie in one: rules name a folder for the while.
    pub(crate) bucket: Option<Place>,
    /// How buckets are reached.
    pub(crate) access: BucketAccess,
}

/// A rule, and when it is run.
#[derive(Debug, Clone)]
pub(crate) struct PlannedRule {
    pub(crate) rule: TrimRule,
    pub(crate) schedule: Option<Schedule>,
}

/// Whether a rule's name can be part of a file's.
pub(crate) fn is_rule_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= 60 && name.chars().all(fits)
}

/// `schema.table`, parted at the first dot.
pub(crate) fn table_name(text: &str) -> Result<TableName, String> {
    match text.split_once('.') {
        Some((schema, table)) if !schema.is_empty() && !table.is_empty() => Ok(TableName::new(schema, table)),
        _ => Err(format!("is `{text}`: write it as `schema.table`")),
    }
}

/// A span of the calendar above zero, such as `13 months`.
pub(crate) fn span(text: &str) -> Result<Span, String> {
    let span: Span = text
        .parse()
        .map_err(|_| format!("is `{text}`: write it as `13 months` or `90 days`"))?;
    if span.is_positive() {
        Ok(span)
    } else {
        Err(format!("is `{text}`: rows of the future are not old"))
    }
}

/// A time zone of the IANA database.
pub(crate) fn zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text).map_err(|_| format!("is `{text}`: write it as `Europe/Berlin` or `UTC`"))
}

/// Where a rule's files are on their way to a bucket, in the state folder.
pub(crate) const ON_THE_WAY: &str = "on-the-way";

/// Reads the rules of a plan in `folder` whose state is kept in `state`; `error` makes an error of key, message and hint.
pub(super) fn resolve(
    raw: RawTrim,
    folder: &Path,
    state: &Path,
    error: impl Fn(&str, &str, &str) -> PlanError,
) -> Result<TrimSettings, PlanError> {
    let access = BucketAccess {
        region: raw.region,
        profile: raw.profile,
        endpoint_url: raw.endpoint_url,
    };
    let named = raw.archive.as_deref().unwrap_or(ARCHIVE);
    let place = Place::named(&access, folder, named);
    let place = place.map_err(|hint| error("trim.archive", &format!("is `{named}`"), hint))?;
    let (archive, bucket) = match place {
        Place::Directory(path) => (path, None),
        bucket @ Place::Bucket { .. } => (state.join("trim").join(ON_THE_WAY), Some(bucket)),
    };
    let mut rules: Vec<PlannedRule> = Vec::with_capacity(raw.rules.len());
    for (place, raw) in raw.rules.into_iter().enumerate() {
        let wrong = |key: &str, message: &str| {
            error(
                &format!("trim.rules[{place}].{key}"),
                message,
                "`daybreak trim` shows what a rule comes to before anything is deleted",
            )
        };
        if !is_rule_name(&raw.name) {
            return Err(wrong("name", "is not 1 to 60 letters, digits, `-` and `_`"));
        }
        if rules.iter().any(|other| other.rule.name == raw.name) {
            return Err(wrong("name", &format!("is `{}` a second time", raw.name)));
        }
        rules.push(rule(raw, &archive, wrong)?);
    }
    let hold = |(place, raw): (usize, super::raw::RawHold)| {
        let key = |name: &str| format!("trim.holds[{place}].{name}");
        if raw.reason.trim().is_empty() {
            return Err(error(
                &key("reason"),
                "is empty",
                "write why these rows must stay",
            ));
        }
        let table = table_name(&raw.table);
        Ok(Hold {
            table: table.map_err(|message| error(&key("table"), &message, "a hold is on one table"))?,
            expression: raw.condition,
            reason: raw.reason,
        })
    };
    let holds = raw.holds.into_iter().enumerate().map(hold);
    let default = TrimLimits::default();
    let max_lag_seconds = raw.max_lag_seconds.unwrap_or(default.max_lag_seconds);
    if !max_lag_seconds.is_finite() || max_lag_seconds < 0.0 {
        return Err(error(
            "trim.max_lag_seconds",
            "is below 0",
            "write seconds, such as 5",
        ));
    }
    if raw.chunk_rows == Some(0) {
        return Err(error(
            "trim.chunk_rows",
            "is 0",
            "write the most rows of one transaction, such as 2000",
        ));
    }
    Ok(TrimSettings {
        rules,
        holds: holds.collect::<Result<_, _>>()?,
        ignore_unreached: raw.ignore_unreached.unwrap_or(false),
        bucket,
        access,
        limits: TrimLimits {
            max_lag_seconds,
            running_sessions: raw.max_running_sessions.unwrap_or(default.running_sessions),
            max_commit: raw
                .max_commit_ms
                .map_or(default.max_commit, Duration::from_millis),
            chunk_rows: raw.chunk_rows.unwrap_or(default.chunk_rows),
        },
    })
}

fn rule(
    raw: RawTrimRule,
    archive: &Path,
    wrong: impl Fn(&str, &str) -> PlanError,
) -> Result<PlannedRule, PlanError> {
    let zone =
        zone(raw.time_zone.as_deref().unwrap_or("UTC")).map_err(|message| wrong("time_zone", &message))?;
    let which = match (raw.condition, raw.column, raw.keep) {
        (Some(expression), None, None) => Which::Where(expression),
        (None, Some(column), Some(keep)) => Which::Age {
            column,
            keep: span(&keep).map_err(|message| wrong("keep", &message))?,
            unit: match raw.unit.unwrap_or_default() {
                RawAgeUnit::Seconds => AgeUnit::Seconds,
                RawAgeUnit::Milliseconds => AgeUnit::Milliseconds,
                RawAgeUnit::Microseconds => AgeUnit::Microseconds,
            },
            zone: zone.clone(),
        },
        _ => {
            return Err(wrong(
                "where",
                "must stand alone, or `column` and `keep` together",
            ));
        }
    };
    if raw.partitions == Some(true) && matches!(which, Which::Where(_)) {
        return Err(wrong(
            "partitions",
            "goes with `column` and `keep`: bounds prove nothing of an expression",
        ));
    }
    let schedule = raw.schedule.map(|text| Schedule::new(&text, zone));
    let schedule = schedule
        .transpose()
        .map_err(|error| wrong("schedule", &format!("cannot be used: {error}")))?;
    let table = table_name(&raw.table).map_err(|message| wrong("table", &message))?;
    Ok(PlannedRule {
        rule: TrimRule {
            partitions: raw.partitions.unwrap_or(false),
            triggers: raw.fire_triggers.unwrap_or(false),
            archive: raw.archive.unwrap_or(true).then(|| archive.join(&raw.name)),
            name: raw.name,
            table,
            which,
            children: match raw.children {
                RawChildren::Refuse => Children::Refuse,
                RawChildren::First => Children::First,
                RawChildren::Keep => Children::Keep,
            },
        },
        schedule,
    })
}
