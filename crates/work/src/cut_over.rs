//! The go / no-go decision of a cut-over: a pure function over facts, tested with invented lag and no server.

use serde::{Deserialize, Serialize};

/// Limits a cut-over is held to; from the plan file.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadinessLimits {
    /// Replication may be at most this many seconds behind.
    pub lag_seconds: f64,
    /// No foreign transaction may have been open longer than this, in seconds.
    pub transaction_seconds: f64,
    /// The two servers' clocks may differ by at most this much, in milliseconds.
    pub clock_skew_ms: i64,
}

/// What was measured just before a cut-over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Whether replication towards the new writer runs without a fault; the fault's words otherwise.
    pub replication: Result<(), String>,
    /// Its lag.
    pub lag_seconds: Option<f64>,
    /// Whether the way back is armed; why not, otherwise. `None` where the plan goes without a way back.
    pub way_back: Option<Result<(), String>>,
    /// Whether the rows that changed since the full check began are the same on both sides; which are not, otherwise.
    pub check: Result<(), String>,
    /// The oldest foreign transaction on the side that is written: its seconds and whose it is.
    pub oldest_transaction: Option<(f64, String)>,
    /// Sessions that could write and did not come through the gate.
    pub foreign_writers: Vec<String>,
    /// The new writer's clock minus the old one's, in milliseconds.
    pub clock_skew_ms: i64,
    /// Whether the new writer refuses application writes, as it must until the cut-over.
    pub new_writer_fenced: bool,
    /// Whether the old writer accepts writes, as it does until the cut-over.
    pub old_writer_open: bool,
    /// Whether the schemas of both sides are the same; the first difference otherwise.
    pub schema: Result<(), String>,
}

/// One reason not to cut over, with its measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoGo {
    /// What was measured against which limit.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

/// All reasons against cutting over now; empty means go.
#[must_use]
pub fn readiness(facts: &Facts, limits: &ReadinessLimits) -> Vec<NoGo> {
    let mut reasons = Vec::new();
    let mut no_go = |reason: String, hint: &str| {
        reasons.push(NoGo {
            reason,
            hint: hint.to_owned(),
        })
    };
    if let Err(why) = &facts.replication {
        no_go(
            format!("replication does not run: {why}"),
            "mend what stopped it, then run the same command again",
        );
    }
    match facts.lag_seconds {
        None => no_go(
            "replication lag is not known".to_owned(),
            "wait until replication has applied something",
        ),
        Some(lag) if lag > limits.lag_seconds => no_go(
            format!(
                "replication is {lag:.1} s behind, more than {:.1} s",
                limits.lag_seconds
            ),
            "wait for it to catch up, or raise `cut_over.max_lag_seconds`",
        ),
        Some(_) => {}
    }
    if let Some(Err(why)) = &facts.way_back {
        no_go(
            format!("the way back is not armed: {why}"),
            "mend it: without it, failing back would lose writes",
        );
    }
    if let Err(why) = &facts.check {
        no_go(
            format!("the data check does not say same: {why}"),
            "repair the differences and check again",
        );
    }
    if let Err(why) = &facts.schema {
        no_go(
            format!("the schemas differ: {why}"),
            "make the same change on the other side, then run the same command again",
        );
    }
    if let Some((seconds, whose)) = &facts.oldest_transaction
        && *seconds > limits.transaction_seconds
    {
        no_go(
            format!(
                "a transaction of {whose} has been open for {seconds:.1} s, more than {:.1} s",
                limits.transaction_seconds
            ),
            "wait for it to end, or end it",
        );
    }
    if !facts.foreign_writers.is_empty() {
        no_go(
            format!(
                "{} session(s) do not come through the gate: {}",
                facts.foreign_writers.len(),
                facts.foreign_writers.join(", ")
            ),
            "point them at the gate, stop them, or list their account under `cut_over.ignore_accounts`",
        );
    }
    if facts.clock_skew_ms.abs() > limits.clock_skew_ms {
        no_go(
            format!(
                "the servers' clocks differ by {} ms, more than {} ms",
                facts.clock_skew_ms.abs(),
                limits.clock_skew_ms
            ),
            "synchronise the clocks, or raise `cut_over.max_clock_skew_ms`",
        );
    }
    if !facts.new_writer_fenced {
        no_go(
            "the new writer already accepts writes from applications".to_owned(),
            "find who opened it; nothing may write there before the cut-over",
        );
    }
    if !facts.old_writer_open {
        no_go(
            "the present writer is already read-only".to_owned(),
            "find who fenced it, and open it again",
        );
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::{Facts, ReadinessLimits, readiness};

    const LIMITS: ReadinessLimits = ReadinessLimits {
        lag_seconds: 5.0,
        transaction_seconds: 1.0,
        clock_skew_ms: 1000,
    };

    fn good() -> Facts {
        Facts {
            replication: Ok(()),
            lag_seconds: Some(0.2),
            way_back: Some(Ok(())),
            check: Ok(()),
            oldest_transaction: Some((0.1, "app".to_owned())),
            foreign_writers: Vec::new(),
            clock_skew_ms: -3,
            new_writer_fenced: true,
            old_writer_open: true,
            schema: Ok(()),
        }
    }

    #[test]
    fn goes_when_everything_is_within_limits() {
        assert_eq!(readiness(&good(), &LIMITS), []);
        assert_eq!(
            readiness(
                &Facts {
                    way_back: None,
                    ..good()
                },
                &LIMITS
            ),
            []
        );
    }

    #[test]
    fn each_fact_alone_can_refuse_and_names_its_measurement() {
        let bad = || Err("broken".to_owned());
        let cases: Vec<(Facts, &str)> = vec![
            (
                Facts {
                    replication: bad(),
                    ..good()
                },
                "broken",
            ),
            (
                Facts {
                    lag_seconds: Some(7.25),
                    ..good()
                },
                "7.2 s",
            ),
            (
                Facts {
                    lag_seconds: None,
                    ..good()
                },
                "not known",
            ),
            (
                Facts {
                    way_back: Some(bad()),
                    ..good()
                },
                "way back",
            ),
            (
                Facts {
                    check: bad(),
                    ..good()
                },
                "data check",
            ),
            (
                Facts {
                    oldest_transaction: Some((12.0, "batch".to_owned())),
                    ..good()
                },
                "batch has been open for 12.0 s",
            ),
            (
                Facts {
                    foreign_writers: vec!["cron@10".to_owned()],
                    ..good()
                },
                "cron@10",
            ),
            (
                Facts {
                    clock_skew_ms: -5000,
                    ..good()
                },
                "5000 ms",
            ),
            (
                Facts {
                    new_writer_fenced: false,
                    ..good()
                },
                "already accepts writes",
            ),
            (
                Facts {
                    old_writer_open: false,
                    ..good()
                },
                "already read-only",
            ),
            (
                Facts {
                    schema: bad(),
                    ..good()
                },
                "schemas differ",
            ),
        ];
        for (facts, words) in cases {
            let reasons = readiness(&facts, &LIMITS);
            assert_eq!(reasons.len(), 1, "{facts:?}");
            assert!(reasons[0].reason.contains(words), "{}", reasons[0].reason);
        }
    }
}
