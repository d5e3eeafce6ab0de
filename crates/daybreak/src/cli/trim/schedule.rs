//! Rules for a scheduler of the operator's own.

use std::path::Path;

use clap::{Args, ValueEnum};
use daybreak_engine::{JobRows, TrimJob, trim_job};
use daybreak_model::Family;
use daybreak_work::{AgeUnit, Schedule, Which};
use jiff::Timestamp;
use serde::Serialize;

use super::{Ground, failed};
use crate::config::{self, PlannedRule, Settings};
use crate::exit::{Exit, Trouble};
use crate::output::{self, Format};

/// For which scheduler.
#[derive(Debug, Clone, Args)]
pub(super) struct PrintSchedule {
    /// For which.
    #[arg(long = "as", value_enum, default_value = "systemd")]
    scheduler: Scheduler,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scheduler {
    /// A service and a timer.
    Systemd,
    /// Lines of a crontab.
    Crontab,
    /// Statements of an event of MySQL's or MariaDB's. Only of rules without an archive.
    MysqlEvent,
    /// Statements of a job of pg_cron's. Only of rules without an archive.
    PgCron,
}

/// A rule's next run, and the lines that bring it about. The names of these fields are public.
#[derive(Serialize)]
struct Planned {
    rule: String,
    cron: String,
    time_zone: String,
    next: Option<Timestamp>,
    lines: Vec<String>,
}

impl PrintSchedule {
    pub(super) async fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let settings = config::read(plan).map_err(|error| {
            let hint = error.hint();
            Trouble::usage(error, hint)
        })?;
        let path = std::path::absolute(plan)?;
        let program = std::env::current_exe()?;
        let mut planned: Vec<Planned> = settings
            .trim
            .rules
            .iter()
            .filter_map(|planned| {
                let schedule = planned.schedule.as_ref()?;
                Some(self.planned(planned, schedule, &program, &path))
            })
            .collect();
        if planned.is_empty() {
            return Err(Trouble::usage(
                anyhow::anyhow!("no rule of {} has a schedule", path.display()),
                Some(
                    "write it as `schedule = \"0 3 1 * *\"`: minute, hour, day, month, day of the week"
                        .to_owned(),
                ),
            ));
        }
        if matches!(self.scheduler, Scheduler::MysqlEvent | Scheduler::PgCron) {
            let rules = settings.trim.rules.iter().filter(|rule| rule.schedule.is_some());
            for (own, rule) in planned.iter_mut().zip(rules) {
                own.lines = self.inside(&settings, rule).await?;
            }
        }
        match format {
            Format::Json => output::json(&planned),
            Format::Text => planned
                .iter()
                .flat_map(|planned| &planned.lines)
                .for_each(output::line),
        }
        Ok(Exit::Done)
    }

    fn planned(&self, planned: &PlannedRule, schedule: &Schedule, program: &Path, plan: &Path) -> Planned {
        let name = &planned.rule.name;
        let zone = schedule.zone().iana_name().unwrap_or("UTC");
        let command = format!(
            "{} --plan {} trim --rule {name} --execute",
            quoted(program),
            quoted(plan)
        );
        let lines = match self.scheduler {
            Scheduler::Systemd => systemd(name, schedule, zone, &command),
            Scheduler::Crontab => vec![
                format!("# rule {name}; CRON_TZ is known to cronie, not to Debian's cron"),
                format!("CRON_TZ={zone}"),
                // A percent sign ends a crontab's command.
                format!("{} {}", schedule.text(), command.replace('%', "\\%")),
            ],
            // Asked of the server, which knows the table.
            Scheduler::MysqlEvent | Scheduler::PgCron => Vec::new(),
        };
        Planned {
            rule: name.clone(),
            cron: schedule.text().to_owned(),
            time_zone: zone.to_owned(),
            next: schedule.after(Timestamp::now()),
            lines,
        }
    }
}

impl PrintSchedule {
    /// The statements that have the server itself run a rule. It reads the table; it makes nothing.
    async fn inside(&self, settings: &Settings, planned: &PlannedRule) -> Result<Vec<String>, Trouble> {
        let rule = &planned.rule;
        let wrong = |what: String, hint: &str| {
            Trouble::usage(
                anyhow::anyhow!("rule `{}` {what}", rule.name),
                Some(hint.to_owned()),
            )
        };
        let family = settings.source.endpoint.family;
        let (of, name) = match self.scheduler {
            Scheduler::PgCron => (Family::Postgres, "a job of pg_cron's"),
            _ => (Family::Mysql, "an event"),
        };
        let ours = "have `daybreak serve`, systemd or cron run it";
        if family != of {
            return Err(wrong(format!("cannot be {name}: its server is {family}"), ours));
        }
        if rule.archive.is_some() {
            return Err(wrong(
                format!("archives its rows, which {name} cannot"),
                "set `archive = false`, or have `daybreak serve`, systemd or cron run it",
            ));
        }
        let ground = Ground::of_plan(settings, std::slice::from_ref(rule)).await?;
        let part = match ground.plans.as_slice() {
            [plan] => match plan.parts.as_slice() {
                [part] if !part.is_referred_to() => part,
                _ => {
                    return Err(wrong(
                        format!("is about rows that others refer to, which {name} does not look at"),
                        ours,
                    ));
                }
            },
            _ => return Err(wrong("comes to nothing".to_owned(), ours)),
        };
        // What the server runs by itself fires them as well.
        for plan in &ground.plans {
            plan.may_be_carried_out().map_err(failed)?;
        }
        if settings.trim.holds.iter().any(|hold| hold.table != rule.table) {
            return Err(wrong(
                format!("stands beside holds on other tables, which {name} does not look at"),
                ours,
            ));
        }
        let Some(schedule) = &planned.schedule else {
            return Err(wrong("has no schedule".to_owned(), ours));
        };
        let next = schedule
            .after(Timestamp::now())
            .map(|next| next.to_zoned(schedule.zone().clone()));
        let next = next.map_or_else(String::new, |next| next.strftime("%Y-%m-%d %H:%M:%S").to_string());
        let rows = match &rule.which {
            Which::Where(expression) => JobRows::Where(expression),
            Which::Age {
                column, keep, unit, ..
            } => JobRows::Age {
                column,
                form: part
                    .form(column)
                    .ok_or_else(|| wrong(format!("names column {column}, which is not there"), ours))?,
                keep: units(*keep),
                in_a_second: match unit {
                    AgeUnit::Seconds => 1,
                    AgeUnit::Milliseconds => 1_000,
                    AgeUnit::Microseconds => 1_000_000,
                },
            },
        };
        let statements = trim_job(
            family,
            &TrimJob {
                name: &rule.name,
                table: &part.table,
                rows,
                holds: settings
                    .trim
                    .holds
                    .iter()
                    .map(|hold| hold.expression.as_str())
                    .collect(),
                cron: schedule.text(),
                zone: schedule.zone().iana_name().unwrap_or("UTC"),
                next: &next,
                chunk_rows: ground.limits.chunk_rows,
            },
        );
        let statements = statements.map_err(|why| wrong(format!("cannot be {name}: {why}"), ours))?;
        Ok(script(of, &statements))
    }
}

