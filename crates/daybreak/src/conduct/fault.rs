//! Rehearsing trouble: at a named record of the journal the conductor dies by SIGKILL, or stops until it is continued, so
//! that something else can be made to fail at exactly that moment.

use std::sync::Arc;

use daybreak_runbook::{FaultPoint, FaultyStore, SqliteStore, Store};
use rustix::process::Signal;

use crate::exit::Trouble;

/// What is sent to this process, by the variable that names where, as [`FaultPoint`] reads it. For rehearsals; without
/// them nothing here happens.
const VARIABLES: [(&str, Signal); 2] = [
    ("DAYBREAK_KILL_AT", Signal::KILL),
    ("DAYBREAK_STOP_AT", Signal::STOP),
];

/// The store itself, or one that ends this process at the point that the environment names.
pub(super) fn from_environment(store: Arc<SqliteStore>) -> Result<Arc<dyn Store>, Trouble> {
    let mut store: Arc<dyn Store> = store;
    for (variable, signal) in VARIABLES {
        let Ok(point) = std::env::var(variable) else {
            continue;
        };
        let point: FaultPoint = point.parse().map_err(|error| {
            let hint = format!("{variable} is for rehearsals; unset it");
            Trouble::usage(anyhow::Error::new(error), Some(hint))
        })?;
        store = Arc::new(FaultyStore::at(store, point, move || {
            let this = rustix::process::getpid();
            // The only failure would be that the process is gone.
            let _ = rustix::process::kill_process(this, signal);
        }));
    }
    Ok(store)
}
