use std::error::Error;
use std::time::Duration;

use daybreak_engine::{EngineError, ErrorKind};
use daybreak_runbook::{Evidence, Retry, StepError};
use daybreak_traffic::SwitchError;
use daybreak_work::CheckError;
use serde::Serialize;

use crate::loading::LoadingError;

/// How long to wait before a transient failure is tried again.
const SOON: Duration = Duration::from_millis(500);

/// Makes a step's failure of what went wrong below it: same words, same hint, and whether trying again can help.
pub(super) trait OrFail<T> {
    fn or_fail(self) -> Result<T, StepError>;
}

impl<T> OrFail<T> for Result<T, EngineError> {
    fn or_fail(self) -> Result<T, StepError> {
        self.map_err(|error| {
            let retry = match error.kind {
                ErrorKind::Lock => Retry::Now,
                _ if error.is_transient() => Retry::After(SOON),
                _ => Retry::Never,
            };
            failure(&error, error.hint()).with_retry(retry)
        })
    }
}

impl<T> OrFail<T> for Result<T, LoadingError> {
    fn or_fail(self) -> Result<T, StepError> {
        self.map_err(|error| {
            let retry = if error.is_transient() {
                Retry::After(SOON)
            } else {
                Retry::Never
            };
            failure(&error, error.hint().as_deref()).with_retry(retry)
        })
    }
}

impl<T> OrFail<T> for Result<T, CheckError> {
    fn or_fail(self) -> Result<T, StepError> {
        self.map_err(|error| failure(&error, error.hint()).with_retry(Retry::After(SOON)))
    }
}

impl<T> OrFail<T> for Result<T, SwitchError> {
    fn or_fail(self) -> Result<T, StepError> {
        self.map_err(|error| failure(&error, Some(error.hint())))
    }
}

/// The error's own words, then its causes', each once.
fn failure(error: &(dyn Error + 'static), hint: Option<&str>) -> StepError {
    let failure = match error.source() {
        Some(source) => StepError::caused_by(error.to_string(), source),
        None => StepError::new(error.to_string()),
    };
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

/// What a step measured, as evidence. Every value here is a structure with plain field names.
pub(super) fn evidence(value: &impl Serialize) -> Evidence {
    Evidence::of(value).expect("evidence is made of structures with text keys")
}
