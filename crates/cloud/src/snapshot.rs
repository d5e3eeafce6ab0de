//! A snapshot of a cluster: begun once, whatever kill comes between.

use crate::apply::{ApplyError, LOOKS, PATIENCE};
use crate::ledger::Ledger;
use crate::port::Cloud;

/// In the provider's word: it is complete.
const COMPLETE: &str = "available";
/// In the provider's word: it will never be.
const FAILED: &str = "failed";

/// Makes a snapshot of a cluster and returns when it is complete. Killed, the same command goes on with the one that it began; any other
/// of that name is of another moment, and refused.
///
/// # Errors
/// When there is one of that name that this command did not begin, when it is refused, or does not end in time.
pub async fn snapshot(
    cloud: &dyn Cloud,
    ledger: &mut Ledger,
    cluster: &str,
    name: &str,
) -> Result<(), ApplyError> {
    match cloud.find_snapshot(name).await? {
        None => {
            ledger.note_snapshot(cluster, name, false)?;
            cloud.begin_snapshot(cluster, name).await?;
        }
        Some(found) if found.ours && found.cluster == cluster && ledger.is_snapshot_begun(cluster, name) => {}
        Some(found) => return Err(ApplyError::snapshot(name, found)),
    }
    let begun = tokio::time::Instant::now();
    let mut pause = LOOKS.0;
    loop {
        let found = cloud.find_snapshot(name).await?;
        let status = found.map_or_else(|| "not there yet".to_owned(), |found| found.status);
        if status == COMPLETE {
            ledger.note_snapshot(cluster, name, true)?;
            return Ok(());
        }
        if status == FAILED || begun.elapsed() > PATIENCE {
            return Err(ApplyError::TooLong {
                resource: format!("snapshot {name}"),
                status,
                minutes: begun.elapsed().as_secs() / 60,
            });
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOKS.1);
    }
}
