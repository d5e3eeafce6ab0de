//! Whether slow statements were removed (P4): what of a digest is over the limits that a plan sets.

use super::report::{ClassReport, DigestReport, shortened};

/// What a team has set itself.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SlowLimits {
    /// 95 of 100 statements of every class end within so many seconds.
    pub max_p95_s: Option<f64>,
    /// The time of all statements is down by so many percent, 0 to 100, from what it was before.
    pub less_time_percent: Option<f64>,
}

/// Something that is over a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverLimit {
    /// Which limit: `slow.p95` or `slow.time`.
    pub id: &'static str,
    /// The class's id; none where all classes are meant.
    pub class: Option<String>,
    /// What was measured.
    pub evidence: String,
}

/// What is over the limits, the weightiest class first. Of a class whose 95th percentile is not known the slowest statement counts.
#[must_use]
pub fn over_limits(now: &DigestReport, before: Option<&DigestReport>, limits: &SlowLimits) -> Vec<OverLimit> {
    let mut found = Vec::new();
    if let Some(most) = limits.max_p95_s {
        found.extend(now.classes.iter().filter_map(|class| slow(class, most)));
    }
    if let (Some(percent), Some(before)) = (limits.less_time_percent, before) {
        found.extend(time(now, before, percent));
    }
    found
}

fn slow(class: &ClassReport, most: f64) -> Option<OverLimit> {
    let (measured, what) = match class.time_s.p95 {
        Some(p95) => (p95, "95 of 100 statements within"),
        None => (class.time_s.max, "the slowest statement within"),
    };
    (measured > most).then(|| OverLimit {
        id: "slow.p95",
        class: Some(class.id.clone()),
        evidence: format!(
            "{what} {measured:.3} s, and {most} s are allowed: {} times `{}`",
            class.count,
            shortened(&class.fingerprint, 80)
        ),
    })
}

/// By the hour, where both tell how long they were read for: a digest of a day has more of everything than one of an hour.
fn time(now: &DigestReport, before: &DigestReport, percent: f64) -> Option<OverLimit> {
    let (unit, new, old) = match (hours(now), hours(before)) {
        (Some(own), Some(other)) => (" an hour", now.time_s / own, before.time_s / other),
        _ => ("", now.time_s, before.time_s),
    };
    let allowed = old * (1.0 - percent / 100.0);
    (new > allowed).then(|| OverLimit {
        id: "slow.time",
        class: None,
        evidence: format!(
            "statements take {new:.1} s{unit} and took {old:.1} s before: {percent}% less would be {allowed:.1} s"
        ),
    })
}

/// From the first statement to the last, if that is a minute or more.
fn hours(report: &DigestReport) -> Option<f64> {
    let moments = |of: fn(&ClassReport) -> &Option<String>| {
        let told = report
            .classes
            .iter()
            .filter_map(move |class| of(class).as_deref());
        told.filter_map(|moment| moment.parse::<jiff::Timestamp>().ok())
    };
    let first = moments(|class| &class.first_seen).min()?;
    let last = moments(|class| &class.last_seen).max()?;
    let seconds = (last - first).total(jiff::Unit::Second).ok()?;
    (seconds >= 60.0).then_some(seconds / 3600.0)
}

#[cfg(test)]
mod tests {
    use daybreak_engine::StatementFigures;
    use daybreak_model::Family;

    use super::super::read::Digest;
    use super::super::report::{DigestReport, Ranking};
    use super::{SlowLimits, over_limits};

    /// Each statement ten times.
    fn report(statements: &[(&str, f64)], minutes: i64) -> DigestReport {
        let figures: Vec<StatementFigures> = statements
            .iter()
            .map(|(text, each)| StatementFigures {
                text: (*text).to_owned(),
                count: 10,
                total_s: each * 10.0,
                max_s: *each,
                histogram: vec![(*each, 10)],
                first_seen: Some(1_795_766_400_000_000),
                last_seen: Some(1_795_766_400_000_000 + minutes * 60_000_000),
                ..StatementFigures::default()
            })
            .collect();
        let mut digest = Digest::default();
        digest.add_figures(Family::Mysql, "server", &figures);
        digest.report(Ranking::Time, 0)
    }

    #[test]
    fn every_class_over_the_limit_is_named() {
        let now = report(
            &[
                ("select 1 from a", 3.0),
                ("select 1 from b", 1.0),
                ("select 1 from c", 2.5),
            ],
            0,
        );
        let limits = SlowLimits {
            max_p95_s: Some(2.0),
            ..SlowLimits::default()
        };
        let over = over_limits(&now, None, &limits);
        assert_eq!(over.len(), 2);
        assert!(over[0].evidence.contains("from a") && over[0].class == Some(now.classes[0].id.clone()));
        let wide = SlowLimits {
            max_p95_s: Some(3.2),
            ..limits
        };
        assert!(over_limits(&now, None, &wide).is_empty());
    }

    #[test]
    fn time_is_compared_by_the_hour_where_that_can_be() {
        let limits = SlowLimits {
            less_time_percent: Some(80.0),
            ..SlowLimits::default()
        };
        let over = |now: &DigestReport, before: &DigestReport| over_limits(now, Some(before), &limits).len();
        let before = report(&[("select 1 from a", 10.0)], 60);
        assert_eq!(over(&report(&[("select 1 from a", 1.9)], 60), &before), 0);
        assert_eq!(over(&report(&[("select 1 from a", 2.1)], 60), &before), 1);
        // A tenth of the time, in a tenth of the hour: nothing was won.
        assert_eq!(over(&report(&[("select 1 from a", 1.0)], 6), &before), 1);
        assert_eq!(over(&report(&[("select 1 from a", 1.0)], 0), &before), 0);
    }
}