/// Statements as the database's own client reads them.
fn script(family: Family, statements: &[String]) -> Vec<String> {
    match family {
        Family::Postgres => statements
            .iter()
            .map(|statement| format!("{statement};"))
            .collect(),
        Family::Mysql => {
            let head = [
                "-- event_scheduler must be ON, also where writes go after the move".to_owned(),
                "DELIMITER //".to_owned(),
            ];
            let statements = statements.iter().map(|statement| format!("{statement} //"));
            head.into_iter()
                .chain(statements)
                .chain(["DELIMITER ;".to_owned()])
                .collect()
        }
    }
}

/// A span by the units that servers know.
fn units(span: jiff::Span) -> Vec<(i64, &'static str)> {
    let all = [
        (i64::from(span.get_years()), "YEAR"),
        (i64::from(span.get_months()), "MONTH"),
        (i64::from(span.get_weeks()), "WEEK"),
        (i64::from(span.get_days()), "DAY"),
        (i64::from(span.get_hours()), "HOUR"),
        (span.get_minutes(), "MINUTE"),
        (span.get_seconds(), "SECOND"),
    ];
    all.into_iter().filter(|(number, _)| *number != 0).collect()
}

/// A service that looks every minute would need no calendar; a timer with the calendar's own words shows when it is due.
fn systemd(name: &str, schedule: &Schedule, zone: &str, command: &str) -> Vec<String> {
    let calendar = match on_calendar(schedule.text()) {
        Some(calendar) => format!("OnCalendar={calendar} {zone}"),
        None => format!(
            "# `{}` has no words here: write OnCalendar= by hand",
            schedule.text()
        ),
    };
    [
        format!("# daybreak-trim-{name}.service"),
        "[Unit]".to_owned(),
        format!("Description=Daybreak: rows of rule {name}"),
        "[Service]".to_owned(),
        "Type=oneshot".to_owned(),
        format!("ExecStart={}", command.replace('%', "%%")),
        String::new(),
        format!("# daybreak-trim-{name}.timer"),
        "[Timer]".to_owned(),
        calendar,
        "Persistent=true".to_owned(),
        "[Install]".to_owned(),
        "WantedBy=timers.target".to_owned(),
    ]
    .into()
}

/// A cron expression of numbers and stars as systemd's calendar has it (systemd.time, "Calendar Events"); none where it has steps,
/// ranges or names, or both a day of the month and one of the week, of which cron takes either and systemd both.
fn on_calendar(cron: &str) -> Option<String> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return None;
    };
    let plain = |field: &&str| *field == "*" || field.split(',').all(|part| part.parse::<u8>().is_ok());
    if !fields.iter().all(plain) || (*day != "*" && *weekday != "*") {
        return None;
    }
    const DAYS: [&str; 8] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let weekday = match *weekday {
        "*" => String::new(),
        days => {
            let names = days
                .split(',')
                .map(|day| DAYS.get(day.parse::<usize>().ok()?).copied());
            format!("{} ", names.collect::<Option<Vec<_>>>()?.join(","))
        }
    };
    Some(format!("{weekday}*-{month}-{day} {hour}:{minute}:00"))
}

/// A path as one word of a shell and of systemd alike.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    if text.chars().all(plain) {
        text
    } else {
        format!(
            "\"{}\"",
            text.replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('$', "\\$")
                .replace('`', "\\`")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::on_calendar;

    #[test]
    fn what_both_mean_alike_is_translated() {
        assert_eq!(on_calendar("0 3 1 * *").as_deref(), Some("*-*-1 3:0:00"));
        assert_eq!(
            on_calendar("30 2,14 * * 0,6").as_deref(),
            Some("Sun,Sat *-*-* 2,14:30:00")
        );
        for no in ["*/5 * * * *", "0 3 1 * 1", "0 3 1-5 * *", "0 3 1 JAN *"] {
            assert_eq!(on_calendar(no), None, "{no}");
        }
    }
}
