//! A snapshot of a cluster: begun once, whatever kill comes between.

use crate::apply::{ApplyError, LOOKS, PATIENCE};
use crate::ledger::Ledger;
use crate::port::{Cloud, FoundSnapshot};

/// In the provider's word: it is complete.
const COMPLETE: &str = "available";
/// In the provider's word: it will never be.
const FAILED: &str = "failed";

/// A snapshot that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// When it was taken, in the provider's word: what was written since is not in it.
    pub taken: String,
    /// Whether an earlier run began it, which was killed.
    pub begun_before: bool,
}

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
) -> Result<Snapshot, ApplyError> {
    let begun_before = match cloud.find_snapshot(name).await? {
        None => {
            ledger.note_snapshot(cluster, name, false)?;
            cloud.begin_snapshot(cluster, name).await?;
            false
        }
        Some(found) if found.ours && found.cluster == cluster && ledger.is_snapshot_begun(cluster, name) => {
            true
        }
        Some(found) => return Err(ApplyError::snapshot(name, found)),
    };
    let begun = tokio::time::Instant::now();
    let mut pause = LOOKS.0;
    loop {
        let found = cloud.find_snapshot(name).await?;
        if let Some(found) = ended(name, found.as_ref())? {
            ledger.note_snapshot(cluster, name, true)?;
            return Ok(Snapshot {
                taken: found.taken.clone(),
                begun_before,
            });
        }
        if begun.elapsed() > PATIENCE {
            return Err(ApplyError::TooLong {
                resource: format!("snapshot {name}"),
                status: found.map_or_else(|| "not there yet".to_owned(), |found| found.status),
                minutes: begun.elapsed().as_secs() / 60,
            });
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOKS.1);
    }
}

/// The snapshot once it is complete; none while it is being made. One that failed is never waited for.
fn ended<'a>(name: &str, found: Option<&'a FoundSnapshot>) -> Result<Option<&'a FoundSnapshot>, ApplyError> {
    match found {
        Some(found) if found.status == COMPLETE => Ok(Some(found)),
        Some(found) if found.status == FAILED => Err(ApplyError::SnapshotFailed {
            name: name.to_owned(),
            cluster: found.cluster.clone(),
        }),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::ended;
    use crate::port::FoundSnapshot;

    #[test]
    fn one_that_failed_is_not_waited_for() {
        let in_state = |status: &str| FoundSnapshot {
            cluster: "shop".to_owned(),
            ours: true,
            status: status.to_owned(),
            taken: String::new(),
        };
        assert!(matches!(ended("before", None), Ok(None)));
        assert!(matches!(ended("before", Some(&in_state("creating"))), Ok(None)));
        assert!(matches!(
            ended("before", Some(&in_state("available"))),
            Ok(Some(_))
        ));
        let error = ended("before", Some(&in_state("failed"))).expect_err("it never will be");
        assert_eq!(error.to_string(), "snapshot before of cluster shop failed");
        let hint = error.hint().unwrap_or_default();
        assert!(
            hint.contains("delete it") && hint.contains("another name"),
            "{hint}"
        );
    }
}
