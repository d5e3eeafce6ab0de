//! Skipping, loudly, a test whose server cannot be had.

use std::io::Write as _;

use crate::SandboxError;

/// Unwraps what a test needs. Where a kind of server cannot be had on this machine it says so on standard error and gives nothing,
/// and the test ends; with `DAYBREAK_REQUIRE_SERVERS=1`, as in continuous integration, that is a failure too.
///
/// # Panics
/// On any other error, and on a missing server where servers are required.
#[must_use]
pub fn available<T>(result: Result<T, SandboxError>) -> Option<T> {
    let required = std::env::var_os("DAYBREAK_REQUIRE_SERVERS").is_some_and(|v| v == "1");
    match result {
        Ok(value) => Some(value),
        Err(missing @ SandboxError::Unavailable { .. }) if !required => {
            // Not by a print macro: the test harness would keep that to itself.
            let notice = format!(
                "SKIPPED: {missing}\n  hint: {}\n",
                missing.hint().unwrap_or_default()
            );
            let _ = std::io::stderr().write_all(notice.as_bytes());
            None
        }
        Err(failure) => panic!("the sandbox failed: {failure}{}", source_of(&failure)),
    }
}

fn source_of(failure: &SandboxError) -> String {
    std::error::Error::source(failure)
        .map(|cause| format!(": {cause}"))
        .unwrap_or_default()
}
