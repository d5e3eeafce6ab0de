use std::path::{Path, PathBuf};

use daybreak_work::SlowLimits;
use serde::Deserialize;

use super::PlanError;
use crate::captures;

/// `[slow]`: what must hold of the workload before anything is moved (P4).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSlow {
    capture: String,
    baseline: Option<String>,
    max_p95_seconds: Option<f64>,
    less_time_percent: Option<f64>,
}

/// Which captures are looked at, and what must hold of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SlowPlan {
    /// The name of the newer.
    pub(crate) capture: String,
    /// The name of the one before anything was done.
    pub(crate) baseline: Option<String>,
    pub(crate) limits: SlowLimits,
    /// Where captures are kept.
    pub(crate) folder: PathBuf,
}

/// Reads the section of a plan in `folder`; `error` makes an error of key, message and hint.
pub(super) fn resolve(
    raw: RawSlow,
    folder: &Path,
    error: impl Fn(&str, &str, &str) -> PlanError,
) -> Result<SlowPlan, PlanError> {
    if raw.max_p95_seconds.is_none() && raw.less_time_percent.is_none() {
        let hint = "set `max_p95_seconds`, `less_time_percent`, or both";
        return Err(error("slow", "sets no limit", hint));
    }
    if let Some(seconds) = raw.max_p95_seconds
        && !(seconds.is_finite() && seconds > 0.0)
    {
        let message = format!("is {seconds}");
        return Err(error("slow.max_p95_seconds", &message, "seconds are more than 0"));
    }
    if let Some(percent) = raw.less_time_percent {
        if !(0.0..=100.0).contains(&percent) {
            let message = format!("is {percent}");
            return Err(error(
                "slow.less_time_percent",
                &message,
                "percent are from 0 to 100",
            ));
        }
        if raw.baseline.is_none() {
            let hint = "set `slow.baseline` to the name of a capture from before";
            return Err(error(
                "slow.less_time_percent",
                "has nothing to be compared with",
                hint,
            ));
        }
    }
    Ok(SlowPlan {
        capture: raw.capture,
        baseline: raw.baseline,
        limits: SlowLimits {
            max_p95_s: raw.max_p95_seconds,
            less_time_percent: raw.less_time_percent,
        },
        folder: captures::folder(folder),
    })
}
