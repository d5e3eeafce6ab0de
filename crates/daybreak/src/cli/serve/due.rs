//! When each rule was run last, and which are due. The clock is the caller's.

use std::collections::BTreeMap;
use std::path::PathBuf;

use daybreak_work::{Due, TrimRule};
use jiff::Timestamp;

use crate::config::PlannedRule;
use crate::exit::Trouble;

/// For which moment each rule was run last, kept over restarts.
pub(super) struct Runs {
    path: PathBuf,
    last: BTreeMap<String, Timestamp>,
}

impl Runs {
    pub(super) fn open(path: PathBuf) -> Result<Self, Trouble> {
        let last = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| anyhow::anyhow!("{} cannot be read: {error}", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(anyhow::anyhow!("failed to read {}: {error}", path.display()).into()),
        };
        Ok(Self { path, last })
    }

    /// The rules that are due. One that is seen for the first time is due from its next moment on.
    pub(super) fn due(
        &mut self,
        rules: &[PlannedRule],
        now: Timestamp,
    ) -> Result<Vec<(TrimRule, Due)>, Trouble> {
        let mut due = Vec::new();
        let mut new = false;
        for planned in rules {
            let Some(schedule) = &planned.schedule else {
                continue;
            };
            let last = self.last.entry(planned.rule.name.clone()).or_insert_with(|| {
                new = true;
                now
            });
            due.extend(schedule.due(*last, now).map(|due| (planned.rule.clone(), due)));
        }
        if new {
            self.write()?;
        }
        due.sort_by_key(|(_, due)| due.at);
        Ok(due)
    }

    /// Keeps that a rule was run for a moment.
    pub(super) fn done(&mut self, rule: &str, at: Timestamp) -> Result<(), Trouble> {
        self.last.insert(rule.to_owned(), at);
        self.write()
    }

    fn write(&self) -> Result<(), Trouble> {
        let unfinished = self.path.with_extension("unfinished");
        let written = std::fs::create_dir_all(self.path.parent().unwrap_or(&self.path))
            .and_then(|()| std::fs::write(&unfinished, serde_json::to_vec(&self.last)?))
            .and_then(|()| std::fs::rename(&unfinished, &self.path));
        written.map_err(|error| anyhow::anyhow!("failed to write {}: {error}", self.path.display()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use daybreak_model::TableName;
    use daybreak_work::{Children, Schedule, TrimRule, Which};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{PlannedRule, Runs};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    fn monthly() -> PlannedRule {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        PlannedRule {
            rule: TrimRule {
                name: "old".to_owned(),
                table: TableName::new("s", "t"),
                which: Which::Where("old".to_owned()),
                children: Children::Refuse,
                triggers: false,
                partitions: false,
                archive: None,
            },
            schedule: Some(Schedule::new("30 2 29 * *", zone).expect("an expression")),
        }
    }

    #[test]
    fn each_month_comes_once_over_restarts_and_changes_of_clocks() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("trim").join("schedule.json");
        let open = || Runs::open(path.clone()).expect("readable");
        let rules = [monthly()];
        // (the clock, the moment that is due, how many were missed before it)
        let clock = [
            ("2026-01-30T00:00:00Z", None),
            // February has no 29th this year, and on 29 March clocks leave out half past two.
            ("2026-03-29T00:59:59Z", None),
            ("2026-03-29T01:30:00Z", Some(0)),
            ("2026-03-29T03:00:00Z", None),
            ("2026-04-29T00:30:00Z", Some(0)),
            // Nothing ran in May, June and July.
            ("2026-08-02T00:00:00Z", Some(2)),
            ("2026-08-02T00:00:20Z", None),
            // Winter time since 25 October.
            ("2026-10-29T01:29:59Z", Some(1)),
            ("2026-10-29T01:30:00Z", Some(0)),
        ];
        for (now, missed) in clock {
            let mut runs = open();
            let due = runs.due(&rules, at(now)).expect("kept");
            assert_eq!(due.first().map(|(_, due)| due.missed), missed, "{now}");
            if let Some((rule, due)) = due.first() {
                runs.done(&rule.name, due.at).expect("kept");
            }
        }
    }
}
