//! Rehearsing a crash: dies by SIGKILL at a named record of the journal.

use std::sync::Arc;

use daybreak_runbook::{FaultPoint, FaultyStore, SqliteStore, Store};

use crate::exit::Trouble;

/// Where to die, as [`FaultPoint`] reads it. For rehearsals; without it nothing here happens.
const VARIABLE: &str = "DAYBREAK_KILL_AT";

/// The store itself, or one that ends this process at the point that the environment names.
pub(super) fn from_environment(store: Arc<SqliteStore>) -> Result<Arc<dyn Store>, Trouble> {
    let Ok(point) = std::env::var(VARIABLE) else {
        return Ok(store);
    };
    let point: FaultPoint = point.parse().map_err(|error| {
        let hint = format!("{VARIABLE} is for rehearsals; unset it");
        Trouble::usage(anyhow::Error::new(error), Some(hint))
    })?;
    Ok(Arc::new(FaultyStore::at(store, point, || {
        let this = rustix::process::getpid();
        // The only failure would be that the process is gone.
        let _ = rustix::process::kill_process(this, rustix::process::Signal::KILL);
    })))
}
