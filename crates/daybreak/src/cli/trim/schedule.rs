//! Rules for a scheduler of the operator's own.

use std::path::Path;

use clap::{Args, ValueEnum};
use daybreak_work::Schedule;
use jiff::Timestamp;
use serde::Serialize;

use crate::config::{self, PlannedRule};
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
    pub(super) fn run(self, plan: &Path, format: Format) -> Result<Exit, Trouble> {
        let settings = config::read(plan).map_err(|error| {
            let hint = error.hint();
            Trouble::usage(error, hint)
        })?;
        let path = std::path::absolute(plan)?;
        let program = std::env::current_exe()?;
        let planned: Vec<Planned> = settings
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
